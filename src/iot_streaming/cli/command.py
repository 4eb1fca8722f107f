"""A function in, a command of it out: options that several have, errors as messages and codes."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from iot_streaming.errors import IotStreamingError

Home = Annotated[Path | None, typer.Option(help="Holds all state. Default: IOT_HOME, else .iot.")]
Target = Annotated[str, typer.Option("-t", "--target", help="dev, staging or prod.")]
Landing = Annotated[
    str | None,
    typer.Option(
        help="A folder, or s3://BUCKET/PREFIX, gs:// or az://. Default: IOT_LANDING, "
        "else HOME/landing."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Engine = Annotated[str, typer.Option(help="duckdb or spark.")]
Remote = Annotated[str | None, typer.Option(help="Spark on a cluster: its sc://HOST:PORT.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def command(function: Callable[..., int | None], of: typer.Typer) -> Callable[..., None]:
    """Register a command: deliberate errors become one message and their exit code."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            code = function(*args, **kwargs) or 0
        except IotStreamingError as error:
            if kwargs.get("debug"):
                raise
            print(f"iot: {error}", file=sys.stderr)
            code = error.exit_code
        except KeyboardInterrupt:
            print("iot: stopped; the next run goes on where this one was", file=sys.stderr)
            code = 130
        raise typer.Exit(code)

    of.command(function.__name__.rstrip("_"))(wrapped)
    return wrapped
