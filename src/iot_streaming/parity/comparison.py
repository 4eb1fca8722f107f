"""Two sides in, for every table the rows that are equal, those that are not, and the first."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
from deltalake.exceptions import DeltaError

from iot_streaming.parity.documents import same_by_value
from iot_streaming.parity.multiset import compare_rows
from iot_streaming.parity.rules import ComparedColumn, kind_of
from iot_streaming.parity.sides import Side, both_sides
from iot_streaming.settings import Settings

# A table's columns that tell its rows apart, by (schema, table); columns that aren't there don't.
Keys = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True)
class TableParity:
    """One table on both engines.

    `rows` by engine, None where the table isn't. `different` is how many rows one would have to
    change, add or take away to make both equal. `nearly` of the equal rows are so within the
    tolerance or as JSON only. `columns` were compared by value, `excluded` only for NULL.
    `differences` are for people: what of the columns differs, then the first differing row.
    """

    table: str
    rows: dict[str, int | None]
    equal: int
    different: int
    nearly: int
    columns: int
    excluded: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.different and not self.differences

    def to_dict(self) -> dict[str, Any]:
        """Plain data for --json."""
        return asdict(self) | {"ok": self.ok}


def compare_homes(
    duckdb_home: Settings,
    spark_home: Settings,
    keys: Keys,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> list[TableParity]:
    """Every table of bronze, silver and gold that either home has, in order of layer and name."""
    with both_sides(duckdb_home, spark_home) as (connection, sides):
        # Text of a document in, text out: no SQL is made of it.
        connection.create_function("same_by_value", same_by_value, ["VARCHAR"], "VARCHAR")
        found = {engine: set(side.tables()) for engine, side in sides.items()}
        names = sorted(set().union(*found.values()), key=lambda name: (_layer_of(name), name))
        results = []
        for number, name in enumerate(names):
            progress(".".join(name), number, len(names))
            there = {engine for engine, tables in found.items() if name in tables}
            results.append(_compared(connection, sides, name, there, keys.get(name, ())))
        return results


def _layer_of(name: tuple[str, str]) -> int:
    schema, _ = name
    return ("bronze", "silver", "gold").index(schema.rpartition("_")[2])


def _compared(
    connection: duckdb.DuckDBPyConnection,
    sides: Mapping[str, Side],
    name: tuple[str, str],
    there: set[str],
    key: tuple[str, ...],
) -> TableParity:
    types: dict[str, dict[str, str]] = {}
    counts: dict[str, int | None] = dict.fromkeys(sides)
    problems = []
    for engine, side in sides.items():
        if engine not in there:
            problems.append(f"there is no such table on {engine}")
            continue
        try:
            types[engine] = side.columns(name)
            counts[engine] = _counted(connection, side, name)
        except (DeltaError, duckdb.Error) as error:
            # Below the first line it says where in its code it was.
            problems.append(f"can't be read on {engine}: {str(error).splitlines()[0]}")
    if problems:
        most = max(count or 0 for count in counts.values())
        return TableParity(".".join(name), counts, 0, most, 0, 0, (), tuple(problems))
    columns, unlike = _columns(types)
    key = tuple(part for part in key if any(part == column.name for column in columns))
    outcome = compare_rows(connection, sides, name, columns, key)
    return TableParity(
        ".".join(name),
        dict(outcome.rows),
        outcome.equal,
        outcome.different,
        outcome.nearly,
        sum(not column.is_excluded for column in columns),
        tuple(column.name for column in columns if column.is_excluded),
        (*unlike, *outcome.first),
    )


def _counted(connection: duckdb.DuckDBPyConnection, side: Side, name: tuple[str, str]) -> int:
    with side.rows(name) as relation:
        row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _columns(types: Mapping[str, dict[str, str]]) -> tuple[list[ComparedColumn], list[str]]:
    """The columns that both have in one kind, in the first's order; what keeps others out."""
    (left, left_types), (right, right_types) = types.items()
    columns, unlike = [], []
    for name, sql_type in left_types.items():
        if name not in right_types:
            unlike.append(f"column {name} is on {left} only")
        elif kind_of(sql_type) != kind_of(right_types[name]):
            unlike.append(f"column {name} is {sql_type} on {left}, {right_types[name]} on {right}")
        else:
            columns.append(ComparedColumn(name, kind_of(sql_type)))
    unlike += [f"column {name} is on {right} only" for name in right_types.keys() - left_types]
    return columns, unlike
