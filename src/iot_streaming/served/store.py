"""A table of the warehouse in, the Delta table that it is served as out, part by part.

A part is a day, of a table that has days, or the whole table. Facts have a partition a day. Of what
is counted from them the days before last month lie together by month: a year of it is few files,
and what changes is mostly a day.
"""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from iot_streaming.durable import sync
from iot_streaming.errors import PipelineError
from iot_streaming.served.snapshot import Part

_DAYS = ("event_date", "metric_date", "day")
_ARRIVALS = ("_ingested_at", "checked_at", "recorded_at", "replayed_at")
# A device's readings of a day lie together, so that a reader skips the others'.
_ORDER = ("device_id", "sensor_type", "event_at", "event_hour_at")
_ROW_GROUP = 122_880
# Readers of an older snapshot are done by then.
_RETAIN_HOURS = 24


@dataclass(frozen=True)
class Change:
    """A part to be written: what arrived after `since`, or all of it in place of what is there.

    `is_gone`: it is no part any more, and what is there goes.
    """

    part: str
    since: int | None = None
    is_gone: bool = False


class PublishedStore:
    """A table of the warehouse, by `schema.table`, and the Delta table at `path`.

    `columns`: its DuckDB types by name. `compared`: those in which a row that changed differs;
    None: all.
    """

    def __init__(
        self,
        path: Path,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        columns: Mapping[str, str],
        compared: Sequence[str] | None = None,
    ) -> None:
        self.path = path
        self.connection = connection
        self.name = name
        self.columns = columns
        self.compared = compared or list(columns)
        self.arrival = self._first_of(_ARRIVALS)
        self.date = self._first_of(_DAYS) if self.arrival else None
        self.partition = self.date if ".fct_" in name else None

    def _first_of(self, names: Sequence[str]) -> str | None:
        return next((name for name in names if name in self.columns), None)

    def _plain(self, column: str) -> str:
        # DuckDB's sums are wider than any whole number of Parquet; Spark's are bigint as well.
        is_wide = self.columns[column] == "HUGEINT"
        return f'cast("{column}" as bigint)' if is_wide else f'"{column}"'

    def _selected(self, but: str | None = None) -> str:
        chosen = (column for column in self.columns if column != but)
        return ", ".join(f'{self._plain(column)} as "{column}"' for column in chosen)

    def at(self, version: int | None) -> DeltaTable | None:
        """The Delta table as it was, to be added to; None where there is none that could be.

        It is at a later version than the last publication's where one was killed.
        """
        if version is None or not DeltaTable.is_deltatable(str(self.path)):
            return None
        table = DeltaTable(self.path)
        try:
            if table.version() > version:
                table.restore(version)
        except DeltaError:
            # Files of that version are gone.
            return None
        is_same = (
            table.version() >= version
            and table.schema().to_json() == self.schema.to_json()
            and table.metadata().partition_columns == ([self.partition] if self.partition else [])
        )
        return table if is_same else None

    def anew(self) -> DeltaTable:
        """The Delta table, empty, in place of one that can't be added to."""
        self.path.mkdir(parents=True, exist_ok=True)
        return DeltaTable.create(
            self.path, self.schema, mode="overwrite", partition_by=self.partition
        )

    @cached_property
    def schema(self) -> Schema:
        """What the warehouse's table is in Delta."""
        empty = self.connection.execute(f"select {self._selected()} from {self.name} limit 0")
        return Schema.from_arrow(empty.to_arrow_table().schema)

    def files(self, table: DeltaTable) -> dict[str, list[tuple[str, int]]]:
        """Path and bytes of each file, by part."""
        actions = pa.table(table.get_add_actions(flatten=True))
        found: dict[str, list[tuple[str, int]]] = {}
        for path, size in zip(actions["path"], actions["size_bytes"], strict=True):
            file = unquote(path.as_py())
            # In a folder event_date=2026-01-05, 2026-01-05 or 2025-11, or in none.
            part = file.rpartition("/")[0].rpartition("=")[2]
            found.setdefault(part, []).append((file, size.as_py()))
        return found

    def parts(self, until: int | None) -> tuple[dict[str, Part], dict[str, Part], int | None]:
        """Rows and digest by part: of all rows, and of those that arrived up to `until`.

        `until`, like the newest arrival that is returned with them, is in microseconds since 1970.
        """
        row = ", ".join(self._plain(column) for column in self.compared)
        arrived = f'epoch_us("{self.arrival}")' if self.arrival else "null"
        # A sum of hashes is the same in any order, and sees a row that is there twice.
        found = self.connection.execute(
            f"select {self.date or 'null'}, coalesce({arrived} <= {until or 'null'}, false), "
            f"count(*), sum(hash({row})), max({arrived}) from {self.name} group by 1, 2"
        ).fetchall()
        days = {each[0] for each in found}
        if self.date and None in days:
            raise PipelineError(
                f"{self.name} has rows without {self.date}, which it is served by; mend the model"
            )
        part_of = {day: self._part_of(day, max(days)) for day in days}
        now: dict[str, Part] = {}
        aged: dict[str, Part] = {}
        for day, is_aged, rows, sums, _ in found:
            part = part_of[day]
            for parts in (now, aged) if is_aged else (now,):
                so_far = parts.get(part, Part(0, "0"))
                parts[part] = Part(so_far.rows + rows, str(int(so_far.digest) + sums))
        return now, aged, max((each[4] for each in found if each[4] is not None), default=None)

    def _part_of(self, day: date | None, newest: date) -> str:
        if day is None:
            return ""
        last_month = (newest.replace(day=1) - timedelta(days=1)).replace(day=1)
        is_old = self.partition is None and day < last_month
        return f"{day:%Y-%m}" if is_old else f"{day:%Y-%m-%d}"

    def write(self, table: DeltaTable, changes: Sequence[Change], run_id: str) -> int:
        """Make the changes in one commit; returns how many rows were written."""
        files = self.files(table)
        added = [self._added(change) for change in changes if not change.is_gone]
        now = time.time_ns() // 1_000_000
        removed = [
            RemoveAction(path, True, now, size, self._values(change.part))
            for change in changes
            if change.since is None
            for path, size in files.get(change.part, ())
        ]
        for folder in {(self.path / action.path).parent for action, _ in added}:
            sync(folder)
        sync(self.path)
        table.create_write_transaction(
            [*removed, *(action for action, _ in added)],
            mode="append",
            schema=self.schema,
            partition_by=self.partition,
            commit_properties=CommitProperties(custom_metadata={"run_id": run_id}),
        )
        table.update_incremental()
        return sum(rows for _, rows in added)

    def _is_of(self, part: str) -> str:
        """Predicate: the row is of the part, a date or a month or everything."""
        if not part:
            return "true"
        is_month = len(part) == len("2026-01")
        first = f"cast('{part}{'-01' if is_month else ''}' as date)"
        until = f"{first} + interval 1 {'month' if is_month else 'day'}"
        return f'"{self.date}" >= {first} and "{self.date}" < {until}'

    def _values(self, part: str) -> dict[str, str | None]:
        return {self.partition: part} if self.partition else {}

    def _added(self, change: Change) -> tuple[AddAction, int]:
        """The change's rows in a file of their own."""
        folder = self.path
        if change.part:
            folder /= f"{self.partition}={change.part}" if self.partition else change.part
            folder.mkdir(exist_ok=True)
        file = folder / f"{uuid.uuid4()}.parquet"
        where = self._is_of(change.part)
        if change.since is not None:
            where += f' and epoch_us("{self.arrival}") > {change.since}'
        order = ", ".join(column for column in _ORDER if column in self.columns)
        target = str(file).replace("'", "''")
        copied = self.connection.execute(
            f"copy (select {self._selected(self.partition)} from {self.name} where {where} "
            f"{'order by ' + order if order else ''}) "
            f"to '{target}' (format parquet, compression zstd, row_group_size {_ROW_GROUP})"
        ).fetchone()
        rows = int(copied[0]) if copied else 0
        sync(file)
        status = file.stat()
        path = file.relative_to(self.path).as_posix()
        modified = status.st_mtime_ns // 1_000_000
        stats = json.dumps({"numRecords": rows})
        values = self._values(change.part)
        return AddAction(path, status.st_size, values, modified, True, stats), rows


def clean(path: Path, version: int) -> int | None:
    """Remove files that left a Delta table a day ago, or that a killed publication left there.

    Returns the table's version then; None, and nothing is done, where it is not at `version`.
    """
    table = DeltaTable(path)
    if table.version() != version:
        return None
    table.vacuum(_RETAIN_HOURS, dry_run=False, enforce_retention_duration=False, full=True)
    return DeltaTable(path).version()
