"""Rows that found no equal in, the first of them and what became of it in one line out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

import duckdb

from iot_streaming.parity.rules import ComparedColumn

_SHOWN = 60
_BEFORE = 20

Row = dict[str, Any]


def first_difference(
    connection: duckdb.DuckDBPyConnection,
    engines: tuple[str, str],
    columns: Sequence[ComparedColumn],
    key: Sequence[str],
) -> tuple[str, ...]:
    """One line on the first row, by key, that only one side has; nothing when there is none.

    Its partner is the other side's row of the same key, or without a key the one that has most
    columns equal, if these are more than half.
    """
    numbers = [number for number, column in enumerate(columns) if column.name in key]
    for side, other in (("left", "right"), ("right", "left")):
        row = _first(connection, side, numbers)
        if row is None:
            continue
        partner = _partner(connection, side, other, columns, numbers, row["row_no"])
        if partner is None:
            told = _alone(connection, engines, row)
        elif side == "left":
            told = _changed(columns, row, partner)
        else:
            told = _changed(columns, partner, row)
        return (f"{_name(columns, numbers, row)}: {told}",)
    return ()


def _first(connection: duckdb.DuckDBPyConnection, side: str, key: Sequence[int]) -> Row | None:
    order = ", ".join([*(f"c{number} nulls last" for number in key), "row_hash"])
    return _row(
        connection,
        f"select rowid as row_no, * from rest_of_{side} order by {order} limit 1",
    )


def _partner(
    connection: duckdb.DuckDBPyConnection,
    side: str,
    other: str,
    columns: Sequence[ComparedColumn],
    key: Sequence[int],
    row_no: int,
) -> Row | None:
    """The other side's row, with `e0` and so on saying which columns are equal."""
    equal = [
        f"{column.equal(f'theirs.c{number}', f'ours.c{number}')} as e{number}"
        for number, column in enumerate(columns)
    ]
    likeness = " + ".join(f"cast(e{number} as integer)" for number in range(len(columns)))
    fits = " and ".join(f"e{number}" for number in key) or f"likeness * 2 > {len(columns)}"
    return _row(
        connection,
        f"""
        select *, {likeness} as likeness
        from (
            select theirs.*, {", ".join(equal)}
            from rest_of_{other} as theirs
            cross join (from rest_of_{side} where rowid = $row_no) as ours
        )
        where {fits}
        order by likeness desc, row_hash
        limit 1
        """,
        row_no=row_no,
    )


def _row(connection: duckdb.DuckDBPyConnection, sql: str, **parameters: int) -> Row | None:
    result = connection.execute(sql, parameters)
    names = [column[0] for column in result.description or ()]
    row = result.fetchone()
    return None if row is None else dict(zip(names, row, strict=True))


def _name(columns: Sequence[ComparedColumn], key: Sequence[int], row: Row) -> str:
    """The row by its key, or by its first columns."""
    numbers = key or [n for n, column in enumerate(columns) if not column.is_excluded][:3]
    return ", ".join(f"{columns[n].name} {_text(row[f'c{n}'])}" for n in numbers)


def _alone(connection: duckdb.DuckDBPyConnection, engines: tuple[str, str], row: Row) -> str:
    counts = _row(
        connection,
        "select in_left, in_right from surplus where row_hash = $row_hash",
        row_hash=row["row_hash"],
    )
    in_left, in_right = (counts["in_left"], counts["in_right"]) if counts else (0, 0)
    left, right = engines
    if in_left + in_right == 1:
        return f"only on {left if in_left else right}"
    return f"{_times(in_left)} on {left}, {_times(in_right)} on {right}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _changed(columns: Sequence[ComparedColumn], left: Row, right: Row) -> str:
    equal = left if "e0" in left else right
    parts = []
    for number, column in enumerate(columns):
        if equal[f"e{number}"]:
            continue
        # Of a document the text as it is stored, not its value's.
        field = f"d{number}" if column.is_json else f"c{number}"
        if column.is_excluded:
            shown = [("NULL" if row[field] else "a value") for row in (left, right)]
        else:
            shown = _shown(left[field], right[field])
        parts.append(f"{column.name}: {shown[0]} ≠ {shown[1]}")
    return "; ".join(parts)


def _shown(left: Any, right: Any) -> list[str]:
    """Both as text; of long ones the part around where they part."""
    texts = [_text(left), _text(right)]
    if max(map(len, texts)) <= _SHOWN:
        return texts
    apart = next(n for n, (a, b) in enumerate(zip_longest(*texts)) if a != b)
    start = max(0, apart - _BEFORE)
    return [
        ("…" if start else "")
        + text[start : start + _SHOWN]
        + ("…" if len(text) > start + _SHOWN else "")
        for text in texts
    ]


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat(sep=" ").replace("+00:00", "Z")
    return repr(value) if isinstance(value, str | list | bytes | float) else str(value)
