"""Commands that mend what is there: dates of a source built again, files put together."""

from typing import Annotated

import typer

from iot_streaming.cli.command import Debug, Engine, Home, Json, Target
from iot_streaming.settings import Settings


def backfill(
    source: Annotated[
        str, typer.Option(help="Its rows are taken in again: iot_events, cdc_devices ….")
    ],
    first: Annotated[str, typer.Option("--from", help="First UTC date, like 2026-01-05.")],
    last: Annotated[str, typer.Option("--to", help="Last UTC date, included.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be built.")
    ] = False,
    home: Home = None,
    target: Target = "dev",
    engine: Engine = "duckdb",
    wait: Annotated[float, typer.Option(help="Seconds to wait for another run.")] = 600,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Build the silver and gold days again that rest on a source's rows of some dates."""
    from iot_streaming.backfill import backfill as backfilled
    from iot_streaming.backfill import dates_between
    from iot_streaming.terminal import Terminal

    dates = dates_between(source, first, last)
    settings = Settings.from_environment(home, target=target, engine=engine, wait_seconds=wait)
    terminal = Terminal()
    with terminal:
        result = backfilled(settings, dates, terminal, dry_run)
    if json:
        terminal.print_json(result.to_dict())
    else:
        terminal.print_backfill(result)
    return 0 if result.ok else 1


def optimize(
    retain_hours: Annotated[
        float, typer.Option(help="Keep files for so long that left a table; readers may be at one.")
    ] = 168,
    home: Home = None,
    target: Target = "dev",
    wait: Annotated[float, typer.Option(help="Seconds to wait for another run.")] = 600,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Put bronze's small files together and remove old ones; runs put together when it is due."""
    from dataclasses import asdict

    from iot_streaming.home import writing
    from iot_streaming.optimize import optimize as optimized
    from iot_streaming.terminal import Terminal
    from iot_streaming.warehouse import refuse_no_warehouse

    settings = Settings.from_environment(home, target=target, wait_seconds=wait)
    refuse_no_warehouse(settings)
    terminal = Terminal()
    with writing(settings, terminal.say):
        done = optimized(settings, retain_hours)
    if json:
        terminal.print_json([asdict(one) for one in done])
    else:
        terminal.print_optimized(done)
