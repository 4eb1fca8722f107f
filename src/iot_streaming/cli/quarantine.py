"""`iot quarantine`: what bronze keeps back and why, and its way into silver once that is mended."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iot_streaming.cli.command import Debug, Engine, Home, Json, Remote, Target, command
from iot_streaming.settings import Settings

if TYPE_CHECKING:
    from iot_streaming.bronze.quarantine import Chosen
    from iot_streaming.contract import Source

quarantine_app = typer.Typer(
    help="Lines that bronze keeps back: see why, mend, release.", no_args_is_help=True
)
_command = partial(command, of=quarantine_app)

OfSource = Annotated[str | None, typer.Option("--source", help="Of one source. Default: all.")]
Reason = Annotated[
    str | None, typer.Option(help="Kept back for it, among others. Default: any reason.")
]
Since = Annotated[
    str | None, typer.Option(help="Ingested since this ISO 8601 date or time (UTC unless told).")
]


@_command
def list_(
    source: OfSource = None,
    reason: Reason = None,
    since: Since = None,
    by_file: Annotated[bool, typer.Option("--by-file", help="Count file by file.")] = False,
    samples: Annotated[int, typer.Option(help="Show so many lines of each.")] = 1,
    export: Annotated[
        Path | None,
        typer.Option(help="Write the lines still kept back into a .csv, .json or .ndjson."),
    ] = None,
    home: Home = None,
    target: Target = "dev",
    engine: Engine = "duckdb",
    remote: Remote = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """What is kept back, by source, reason and file; how much of it was released."""
    from iot_streaming.jobs.opened import opened
    from iot_streaming.quality.place import Place
    from iot_streaming.quality.quarantine import exported_rows, quarantined, write_export
    from iot_streaming.terminal import Terminal

    settings = Settings.from_environment(home, target=target, engine=engine, remote=remote)
    sources, chosen, place = _sources(source), _chosen(reason, since), Place(settings.target)
    terminal = Terminal()
    with opened(settings, terminal) as warehouse:
        found = quarantined(warehouse, place, sources, chosen, by_file, max(samples, 0))
        if export:
            count = write_export(export, exported_rows(warehouse, place, sources, chosen))
            terminal.say(f"{count:,} lines written to {export}")
    if json:
        terminal.print_json([each.to_dict() for each in found])
    else:
        terminal.print_quarantine(found)


@_command
def replay(
    source: OfSource = None,
    reason: Reason = None,
    since: Since = None,
    corrected: Annotated[
        Path | None,
        typer.Option(help="An export with corrected lines; only its rows, with these lines."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, release nothing.")] = False,
    home: Home = None,
    target: Target = "dev",
    engine: Engine = "duckdb",
    remote: Remote = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another run.")] = 600,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge what is kept back by today's rules and release what is good now, each row once."""
    import time

    from iot_streaming.home import writing
    from iot_streaming.jobs.opened import engine_of
    from iot_streaming.quality.place import Place
    from iot_streaming.quality.quarantine import read_corrections
    from iot_streaming.quality.replay import Wanted
    from iot_streaming.quality.replay import replay as replay_rows
    from iot_streaming.terminal import Terminal
    from iot_streaming.warehouse import refuse_no_warehouse

    settings = Settings.from_environment(
        home, target=target, wait_seconds=wait, engine=engine, remote=remote
    )
    corrections = read_corrections(corrected) if corrected else None
    wanted = Wanted(_sources(source), _chosen(reason, since), corrections, dry_run)
    refuse_no_warehouse(settings)
    terminal = Terminal()
    with terminal, writing(settings, terminal.say), engine_of(settings, terminal) as bronze:
        terminal.stage("quarantine replay")
        replayed = replay_rows(bronze, Place(settings.target), wanted, time.time, terminal.progress)
    if json:
        terminal.print_json(replayed.to_dict())
    else:
        terminal.print_replay(replayed)


def _sources(name: str | None) -> "list[Source]":
    from iot_streaming.sources import SOURCES, source_named

    return [source_named(name)] if name else list(SOURCES)


def _chosen(reason: str | None, since: str | None) -> "Chosen":
    from iot_streaming.bronze.quarantine import Chosen

    return Chosen.told(reason, since)
