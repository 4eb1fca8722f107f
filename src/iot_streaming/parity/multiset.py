"""Two sides' rows of a table in, as multisets: how many are equal, and what is left over.

Quick first: one 64-bit hash a row, of exactly comparable values, counted on both sides. Rows whose
hash both sides have as often are equal; it would take a chance of 1 in 2^64 for a differing row to
be taken for equal. Only rows that are left are looked at by value: JSON, floats. Everything is one
pass over each side at a time and spills to disk, so it is bounded in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from iot_streaming.parity.difference import first_difference
from iot_streaming.parity.rules import TOLERANCE, ComparedColumn
from iot_streaming.parity.sides import Side

_TABLES = ("row_hashes", "surplus", "rest_of_left", "rest_of_right", "clustered", "paired")


@dataclass(frozen=True)
class Outcome:
    """Rows by engine; of them equal pairs, nearly equal ones among them, rows that differ."""

    rows: Mapping[str, int]
    equal: int
    nearly: int
    different: int
    first: tuple[str, ...]


def compare_rows(
    connection: duckdb.DuckDBPyConnection,
    sides: Mapping[str, Side],
    table: tuple[str, str],
    columns: Sequence[ComparedColumn],
    key: Sequence[str],
) -> Outcome:
    """Compare the table's columns; the first difference is told by the key, if there is one."""
    left, right = sides.values()
    try:
        left_rows, right_rows, equal = _count_hashes(connection, (left, right), table, columns)
        nearly = 0
        first: tuple[str, ...] = ()
        if equal < max(left_rows, right_rows):
            _keep_rest(connection, left, "left", table, columns)
            _keep_rest(connection, right, "right", table, columns)
            nearly = _pair_by_value(connection, columns)
            first = first_difference(connection, (left.engine, right.engine), columns, key)
    finally:
        for name in _TABLES:
            connection.execute(f"drop table if exists temp.{name}")
    rows = {left.engine: left_rows, right.engine: right_rows}
    equal += nearly
    return Outcome(rows, equal, nearly, max(left_rows, right_rows) - equal, first)


def _count_hashes(
    connection: duckdb.DuckDBPyConnection,
    sides: tuple[Side, Side],
    table: tuple[str, str],
    columns: Sequence[ComparedColumn],
) -> tuple[int, int, int]:
    """Rows on the left and on the right, and how many are exactly equal."""
    counted = "select {row_hash} as row_hash, count(*) as n from {relation} group by all"
    left, right = sides
    with left.rows(table) as relation:
        connection.execute(
            "create temp table row_hashes as "
            + counted.format(row_hash=_row_hash(columns), relation=relation)
        )
    with right.rows(table) as relation:
        other = counted.format(row_hash=_row_hash(columns), relation=relation)
        connection.execute(
            f"""
            create temp table surplus as
            select
                row_hash,
                coalesce(row_hashes.n, 0) as in_left,
                coalesce(other.n, 0) as in_right
            from row_hashes
            full join ({other}) as other using (row_hash)
            """
        )
    counts = connection.execute(
        "select coalesce(sum(in_left), 0), coalesce(sum(in_right), 0), "
        "coalesce(sum(least(in_left, in_right)), 0) from surplus"
    ).fetchone()
    connection.execute("drop table row_hashes")
    connection.execute("delete from surplus where in_left = in_right")
    left_rows, right_rows, equal = counts or (0, 0, 0)
    return int(left_rows), int(right_rows), int(equal)


def _row_hash(columns: Sequence[ComparedColumn]) -> str:
    values = [column.hashable(column.comparable) for column in columns]
    return f"hash({', '.join(values) or '0'})"


def _keep_rest(
    connection: duckdb.DuckDBPyConnection,
    side: Side,
    name: str,
    table: tuple[str, str],
    columns: Sequence[ComparedColumn],
) -> None:
    """Rows that this side has more often: as comparable values c0…, a document's text d0… beside.

    `part_hash` is over all that must be exactly equal, with documents by value.
    """
    other = "right" if name == "left" else "left"
    values = [
        f"same_by_value({column.comparable})" if column.is_json else column.comparable
        for column in columns
    ]
    kept = [f"{value} as c{number}" for number, value in enumerate(values)]
    kept += [
        f"{column.comparable} as d{number}"
        for number, column in enumerate(columns)
        if column.is_json
    ]
    exactly = [
        # Not a finite number: nothing is near it.
        f"case when not isfinite(c{number}) then c{number} else c{number} * 0e0 end"
        if column.is_nearly
        else column.hashable(f"c{number}")
        for number, column in enumerate(columns)
    ]
    with side.rows(table) as relation:
        connection.execute(
            f"""
            create temp table rest_of_{name} as
            with hashed as (select *, {_row_hash(columns)} as row_hash from {relation}),
            valued as (
                select row_hash, {", ".join(kept)} from hashed
                where row_hash in (select row_hash from surplus where in_{name} > in_{other})
            )
            select *, hash({", ".join(exactly) or "0"}) as part_hash from valued
            """
        )
    connection.execute(
        f"""
        delete from rest_of_{name} where rowid in (
            select copies.row_no from (
                select rest.rowid as row_no, surplus.in_{name} - surplus.in_{other} as wanted,
                    row_number() over (partition by row_hash) as copy
                from rest_of_{name} as rest inner join surplus using (row_hash)
                where surplus.in_{other} > 0
            ) as copies where copies.copy > copies.wanted
        )
        """
    )


def _pair_by_value(connection: duckdb.DuckDBPyConnection, columns: Sequence[ComparedColumn]) -> int:
    """Take pairs that are equal by value out of the rest; how many there were.

    Values that are exactly equal besides are put in order, and those within the tolerance of the
    one before get its number; so a pair is found whatever side of a rounding limit it lies on.
    """
    nearly = [(number, column) for number, column in enumerate(columns) if column.is_nearly]
    connection.execute(
        "create temp table clustered as "
        + " union all ".join(
            f"select '{side}' as side, rest.rowid as row_no, part_hash"
            + "".join(f", c{number}" for number, _ in nearly)
            + f" from rest_of_{side} as rest where part_hash in "
            f"(select part_hash from rest_of_{other})"
            for side, other in (("left", "right"), ("right", "left"))
        )
    )
    numbered = "select * from clustered"
    for number, _ in nearly:
        numbered = _with_cluster(f"c{number}", f"k{number}", numbered)
    clusters = "".join(f", k{number}" for number, _ in nearly)
    order = ", ".join(f"c{number}" for number, _ in nearly) or "row_no"
    same = " and ".join(
        ["l.part_hash = r.part_hash", "l.place = r.place"]
        + [f"l.k{number} = r.k{number}" for number, _ in nearly]
        + [column.equal(f"l.c{number}", f"r.c{number}") for number, column in nearly]
    )
    connection.execute(
        f"""
        create temp table paired as
        with placed as (
            select *, row_number() over (partition by side, part_hash{clusters} order by {order})
                as place
            from ({numbered})
        )
        select l.row_no as in_left, r.row_no as in_right
        from (from placed where side = 'left') as l
        inner join (from placed where side = 'right') as r on {same}
        """
    )
    for side in ("left", "right"):
        connection.execute(
            f"delete from rest_of_{side} where rowid in (select in_{side} from paired)"
        )
    row = connection.execute("select count(*) from paired").fetchone()
    return int(row[0]) if row else 0


def _with_cluster(value: str, cluster: str, rows: str) -> str:
    """`rows` with a number that grows where the values of one part are far from the one before."""
    before = f"lag({value}) over (partition by part_hash order by {value})"
    far = f"{value} - before > {TOLERANCE!r} * greatest(abs({value}), abs(before))"
    return f"""
        select * exclude (begins, before),
            sum(begins) over (partition by part_hash order by {value}) as {cluster}
        from (
            select *, case when {far} then 1 else 0 end as begins
            from (select *, {before} as before from ({rows}))
        )
    """
