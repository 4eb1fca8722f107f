"""Delta tables on disk: what is committed, and how a batch gets in exactly once."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    Field,
    Schema,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.transaction import AddAction

from iot_streaming.durable import sync

# A file below half the target is a small one. Row groups of as many rows as DuckDB's own usually.
_TARGET_BYTES = 128 * 1024 * 1024
_ROW_GROUP = 122_880
# Whoever opens the table reads the commits since the last checkpoint, one by one.
_CONFIGURATION = {"delta.checkpointInterval": "10"}


class DeltaStore:
    """One Delta table.

    Every append carries an application's name and batch id in its commit (Delta's `txn` action),
    so whoever comes after a crash can ask whether the batch is in.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: DeltaTable | None = None

    def _table(self) -> DeltaTable:
        """At its newest version: from the last one seen only what came after is read."""
        if self._opened is None:
            self._opened = DeltaTable(self.path)
        else:
            self._opened.update_incremental()
        return self._opened

    def create(self, schema: Callable[[], pa.Schema]) -> None:
        """Make the table, or add the columns that it lacks; `schema` is an empty table's."""
        declared = schema()
        if not self.exists():
            self.path.mkdir(parents=True, exist_ok=True)
            DeltaTable.create(self.path, declared, mode="ignore", configuration=_CONFIGURATION)
        table = self._table()
        there = {field.name for field in table.schema().fields}
        missing: list[Field] = [
            field for field in Schema.from_arrow(declared).fields if field.name not in there
        ]
        if missing:
            table.alter.add_columns(missing)

    def exists(self) -> bool:
        """Whether the table was made."""
        return DeltaTable.is_deltatable(str(self.path))

    def committed(self, application: str) -> int:
        """The last batch that this application committed here, 0 when none."""
        return self._table().transaction_version(application) or 0

    def version(self) -> int:
        """The table's version: grows with each commit."""
        return self._table().version()

    def append(self, rows: pa.Table, application: str, batch_id: int) -> None:
        """A few rows in one commit."""
        write_deltalake(
            self.path, rows, mode="append", commit_properties=_done(application, batch_id)
        )

    def batch_file(self, batch_id: int) -> Path:
        """Where the Parquet file of a batch lies; it is part of the table once committed."""
        return self.path / f"batch-{batch_id:010}.parquet"

    def commit_file(
        self,
        application: str,
        batch_id: int,
        rows: int,
        bounds: Mapping[str, tuple[object, object]],
    ) -> None:
        """Make the batch's Parquet file part of the table.

        `bounds`: column to (least, greatest) value, for readers that skip files.
        """
        file = self.batch_file(batch_id)
        sync(file)
        sync(self.path)
        status = file.stat()
        stats = {
            "numRecords": rows,
            "minValues": {name: least for name, (least, _) in bounds.items()},
            "maxValues": {name: greatest for name, (_, greatest) in bounds.items()},
        }
        table = self._table()
        table.create_write_transaction(
            [
                AddAction(
                    path=file.name,
                    size=status.st_size,
                    partition_values={},
                    modification_time=status.st_mtime_ns // 1_000_000,
                    data_change=True,
                    stats=json.dumps(stats),
                )
            ],
            mode="append",
            schema=table.schema(),
            commit_properties=_done(application, batch_id),
        )

    def small_files(self) -> int:
        """How many files are worth putting together."""
        sizes = pa.table(self._table().get_add_actions())["size_bytes"].to_pylist()
        return sum(size < _TARGET_BYTES // 2 for size in sizes)

    def compact(self) -> None:
        """Put small files together, in one commit, and make a checkpoint of the log."""
        table = self._table()
        table.optimize.compact(
            target_size=_TARGET_BYTES,
            writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=_ROW_GROUP),
        )
        table.create_checkpoint()

    def vacuum(self, hours: float) -> int:
        """Remove files that the table has not had for so long; returns how many."""
        return len(
            self._table().vacuum(
                retention_hours=int(hours),
                dry_run=False,
                enforce_retention_duration=False,
                full=True,
            )
        )

    def extremes(self, column: str) -> frozenset[str]:
        """Least and greatest text of a column in each file, as `bounds` said at its commit."""
        return frozenset(self._bounds(f"min.{column}") + self._bounds(f"max.{column}"))

    def newest(self, column: str) -> int:
        """No instant of a column is later, by the same, in microseconds since 1970; 0: none.

        Delta's statistics end with the millisecond that the instant lies in.
        """
        millis = (int(at.timestamp() * 1e3) for at in self._bounds(f"max.{column}"))
        return max((each * 1000 + 999 for each in millis), default=0)

    def _bounds(self, name: str) -> list[Any]:
        actions = pa.table(self._table().get_add_actions(flatten=True))
        there = actions[name].to_pylist() if name in actions.schema.names else []
        return [bound for bound in there if bound is not None]

    def files(self) -> list[str]:
        """Paths of the table's Parquet files."""
        # As in a URL: a blank in the path is %20.
        return [unquote(path) for path in self._table().file_uris()]


def _done(application: str, batch_id: int) -> CommitProperties:
    return CommitProperties(app_transactions=[Transaction(app_id=application, version=batch_id)])
