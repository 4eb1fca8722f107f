"""`iot quality`: what the runs found out about the data, to be read by people."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from iot_streaming.cli.command import Debug, Engine, Home, Remote, Target, command

quality_app = typer.Typer(help="What the runs found out about the data.", no_args_is_help=True)
_command = partial(command, of=quality_app)


@quality_app.callback()
def quality() -> None:
    """Keeps `report` a command of its own while it is the only one."""


@_command
def report(
    output: Annotated[str, typer.Option("--format", help="html, markdown or json.")] = "html",
    out: Annotated[
        Path | None,
        typer.Option(help="Default: HOME/TARGET/quality-report.html; of the others stdout."),
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="RUN_ID", help="An earlier run. Default: the last.")
    ] = None,
    home: Home = None,
    target: Target = "dev",
    engine: Engine = "duckdb",
    remote: Remote = None,
    debug: Debug = False,
) -> None:
    """Write the report on a run, whatever its verdict: one page, Markdown or a JSON document."""
    from iot_streaming.jobs.opened import opened
    from iot_streaming.quality.report import Place, collect, render, renderer
    from iot_streaming.settings import Settings
    from iot_streaming.terminal import Terminal

    renderer(output)
    settings = Settings.from_environment(home, target=target, engine=engine, remote=remote)
    terminal = Terminal()
    with terminal, opened(settings, terminal) as warehouse:
        document = render(collect(warehouse, Place(settings.target), run), output)
    if out is None and output == "html":
        out = settings.root / "quality-report.html"
    if out is None:
        print(document, end="")
    else:
        write(out, document)
        terminal.say(f"wrote {out}")


def write(out: Path, document: str) -> None:
    """The document as that file; ConfigurationError where it can't be written."""
    from iot_streaming.errors import ConfigurationError

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(document, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{out} can't be written ({error.strerror}); choose another with --out"
        ) from error
