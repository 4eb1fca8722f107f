"""Two homes in, their tables by layer out: DuckDB's in its warehouse, Spark's as Delta tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from iot_streaming.parity.rules import quoted
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.warehouse import reading

# Quality keeps what happened in each engine's own runs: when, and under which names.
COMPARED_LAYERS = tuple(layer for layer in LAYERS if layer != "quality")
_ROWS = "rows_of_spark"


class Side(Protocol):
    """One engine's tables, read through a DuckDB connection."""

    @property
    def engine(self) -> str:
        """The engine's name for people."""

    def tables(self) -> list[tuple[str, str]]:
        """(schema, table) of all in the compared layers, views too."""

    def columns(self, table: tuple[str, str]) -> dict[str, str]:
        """Name to DuckDB type; DeltaError when the table can't be read."""

    def rows(self, table: tuple[str, str], columns: Sequence[str]) -> AbstractContextManager[str]:
        """The name of a relation that has these columns, to be read once, in the block."""


@dataclass(frozen=True)
class WarehouseSide:
    """The DuckDB engine's: what its warehouse shows."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    engine: str = "DuckDB"

    def tables(self) -> list[tuple[str, str]]:
        return self.connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = $catalog and list_contains($schemas, table_schema)",
            {"catalog": self.settings.catalog, "schemas": _schemas(self.settings)},
        ).fetchall()

    def columns(self, table: tuple[str, str]) -> dict[str, str]:
        described = self.connection.execute(f"describe {self._name(table)}").fetchall()
        return {name: sql_type for name, sql_type, *_ in described}

    @contextmanager
    def rows(self, table: tuple[str, str], columns: Sequence[str]) -> Iterator[str]:
        yield self._name(table)

    def _name(self, table: tuple[str, str]) -> str:
        return ".".join(map(quoted, (self.settings.catalog, *table)))


@dataclass(frozen=True)
class DeltaSide:
    """The Spark engine's: a folder for each schema, in it one for each table."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    engine: str = "Spark"

    def tables(self) -> list[tuple[str, str]]:
        return list(_delta_folders(self.settings))

    def columns(self, table: tuple[str, str]) -> dict[str, str]:
        empty = pa.schema(self._table(table).schema().to_arrow()).empty_table()
        with self._registered(empty):
            described = self.connection.execute(f"describe {_ROWS}").fetchall()
        return {name: sql_type for name, sql_type, *_ in described}

    @contextmanager
    def rows(self, table: tuple[str, str], columns: Sequence[str]) -> Iterator[str]:
        # Knows deletion vectors and mapped columns, which a dataset of the files does not.
        with self._registered(self._table(table).scan(columns=list(columns) or None)):
            yield _ROWS

    def _table(self, table: tuple[str, str]) -> DeltaTable:
        folder = _delta_folders(self.settings)[table]
        if not DeltaTable.is_deltatable(str(folder)):
            raise DeltaError(f"{folder} is no Delta table")
        return DeltaTable(folder)

    @contextmanager
    def _registered(self, rows: object) -> Iterator[None]:
        self.connection.register(_ROWS, rows)
        try:
            yield
        finally:
            self.connection.unregister(_ROWS)


def written_by(spark_home: Settings) -> list[str]:
    """Who wrote the Delta tables, as their last commits say; each once."""
    folders = _delta_folders(spark_home).values()
    tables = [DeltaTable(each) for each in folders if DeltaTable.is_deltatable(str(each))]
    return sorted({str(table.history(1)[0].get("engineInfo")) for table in tables})


def _delta_folders(settings: Settings) -> dict[tuple[str, str], Path]:
    """Folders by (schema, table); empty ones are what a dropped table leaves."""
    root = settings.spark / "tables"
    return {
        (schema, folder.name): folder
        for schema in _schemas(settings)
        if (root / schema).is_dir()
        for folder in (root / schema).iterdir()
        if folder.is_dir() and any(folder.iterdir())
    }


def _schemas(settings: Settings) -> list[str]:
    return [settings.schema(layer) for layer in COMPARED_LAYERS]


@contextmanager
def both_sides(
    duckdb_home: Settings, spark_home: Settings, say: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Mapping[str, Side]]]:
    """A connection that is bounded in memory, and on it the two sides, by engine."""
    with reading(duckdb_home, say) as connection:
        spill = duckdb_home.scratch / "parity"
        connection.execute("set memory_limit = $limit", {"limit": f"{duckdb_home.memory}B"})
        connection.execute("set temp_directory = $folder", {"folder": str(spill)})
        sides: tuple[Side, ...] = (
            WarehouseSide(connection, duckdb_home),
            DeltaSide(connection, spark_home),
        )
        yield connection, {side.engine: side for side in sides}
