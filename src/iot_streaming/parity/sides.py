"""Two homes in, their tables by layer out: DuckDB's in its warehouse, Spark's as Delta tables."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

import duckdb
import numpy as np
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from iot_streaming.parity.rules import quoted
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.warehouse import reading

# Quality keeps what happened in each engine's own runs: when, and under which names.
COMPARED_LAYERS = tuple(layer for layer in LAYERS if layer != "quality")
_ROWS = "columns_of_spark"
_DELETED = "deleted_in_spark"


class Side(Protocol):
    """One engine's tables, read through a DuckDB connection."""

    @property
    def engine(self) -> str:
        """The engine's name for people."""

    def tables(self) -> list[tuple[str, str]]:
        """(schema, table) of all in the compared layers, views too."""

    def columns(self, table: tuple[str, str]) -> dict[str, str]:
        """Name to DuckDB type; DeltaError when the table can't be read."""

    def rows(self, table: tuple[str, str]) -> AbstractContextManager[str]:
        """SQL of the relation, in the block; DeltaError when the table can't be read."""


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
    def rows(self, table: tuple[str, str]) -> Iterator[str]:
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
    def rows(self, table: tuple[str, str]) -> Iterator[str]:
        """The files that the log names, without the rows that it says are deleted.

        DuckDB reads them, for it keeps Spark's INT96 instants of any year; Delta's readers at hand
        take them for nanoseconds, which end in 2262.
        """
        delta = self._table(table)
        _refuse_what_only_the_log_knows(delta)
        with self._registered(pa.schema(delta.schema().to_arrow()).empty_table()):
            files = [_path(uri) for uri in delta.file_uris()]
            if not files:
                yield _ROWS
                return
            listed = ", ".join(map(_literal, files))
            self._find_deleted(delta)
            # By name: older files lack what was added later, and the log has the types.
            yield f"""(
                select * exclude (filename, file_row_number)
                from read_parquet(
                    [{listed}], union_by_name = true, filename = true, file_row_number = true
                )
                anti join {_DELETED} using (filename, file_row_number)
                union all by name
                from {_ROWS}
            )"""

    def _find_deleted(self, delta: DeltaTable) -> None:
        self.connection.execute(
            f"create or replace temp table {_DELETED} (filename varchar, file_row_number bigint)"
        )
        for batch in delta.deletion_vectors():
            for file, kept in zip(*pa.record_batch(batch).columns, strict=True):
                deleted = pa.array(np.flatnonzero(~np.asarray(kept.values)))
                self.connection.execute(
                    f"insert into {_DELETED} select $file, unnest($rows)",
                    {"file": _path(file.as_py()), "rows": deleted.to_pylist()},
                )

    def _table(self, table: tuple[str, str]) -> DeltaTable:
        folder = _delta_folders(self.settings)[table]
        if not DeltaTable.is_deltatable(str(folder)):
            raise DeltaError(f"{folder} is no Delta table")
        return DeltaTable(folder)

    @contextmanager
    def _registered(self, rows: pa.Table) -> Iterator[None]:
        self.connection.register(_ROWS, rows)
        try:
            yield
        finally:
            self.connection.unregister(_ROWS)


def _refuse_what_only_the_log_knows(delta: DeltaTable) -> None:
    """DeltaError where a value or a column's name is not in the files."""
    if delta.metadata().partition_columns:
        raise DeltaError("it is partitioned: values of the partitions are not in its files")
    if "columnMapping" in (delta.protocol().reader_features or ()):
        raise DeltaError("its columns have other names in its files")


def _path(uri: str) -> str:
    """Of a file on this machine; its characters are encoded with `file:` before it or without."""
    return unquote(uri.removeprefix("file://"))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def written_by(spark_home: Settings) -> list[str]:
    """Who wrote the Delta tables, as the last commits of those that can be read say; each once."""
    writers = set()
    for folder in _delta_folders(spark_home).values():
        with suppress(DeltaError):
            writers.add(str(DeltaTable(folder).history(1)[0].get("engineInfo")))
    return sorted(writers)


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
