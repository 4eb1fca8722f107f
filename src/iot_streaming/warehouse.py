"""A warehouse as every engine has one, and the embedded one: bronze shown in it as views."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import duckdb

from iot_streaming.bronze.duckdb import select_from
from iot_streaming.bronze.duckdb_sql import duckdb_type
from iot_streaming.bronze.ledger import LEDGER_COLUMNS, Ledger
from iot_streaming.bronze.quarantine import released_columns
from iot_streaming.bronze.select import bronze_columns
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.contract import Column
from iot_streaming.errors import ConfigurationError, HomeInUse, QueryFailed
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.sources import SOURCES

_PAUSE = 0.2


class Warehouse(Protocol):
    """Bronze, silver, gold and quality on one engine; a table is named `schema.table`."""

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a SELECT that both engines understand; QueryFailed when refused."""

    def has(self, table: str) -> bool:
        """Whether there is such a table or view."""

    def append(
        self, table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add the rows in one commit; the table, or a column that it lacks, is made."""

    def replace(
        self, table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Make these the table's only rows, in one commit."""


class EmbeddedWarehouse:
    """The Warehouse in a home's DuckDB file. The caller holds the home's lock."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def ask(self, sql: str) -> list[dict[str, Any]]:
        with reading(self.settings) as connection:
            try:
                found = connection.execute(sql)
            except duckdb.Error as error:
                raise QueryFailed(str(error)) from error
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def has(self, table: str) -> bool:
        schema, _, name = table.partition(".")
        with reading(self.settings) as connection:
            found = connection.execute(
                "select 1 from information_schema.tables where table_catalog = $catalog "
                "and table_schema = $schema and table_name = $name",
                {"catalog": self.settings.catalog, "schema": schema, "name": name},
            )
            return found.fetchone() is not None

    def append(
        self, table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        self._write(table, columns, rows, anew=False)

    def replace(
        self, table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        self._write(table, columns, rows, anew=True)

    def _write(
        self, table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]], anew: bool
    ) -> None:
        declared = [f"{column.name} {duckdb_type(column)}" for column in columns]
        names = ", ".join(column.name for column in columns)
        places = ", ".join("?" for _ in columns)
        with _written(self.settings) as connection:
            connection.execute(f"create table if not exists {table} ({', '.join(declared)})")
            for column in declared:
                # A home that is older than the column.
                connection.execute(f"alter table {table} add column if not exists {column}")
            connection.execute("begin")
            if anew:
                connection.execute(f"delete from {table}")
            if rows:
                connection.executemany(f"insert into {table} ({names}) values ({places})", rows)
            connection.execute("commit")


def show_bronze(settings: Settings) -> None:
    """Point the warehouse's bronze and ledger views at the Delta tables' present files.

    DuckDB's own Delta reader is an extension that has to be fetched; a view over the files that
    the Delta log names needs nothing and is as fast. The caller holds the home's lock.
    """
    with _written(settings) as connection:
        for layer in LAYERS:
            connection.execute(f"create schema if not exists {settings.schema(layer)}")
        for source in SOURCES:
            _show(
                connection,
                f"{settings.schema('bronze')}.{source.name}",
                DeltaStore(settings.bronze(source.name)).files(),
                bronze_columns(source),
            )
            released = DeltaStore(settings.released(source.name))
            # Silver reads it where it is there: most sources never have one.
            if released.exists():
                view = f"{settings.schema('bronze')}.{source.name}_released"
                _show(connection, view, released.files(), released_columns(source))
        _show(
            connection,
            f"{settings.schema('quality')}.ledger",
            Ledger(settings, connection).store.files(),
            LEDGER_COLUMNS,
        )


def _show(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    files: list[str],
    columns: tuple[Column, ...],
) -> None:
    rows = select_from(connection, files, columns)
    connection.execute(f"create or replace view {view} as {rows}")


def refuse_no_warehouse(settings: Settings) -> None:
    """ConfigurationError where no run has made the engine's tables yet."""
    made = settings.warehouse.is_file() if settings.engine == "duckdb" else settings.spark.is_dir()
    if not made:
        where = settings.warehouse if settings.engine == "duckdb" else settings.spark
        raise ConfigurationError(
            f"there is no warehouse at {where} yet; make one with `iot run` "
            "(or `iot demo`), or name another home with --home"
        )


@contextmanager
def reading(
    settings: Settings, say: Callable[[str], None] = lambda _: None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse under its own name, read-only; waits, and says so, while a run writes."""
    refuse_no_warehouse(settings)
    with duckdb.connect(config=_bounds(settings)) as connection:
        connection.execute("set timezone = 'UTC'")
        _attach(connection, settings, say)
        connection.execute(f"use {settings.catalog}")
        yield connection


@contextmanager
def _written(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse to be written. The caller holds the home's lock."""
    with duckdb.connect(settings.warehouse, config=_bounds(settings)) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def _bounds(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    """What one connection may take of the machine; dbt's are in its profile."""
    return {
        "threads": settings.threads,
        "memory_limit": f"{settings.warehouse_memory}B",
        "temp_directory": str(settings.scratch),
    }


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
