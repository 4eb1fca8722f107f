"""`iot docs`: dbt's documentation of a home's tables, for people to look things up in."""

from pathlib import Path
from typing import Annotated

import typer

from iot_streaming.cli.command import Debug, Home, Target


def docs(
    out: Annotated[
        Path | None, typer.Option(help="The page. Default: HOME/TARGET/docs/index.html.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Show it in a browser.")] = True,
    home: Home = None,
    target: Target = "dev",
    debug: Debug = False,
) -> None:
    """Build lineage and dictionary of all tables as one page, and open it."""
    from iot_streaming.cli.quality import write
    from iot_streaming.documentation import documentation, open_in_browser
    from iot_streaming.settings import Settings
    from iot_streaming.terminal import Terminal

    settings = Settings.from_environment(home, target=target)
    terminal = Terminal()
    page = out or settings.root / "docs" / "index.html"
    with terminal:
        terminal.stage("dbt docs generate")
        document = documentation(settings, terminal.say)
    write(page, document)
    terminal.say(f"wrote {page}")
    if open_ and not open_in_browser(page):
        terminal.say("no browser was found here; open the page in one, it needs no server")
