"""The vocabulary of the declarations: Column, Expectation, Source. Plain data, no engine."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from iot_streaming.errors import ConfigurationError

Encoding = Literal["text", "decimal_text", "epoch_days", "epoch_micros", "utc_offset"]
Action = Literal["warn", "drop", "fail"]
Format = Literal["json", "debezium"]
Decimals = Literal["detect", "text", "precise"]

SQL_TYPES = (
    "string",
    "string[]",
    "integer",
    "bigint",
    "double",
    "boolean",
    "timestamp",
    "date",
)
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Column:
    """One typed column of a source.

    `type` is one of SQL_TYPES or `decimal(p,s)`; a `timestamp` is an instant in UTC.
    `field` is the JSON field it comes from (the column's own name unless told).
    `encoding` says how the field's text carries the value: `text` as SQL casts it,
    `decimal_text` as decimal digits that stay text because no type holds them all,
    `epoch_days` and `epoch_micros` as integers since 1970-01-01, `utc_offset` the offset
    written at the end of an ISO 8601 timestamp (`Z`, `+05:30`).
    """

    name: str
    type: str
    description: str
    field: str = ""
    encoding: Encoding = "text"

    def __post_init__(self) -> None:
        object.__setattr__(self, "field", self.field or self.name)
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"column {self.name!r}: use lower-case letters, digits and underscores"
            )
        if '"' in self.field or "'" in self.field or "\\" in self.field:
            raise ConfigurationError(f"column {self.name}: field {self.field!r} holds a quote")
        if self.type not in SQL_TYPES and not _DECIMAL.fullmatch(self.type):
            raise ConfigurationError(
                f"column {self.name}: unknown type {self.type!r}; "
                f"known: {', '.join(SQL_TYPES)}, decimal(p,s)"
            )

    @property
    def decimal(self) -> tuple[int, int] | None:
        """(precision, scale) of a decimal column, None for any other."""
        match = _DECIMAL.fullmatch(self.type)
        return (int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True)
class Expectation:
    """A rule that each row should keep.

    `predicate` is a SQL boolean over the bronze columns (and bronze.select.PREDICATE_COLUMNS) in
    the subset that means the same on DuckDB and Spark; NULL counts as broken. `action`: `warn`
    marks the row, `drop` quarantines it, `fail` stops the batch before any of it is committed.
    """

    name: str
    predicate: str
    action: Action
    description: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"expectation {self.name!r}: use lower-case letters, digits and underscores"
            )


@dataclass(frozen=True)
class DmsFiles:
    """How AWS DMS writes a table's files: what its S3 endpoint was told.

    `columns` is the order in a CSV without header, `Op` first (none: `Op`, then the fields as
    declared). `timestamp` is TimestampColumnName and `sequence` the column that a transformation
    rule fills with `$AR_H_CHANGE_SEQ`, where a file has them. `null` is CsvNullValue,
    `delimiter` CsvDelimiter.
    """

    columns: tuple[str, ...] = ()
    timestamp: str = "dms_timestamp"
    sequence: str = "ar_h_change_seq"
    null: str = "NULL"
    delimiter: str = ","

    def __post_init__(self) -> None:
        if self.columns and self.columns[0] != "Op":
            raise ConfigurationError(
                f"DMS columns {', '.join(self.columns)}: the first is 'Op', as DMS writes it"
            )
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise ConfigurationError(
                f"DMS delimiter {self.delimiter!r}: one character, and no quote or line end"
            )


@dataclass(frozen=True)
class Source:
    """One landing folder and the bronze table that it fills.

    `path` is the folder under the landing root, `key` the business key's columns,
    `event_time` the column that says when it happened. The format `json` is one object a line,
    `debezium` one change a line; change files may be AWS DMS's instead, told by their names.
    `decimals` is how the changes write them where no schema says so: as `text` (also numbers),
    `precise` (base64), or `detect` either.
    """

    name: str
    path: str
    format: Format
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_time: str
    description: str
    expectations: tuple[Expectation, ...] = ()
    decimals: Decimals = "detect"
    dms: DmsFiles = DmsFiles()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        _refuse_twice(self.name, "column", names)
        _refuse_twice(self.name, "expectation", [rule.name for rule in self.expectations])
        for name in (*self.key, self.event_time):
            if name not in names and not name.startswith("_"):
                raise ConfigurationError(
                    f"source {self.name}: no column {name!r}; it has {', '.join(names)}"
                )

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the columns come from, each once, in declared order."""
        return tuple(dict.fromkeys(column.field for column in self.columns))

    @property
    def key_fields(self) -> tuple[str, ...]:
        """The fields of the business key."""
        return tuple(column.field for column in self.columns if column.name in self.key)

    def with_action(self, action: Action) -> tuple[Expectation, ...]:
        """The expectations that have this action, in declared order."""
        return tuple(rule for rule in self.expectations if rule.action == action)


def _refuse_twice(source: str, what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigurationError(f"source {source}: {what} {name!r} is declared twice")
        seen.add(name)
