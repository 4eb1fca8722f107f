"""What "equal" means: types that are one kind, columns left out, floats, JSON; as SQL.

Both engines' values are compared in DuckDB, rows as a multiset:

- text, booleans, dates: as they are; NULL equals NULL and nothing else, '' is not NULL
- integers of any width are one kind, decimals of any precision with as many digits after the point
- a timestamp with a time zone is an instant, compared in UTC microseconds; one without is none
- doubles are exactly equal, or nearly: they differ by at most TOLERANCE times the greater of both.
  NaN equals NaN, -0 equals 0, an infinity only itself
- JSON documents by value: order of keys and white space don't count, 1.50 is 1.5, order of lists
  counts
- lists by element, in order; nothing in them is nearly equal
- of the columns in EXCLUDED only whether they are NULL
"""

import re
from dataclasses import dataclass

TOLERANCE = 1e-9

EXCLUDED = {
    "_ingested_at": "when the batch was planned: each engine has its own clock, and a model's row "
    "has the newest of the rows that it was made of",
    "_batch_id": "each engine cuts and counts its own batches",
    "threshold_hash": "md5 over doubles as the engine writes them, compared within it only; the "
    "hashed columns are compared in int_sensor_settings",
    "settings_hash": "the same; the limits in it are those of the seed tuning_limits, compared too",
}

JSON_COLUMNS = frozenset({"_rescued_data"})

_INTEGER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER")
_KINDS = {
    "VARCHAR": "text",
    # Parquet's mark on a text that is a document.
    "JSON": "text",
    "TIMESTAMP WITH TIME ZONE": "instant",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP_S": "timestamp without time zone",
    "TIMESTAMP_MS": "timestamp without time zone",
    "TIMESTAMP_NS": "timestamp without time zone",
}
_HASHED_WELL = ("text", "instant", "double", "boolean", "date", "timestamp without time zone")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def kind_of(sql_type: str) -> str:
    """The kind that a DuckDB type belongs to; columns of one kind can be compared.

    >>> kind_of("HUGEINT"), kind_of("DECIMAL(12,2)"), kind_of("VARCHAR[]")
    ('integer', 'decimal(38,2)', 'text[]')
    """
    if sql_type.endswith("[]"):
        return kind_of(sql_type.removesuffix("[]")) + "[]"
    if _INTEGER.fullmatch(sql_type):
        return "integer"
    if decimal := _DECIMAL.fullmatch(sql_type):
        return f"decimal(38,{decimal[2]})"
    return _KINDS.get(sql_type, sql_type.lower())


def quoted(name: str) -> str:
    """The name as an identifier, whatever it is."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class ComparedColumn:
    """A column that both sides have in one kind."""

    name: str
    kind: str

    @property
    def is_excluded(self) -> bool:
        return self.name in EXCLUDED

    @property
    def is_json(self) -> bool:
        return self.name in JSON_COLUMNS and self.kind == "text"

    @property
    def is_nearly(self) -> bool:
        """Whether its values may be nearly equal."""
        return self.kind == "double" and not self.is_excluded

    @property
    def comparable(self) -> str:
        """SQL: the value as one type for both sides."""
        name = quoted(self.name)
        if self.is_excluded:
            return f"({name} is null)"
        if self.kind.startswith(("integer", "decimal")):
            return f"cast({name} as {self.kind.replace('integer', 'hugeint')})"
        if self.kind == "double":
            # -0 becomes 0.
            return f"({name} + 0e0)"
        return f"cast({name} as varchar)" if self.kind == "text" else name

    def hashable(self, value: str) -> str:
        """SQL: a comparable as what has another hash for each other value, and the same on either.

        DuckDB's own hash of 128-bit numbers is 0 for 0 and -1, that of lists the same for NULL,
        [] and [NULL]; of their texts it is not.
        """
        if self.is_excluded or self.kind in _HASHED_WELL:
            return value
        if self.kind.startswith(("integer", "decimal")) and not self.kind.endswith("[]"):
            return f"cast({value} as varchar)"
        return f"cast(to_json({value}) as varchar)"

    def equal(self, left: str, right: str) -> str:
        """SQL boolean, never NULL: two comparables, JSON's already by value, count as equal."""
        same = f"{left} is not distinct from {right}"
        if not self.is_nearly:
            return f"({same})"
        limit = f"{TOLERANCE!r} * greatest(abs({left}), abs({right}))"
        # Of infinities the difference is NaN, which DuckDB takes for the greatest number.
        near = f"isfinite({left}) and isfinite({right}) and abs({left} - {right}) <= {limit}"
        return f"({same} or coalesce({near}, false))"
