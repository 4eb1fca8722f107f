"""AWS DMS files in, the change envelopes that they mean out: one line for each record.

A record becomes the line that Debezium would have written (op, row, place in the order), so all
that follows is the same for both. A record that can't be read comes out as it was, as corrupt;
a file whose columns can't be told for certain is no readable file. See docs/changes.md.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from iot_streaming.bronze.dms_files import Row, csv_rows, parquet_rows
from iot_streaming.bronze.lines import Line, UnreadableFile
from iot_streaming.contract import Column, Source

_OPS = {"I": "c", "U": "u", "D": "d"}
_CHANGE_FILE = re.compile(r"(\d{8})-(\d{6})(\d*)")
_SEQUENCE = re.compile(r"[0-9]{19,36}")
# The sequence is up to 35 digits: two integers, the second of so many.
_MINOR_DIGITS = 18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRUE, _FALSE = {"t", "true", "1"}, {"f", "false", "0"}

Values = list[str | None]


def change_lines(path: Path, key: str, source: Source) -> Iterator[Line]:
    """The file's records, in its order.

    UnreadableFile when it can't be read to its end, or says no certain column for each value.
    """
    if key.endswith(".parquet"):
        names, rows = parquet_rows(path, key)
        records = _Records(_layout(names, key, source), key, source)
    else:
        rows = csv_rows(path, key, source.dms)
        first = next(rows, None)
        if first is None:
            return
        has_header = _is_header(first.values, source)
        names = _header(first.values) if has_header else _declared(first.values, key, source)
        records = _Records(_layout(names, key, source), key, source)
        if not has_header:
            yield records.line(first)
    for row in rows:
        yield records.line(row)


def _is_header(values: Values | None, source: Source) -> bool:
    """No data row says the names of all key columns."""
    said = {(value or "").lower() for value in values or []}
    return said >= {field.lower() for field in source.key_fields}


def _header(values: Values | None) -> list[str]:
    return [value or "" for value in values or []]


def _declared(values: Values | None, key: str, source: Source) -> list[str]:
    """The columns of a CSV without header, when its first record leaves no doubt about them."""
    names = list(source.dms.columns or ("Op", *source.fields))
    width, op = len(values or []), (values or [None])[0]
    if width == len(names) and op in _OPS:
        return names
    if _is_load(key) and width == len(names) - 1 and op not in _OPS:
        return names[1:]
    raise UnreadableFile(
        key,
        f"has no header and its first record has {width} values beginning with {op!r}; "
        f"{source.name} declares {len(names)}: {', '.join(names)} (a full load may do without "
        "Op). Set the endpoint's AddColumnName, or declare the order with Source.dms.columns",
    )


@dataclass(frozen=True)
class _Layout:
    """Where in a record what stands; `fields` are (index, name)."""

    width: int
    fields: tuple[tuple[int, str], ...]
    op: int | None
    timestamp: int | None
    sequence: int | None


def _layout(names: list[str], key: str, source: Source) -> _Layout:
    lower = [name.lower() for name in names]
    twice = sorted({name for name in lower if lower.count(name) > 1})
    missing = [field for field in source.key_fields if field.lower() not in lower]
    if twice or missing or "" in lower:
        problem = f"twice: {', '.join(twice)}" if twice else f"missing: {', '.join(missing)}"
        raise UnreadableFile(
            key, f"columns are {', '.join(names)}, which is not {source.name}'s table ({problem})"
        )

    def index(name: str) -> int | None:
        return lower.index(name.lower()) if name and name.lower() in lower else None

    op = 0 if lower[0] == "op" else None
    ours = {op, index(source.dms.timestamp), index(source.dms.sequence)}
    spelled = {field.lower(): field for field in source.fields}
    fields = tuple(
        (number, spelled.get(name.lower(), name))
        for number, name in enumerate(names)
        if number not in ours
    )
    timestamp, sequence = index(source.dms.timestamp), index(source.dms.sequence)
    layout = _Layout(len(names), fields, op, timestamp, sequence)
    if not _is_load(key) and sequence is None and timestamp is None and _file_micros(key) is None:
        raise UnreadableFile(
            key,
            "is named neither LOAD… nor by its time (20260105-120000123) and has no column "
            f"{source.dms.timestamp!r} or {source.dms.sequence!r}: its changes have no order",
        )
    return layout


class _Records:
    """One file's records as lines."""

    def __init__(self, layout: _Layout, key: str, source: Source) -> None:
        self.layout = layout
        self.is_load = _is_load(key)
        self.file_micros = _file_micros(key)
        self.columns = {column.field: column for column in source.columns}

    def line(self, row: Row) -> Line:
        envelope = self._envelope(row.values) if row.values is not None else None
        if envelope is None:
            return Line(row.raw or json.dumps(row.values), row.size, "corrupt")
        return Line(json.dumps(envelope, ensure_ascii=False), row.size, "dms")

    def _envelope(self, values: Values) -> dict[str, object] | None:
        """None when the record has too many or few values, or no place in the order."""
        if len(values) != self.layout.width:
            return None
        place = self._place(values)
        if place is None:
            return None
        op = self._op(values)
        image = {
            name: _as_debezium(self.columns.get(name), value)
            for number, name in self.layout.fields
            if (value := values[number]) is not None
        }
        return {"op": op, "before" if op == "d" else "after": image, "source": place}

    def _op(self, values: Values) -> str | None:
        """Of an unknown operation what the file says: bronze quarantines it by that."""
        if self.is_load:
            return "r"
        if self.layout.op is None:
            # CdcInsertsOnly or CdcInsertsAndUpdates: all that is written is there.
            return "u"
        said = values[self.layout.op]
        return _OPS.get(said or "", f"DMS {said}")

    def _place(self, values: Values) -> dict[str, object] | None:
        at = self.layout.timestamp
        micros = _micros(values[at] or "") if at is not None else self.file_micros
        if self.is_load:
            return {"ts_us": micros}
        if self.layout.sequence is None:
            return None if micros is None else {"ts_us": micros}
        sequence = values[self.layout.sequence] or ""
        if not _SEQUENCE.fullmatch(sequence):
            return None
        major, minor = sequence[:-_MINOR_DIGITS], sequence[-_MINOR_DIGITS:]
        # As Debezium's: [previous commit, position].
        return {
            "ts_us": micros,
            "sequence": json.dumps([major, minor]),
            "lsn": minor,
            "txId": major,
        }


def _as_debezium(column: Column | None, text: str) -> str | int:
    """The value as the column's encoding has it; what doesn't fit stays, to be rescued."""
    if column is None:
        return text
    value: int | None = None
    if column.encoding == "epoch_micros":
        value = _micros(text)
    elif column.encoding == "epoch_days":
        micros = _micros(text)
        value = None if micros is None else micros // (24 * 60 * 60 * 1_000_000)
    elif column.type == "boolean" and text.lower() in _TRUE | _FALSE:
        return "true" if text.lower() in _TRUE else "false"
    return text if value is None else value


def _micros(text: str) -> int | None:
    """Microseconds since 1970 of a date or time, in UTC where it names no offset."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _is_load(key: str) -> bool:
    return PurePosixPath(key).name.startswith("LOAD")


def _file_micros(key: str) -> int | None:
    """When a change file was begun, by its name: 20260105-120000123.csv."""
    name = _CHANGE_FILE.match(PurePosixPath(key).name)
    if name is None:
        return None
    return _micros(f"{name[1]}T{name[2]}.{(name[3] + '000000')[:6]}")
