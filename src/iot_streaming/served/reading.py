"""A snapshot in, a DuckDB connection to its tables out: nobody who writes is waited for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from iot_streaming.errors import ConfigurationError
from iot_streaming.served.snapshot import ANEW, Snapshot, Table
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.warehouse import refuse_no_warehouse

_TYPES = {
    "string": "varchar",
    "long": "bigint",
    "integer": "integer",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}


@contextmanager
def served(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, Snapshot]]:
    """The present snapshot's tables under their three-part names, and what they are as of.

    ConfigurationError where nothing was published yet.
    """
    snapshot = present_snapshot(settings)
    with open_snapshot(settings, snapshot) as connection:
        yield connection, snapshot


def present_snapshot(settings: Settings) -> Snapshot:
    """What is served now; ConfigurationError when nothing was published yet."""
    snapshot = Snapshot.read(settings)
    if snapshot is None:
        refuse_no_warehouse(settings)
        raise ConfigurationError(
            f"nothing is published in {settings.root} yet; `iot run` publishes what it made"
        )
    return snapshot


def open_snapshot(
    settings: Settings, snapshot: Snapshot, memory: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection whose catalog has bronze, gold and quality as views of Delta's files.

    In memory and of its own: what it does nobody else sees. `memory`: bytes that it may take.
    """
    connection = duckdb.connect(
        config={
            "threads": settings.threads,
            "memory_limit": f"{memory or settings.warehouse_memory}B",
            "temp_directory": str(settings.scratch),
        }
    )
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"attach ':memory:' as {settings.catalog}")
    connection.execute(f"use {settings.catalog}")
    for layer in LAYERS:
        connection.execute(f"create schema {settings.schema(layer)}")
    # Files never change: where their columns lie is read once, not for each question.
    connection.execute("set parquet_metadata_cache = true")
    for name, table in snapshot.tables.items():
        try:
            connection.execute(f"create view {name} as {_select(settings.root, table)}")
        except (DeltaError, duckdb.IOException) as error:
            connection.close()
            raise ConfigurationError(
                f"{settings.root / table.path} is not as {settings.served} says: {error}; if files "
                f"of it were removed by hand, put them back, or give that file up: {ANEW}"
            ) from error
    return connection


def _select(root: Path, table: Table) -> str:
    """A SELECT of a table at its version from the files that the Delta log names."""
    delta = DeltaTable(root / table.path, version=table.version)
    columns = {field.name: _type(field.type) for field in delta.schema().fields}
    empty = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns.items())
    # As in a URL: a blank in the path is %20.
    files = [unquote(uri).replace("'", "''") for uri in sorted(delta.file_uris())]
    if not files:
        return f"select {empty} where false"
    paths = ", ".join(f"'{file}'" for file in files)
    names = ", ".join(f'"{name}"' for name in columns)
    if table.parts:
        days = f", hive_partitioning = true, hive_types = {{'{table.day}': date}}"
        return f"select {names} from read_parquet([{paths}]{days if table.day else ''})"
    # Of what nobody publishes older files, or all, lack columns that were declared later.
    rows = f"from read_parquet([{paths}], union_by_name = true)"
    return f"select {names} from ({rows} union all by name select {empty} where false)"


def _type(kind: object) -> str:
    """DuckDB's name of a Delta type; arrays of bronze among them."""
    element = getattr(kind, "element_type", None)
    if element is not None:
        return f"{_type(element)}[]"
    name = str(getattr(kind, "type", kind))
    return _TYPES.get(name, name)
