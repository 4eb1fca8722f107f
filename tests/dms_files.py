"""A plain list of changes in, files as AWS DMS writes them out."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import parquet

Cell = Any


@dataclass(frozen=True)
class Change:
    """One record: `op` I, U or D; `at` commit time as DMS writes it; `sequence` 35 digits."""

    op: str
    row: dict[str, Cell]
    at: str = "2026-01-05 12:00:00.000000"
    sequence: str = ""


@dataclass(frozen=True)
class Endpoint:
    """The S3 endpoint's settings, and whether a rule adds the change sequence."""

    header: bool = True
    op: bool = True
    timestamp: bool = False
    sequence: bool = False
    null: str = "NULL"

    def names(self, columns: Sequence[str]) -> list[str]:
        before = ["Op"] * self.op + ["dms_timestamp"] * self.timestamp
        return [*before, *columns, *["ar_h_change_seq"] * self.sequence]

    def values(self, change: Change, columns: Sequence[str]) -> list[Cell]:
        before = [change.op] * self.op + [change.at] * self.timestamp
        after = [change.sequence] * self.sequence
        return [*before, *(change.row.get(name) for name in columns), *after]


def csv_file(changes: Iterable[Change], columns: Sequence[str], endpoint: Endpoint) -> bytes:
    """RFC 4180: quotes where they are needed and around text that reads like NULL."""
    records = [endpoint.values(change, columns) for change in changes]
    if endpoint.header:
        records.insert(0, endpoint.names(columns))
    lines = [",".join(_cell(value, endpoint.null) for value in record) for record in records]
    return "".join(f"{line}\n" for line in lines).encode()


def _cell(value: Cell, null: str) -> str:
    if value is None:
        return null
    text = str(value)
    if text == null or set(text) & set(',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def parquet_file(
    changes: Iterable[Change],
    columns: Sequence[str],
    endpoint: Endpoint,
    types: dict[str, pa.DataType],
) -> bytes:
    """Columns are text unless `types` says otherwise."""
    names = endpoint.names(columns)
    rows = [endpoint.values(change, columns) for change in changes]
    arrays = [
        pa.array([row[number] for row in rows], types.get(name, pa.string()))
        for number, name in enumerate(names)
    ]
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(arrays, names), file, row_group_size=7)
    return file.getvalue()
