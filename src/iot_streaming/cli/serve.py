"""`iot serve`: the dashboard of a home, on this machine."""

import os
from typing import Annotated

import typer

from iot_streaming.cli.command import Debug, Home, Target


def serve(
    home: Home = None,
    target: Target = "dev",
    port: Annotated[int, typer.Option(help="0: any that is free.", min=0, max=65535)] = 8321,
    host: Annotated[str, typer.Option(help="Whose address to listen on.")] = "127.0.0.1",
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    allow_remote: Annotated[
        bool,
        typer.Option("--allow-remote", help="Let other machines in, with IOT_SERVE_TOKEN."),
    ] = False,
    debug: Debug = False,
) -> None:
    """Show the fleet, its alerts, customers and quality in the browser; reads only."""
    from iot_streaming.serve.app import create_app, warm
    from iot_streaming.serve.embedded import home_of
    from iot_streaming.serve.server import doors_of
    from iot_streaming.serve.server import serve as answer
    from iot_streaming.settings import Settings

    doors = doors_of(host, allow_remote, os.environ)
    published = home_of(Settings.from_environment(home, target=target))
    app = create_app(published, doors)
    answer(app, host, port, open_, meanwhile=lambda: warm(published))
