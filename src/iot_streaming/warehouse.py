"""The embedded warehouse: bronze and the ledger shown in it as views, and a way to ask it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

from iot_streaming.bronze.duckdb import empty_select
from iot_streaming.bronze.ledger import LEDGER_COLUMNS, Ledger
from iot_streaming.bronze.select import bronze_columns
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.contract import Column
from iot_streaming.errors import ConfigurationError, HomeInUse
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.sources import SOURCES

_PAUSE = 0.2


def show_bronze(settings: Settings) -> None:
    """Point the warehouse's bronze and ledger views at the Delta tables' present files.

    DuckDB's own Delta reader is an extension that has to be fetched; a view over the files that
    the Delta log names needs nothing and is as fast. The caller holds the home's lock.
    """
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute("set timezone = 'UTC'")
        for layer in LAYERS:
            connection.execute(f"create schema if not exists {settings.schema(layer)}")
        for source in SOURCES:
            _show(
                connection,
                f"{settings.schema('bronze')}.{source.name}",
                DeltaStore(settings.bronze(source.name)).files(),
                bronze_columns(source),
            )
        _show(
            connection,
            f"{settings.schema('quality')}.ledger",
            Ledger(settings).store.files(),
            LEDGER_COLUMNS,
        )


def _show(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    files: list[str],
    columns: tuple[Column, ...],
) -> None:
    if files:
        paths = ", ".join("'" + path.replace("'", "''") + "'" for path in sorted(files))
        # Older files lack columns that were declared later: by name, the rest is NULL.
        rows = f"from read_parquet([{paths}], union_by_name = true)"
        names = ", ".join(column.name for column in columns)
        select = f"select {names} {rows}"
    else:
        select = empty_select(columns)
    connection.execute(f"create or replace view {view} as {select}")


@contextmanager
def reading(
    settings: Settings, say: Callable[[str], None] = lambda _: None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse under its own name, read-only; waits, and says so, while a run writes."""
    if not settings.warehouse.is_file():
        raise ConfigurationError(
            f"there is no warehouse at {settings.warehouse} yet; make one with `iot run` "
            "(or `iot demo`), or name another home with --home"
        )
    connection = duckdb.connect(config={"threads": settings.threads})
    try:
        connection.execute("set timezone = 'UTC'")
        _attach(connection, settings, say)
        connection.execute(f"use {settings.catalog}")
        yield connection
    finally:
        connection.close()


def _attach(
    connection: duckdb.DuckDBPyConnection, settings: Settings, say: Callable[[str], None]
) -> None:
    path = str(settings.warehouse).replace("'", "''")
    deadline = time.monotonic() + settings.wait_seconds
    told = False
    while True:
        try:
            connection.execute(f"attach '{path}' as {settings.catalog} (read_only)")
            return
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() > deadline:
                raise HomeInUse(
                    f"{settings.warehouse} is still being written after "
                    f"{settings.wait_seconds:g} s; let the run finish and ask again"
                ) from error
        if not told:
            say(f"a run is writing {settings.warehouse}; waiting for it")
            told = True
        time.sleep(_PAUSE)
