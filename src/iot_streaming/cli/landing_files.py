"""Commands that make landing files: a fleet that is simulated, a database that is captured."""

from typing import Annotated

import typer

from iot_streaming.bucket_url import place_of
from iot_streaming.cli.command import Debug, Home, Json, Target
from iot_streaming.settings import MIB, Settings


def simulate(
    out: Annotated[str, typer.Option(help="The folder to write, or s3://BUCKET/PREFIX.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
    events: Annotated[int | None, typer.Option(help="About so many readings.")] = None,
    devices: Annotated[int | None, typer.Option(help="Size of the fleet.")] = None,
    hours: Annotated[float | None, typer.Option(help="How long it is watched.")] = None,
    start: Annotated[str, typer.Option(help="ISO 8601 time of the first reading.")] = (
        "2026-01-05T00:00:00Z"
    ),
    faults: Annotated[str, typer.Option(help="none, light, default or heavy.")] = "default",
    gzip: Annotated[bool, typer.Option("--gzip", help="Compress event files.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on dripping files.")] = False,
    speed: Annotated[float, typer.Option(help="With --follow: times real time.")] = 60,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Write a fleet's landing files: events and database changes, with planted faults."""
    from iot_streaming.simulation import (
        follow_until_stopped,
        simulate_with_progress,
        simulation_of,
    )
    from iot_streaming.terminal import Terminal

    simulation = simulation_of(
        events, devices=devices, hours=hours, seed=seed, start=start, faults=faults, gzip=gzip
    )
    terminal = Terminal()
    with terminal:
        if follow:
            follow_until_stopped(terminal, simulation, place_of(out), speed)
            return 0
        manifest = simulate_with_progress(terminal, simulation, place_of(out))
    if json:
        print(manifest.to_json())
    else:
        terminal.print_manifest(manifest, out)
    return 0


def capture(
    dsn: Annotated[
        str,
        typer.Option(
            envvar="IOT_CAPTURE_DSN",
            show_default=False,
            help="postgresql://USER:PASSWORD@HOST/DB; better in the environment.",
        ),
    ] = "",
    out: Annotated[
        str | None, typer.Option(help="A folder or s3://BUCKET/PREFIX. Default: as for iot run.")
    ] = None,
    home: Home = None,
    target: Target = "dev",
    tables: Annotated[str, typer.Option(help="Comma-separated. Default: all declared.")] = "",
    schema: Annotated[str, typer.Option(help="Where the tables are.")] = "public",
    slot: Annotated[str, typer.Option(help="The replication slot.")] = "iot_capture",
    publication: Annotated[str, typer.Option(help="Made if it isn't there.")] = "iot_capture",
    rotate_bytes: Annotated[int, typer.Option(help="Close a file at this size.")] = 16 * MIB,
    rotate_seconds: Annotated[float, typer.Option(help="Show files this often.")] = 30,
    debug: Debug = False,
) -> None:
    """Stream a live PostgreSQL's changes into landing files until stopped; needs Java 17."""
    from iot_streaming.capture import Wanted
    from iot_streaming.capture import capture as capture_until_stopped
    from iot_streaming.terminal import Terminal

    wanted = Wanted.of(
        Settings.from_environment(home, out, target),
        dsn,
        slot,
        publication,
        tables=[name.strip() for name in tables.split(",") if name.strip()],
        schema=schema,
        rotate_bytes=rotate_bytes,
        rotate_seconds=rotate_seconds,
    )
    capture_until_stopped(wanted, Terminal())
