"""A small database's commits in, the lines that Debezium's PostgreSQL connector writes out."""

import json
from collections.abc import Iterator, Mapping

from tests.dbt.small_database import COLUMNS, Commit, Row, RowChange, SmallDatabase

UNAVAILABLE = "__debezium_unavailable_value"
TOMBSTONE = "null"
# Log positions that a commit may use; one that began early starts in those of the one before.
_SPAN = 1_000
_EARLY = _SPAN + 5
_START = 10 * _SPAN


def debezium_lines(database: SmallDatabase, *, full_identity: bool = False) -> list[str]:
    """All lines of the table in the order that Debezium writes them.

    A commit's time, in seconds, is `source.ts_us`; `full_identity`: REPLICA IDENTITY FULL.
    """
    return [
        line
        for number, commit in enumerate(database.commits)
        for line in _lines(number, commit, database.commits[:number], full_identity)
    ]


def _lines(
    number: int, commit: Commit, earlier: list[Commit], full_identity: bool
) -> Iterator[str]:
    is_streamed = [each.changes[0].op != "r" for each in earlier if each.changes]
    # The end of the commit before is not known of the first that is streamed.
    previous = str(_START + number * _SPAN) if any(is_streamed) else None
    begins = _START + number * _SPAN + 1
    if commit.began_early and previous is not None:
        begins -= _EARLY
    for place, change in enumerate(commit.changes):
        lsn = begins + 10 * place
        source = {
            "ts_us": commit.at * 1_000_000,
            "snapshot": "true" if change.op == "r" else "false",
            "sequence": json.dumps([previous, str(lsn)]),
            "table": "customers",
            "txId": 700 + number,
            "lsn": lsn,
        }
        yield from _change_lines(change, source, full_identity)


def _change_lines(
    change: RowChange, source: Mapping[str, object], full_identity: bool
) -> Iterator[str]:
    if change.op == "t":
        yield _envelope("t", source, None, None)
    if change.op in ("d", "k"):
        (key,) = change.ended
        invented = (None,) * len(COLUMNS) if full_identity else ("",) * len(COLUMNS)
        yield _envelope("d", source, _document(key, invented), None)
        yield TOMBSTONE
    if change.key is not None and change.after is not None:
        hidden = frozenset() if full_identity else change.unsent
        op = "c" if change.op == "k" else change.op
        yield _envelope(op, source, None, _document(change.key, change.after, hidden))


def _document(key: str, row: Row, hidden: frozenset[str] = frozenset()) -> dict[str, object]:
    values = {
        column: UNAVAILABLE if column in hidden else value
        for column, value in zip(COLUMNS, row, strict=True)
    }
    return {"customer_id": key, **values}


def _envelope(op: str, source: Mapping[str, object], before: object, after: object) -> str:
    return json.dumps(
        {"before": before, "after": after, "source": source, "op": op, "ts_ms": 1767571200000}
    )
