"""`iot export`: gold and quality as the last run published them, for other tools."""

from typing import Annotated

import typer

from iot_streaming.cli.command import Debug, Home, Json, Target


def export(
    to: Annotated[str, typer.Option(help="A folder, or s3://BUCKET/PREFIX, gs:// or az://.")],
    output: Annotated[str, typer.Option("--format", help="delta, parquet or csv.")] = "delta",
    tables: Annotated[
        str, typer.Option(help="Such as dim_devices,quality.ledger. Default: all.")
    ] = "",
    home: Home = None,
    target: Target = "dev",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write gold and quality out, whole tables, as of the last run; again takes their place."""
    from iot_streaming.bucket_url import place_of
    from iot_streaming.export import chosen, destination_at, export, served_tables
    from iot_streaming.served import served
    from iot_streaming.settings import Settings
    from iot_streaming.terminal import Terminal

    settings = Settings.from_environment(home, target=target)
    terminal = Terminal()
    with terminal, served(settings) as (connection, snapshot):
        there = served_tables(settings, snapshot)
        names = chosen(list(there), [name.strip() for name in tables.split(",") if name.strip()])
        wanted = {name: there[name] for name in names}
        destination = destination_at(place_of(to), settings.patience_seconds)
        done = export(connection, wanted, target, destination, output, terminal.progress)
    if json:
        terminal.print_json({name: vars(table) for name, table in done.items()})
        return
    rows = sum(table.rows for table in done.values())
    runs = " and ".join(sorted({table.run_id for table in done.values()}))
    terminal.say(f"wrote {len(done)} tables, {rows:,} rows, to {destination} as of run {runs}")
