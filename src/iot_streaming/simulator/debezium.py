"""Committed row changes in, Debezium's PostgreSQL change events out, as lines by table.

The envelope is that of Debezium 3.6.3 with schemas off and `decimal.handling.mode=string`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["KEYS", "Change", "Connector", "timestamptz"]

Row = dict[str, Any]

KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "locations": "location_id",
    "devices": "device_id",
    "alert_thresholds": "threshold_id",
    "alerts": "alert_id",
}
TOMBSTONE = "null"

# These two send whole old rows; the others PostgreSQL's default: the key on a delete, else none.
_REPLICA_IDENTITY_FULL = ("devices", "orders")
# What Debezium makes up for NOT NULL columns of a deleted row of which it knows the key only.
_NOT_NULL: dict[str, Row] = {
    "customers": {"customer_name": "", "created_at": "1970-01-01T00:00:00Z"},
    "products": {"product_name": "", "created_at": 0},
    "locations": {},
    "alert_thresholds": {"sensor_type": "", "is_enabled": False},
    "alerts": {"device_id": "", "status": "", "triggered_at": "1970-01-01T00:00:00Z"},
}


@dataclass(frozen=True)
class Change:
    """One row change: `op` is c, u or d; the row before and after it, None where there is none."""

    table: str
    op: str
    before: Row | None
    after: Row | None


def timestamptz(at_us: int) -> str:
    """An instant (microseconds since 1970) as Debezium writes a timestamptz."""
    seconds, micros = divmod(at_us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"


class Connector:
    """Reads one database: a snapshot first, then its transactions in commit order."""

    def __init__(self) -> None:
        self._lsn = 74_855_144
        self._transaction = 2_224
        self._commit_end: int | None = None

    def snapshot(self, tables: dict[str, list[Row]], at_us: int) -> Iterator[tuple[str, str]]:
        """(table, line) of each row there is before the first streamed change."""
        filled = [table for table in tables if tables[table]]
        read_us = at_us + 400_000
        for table in filled:
            rows = tables[table]
            for number, row in enumerate(rows):
                marker = "true"
                if number == len(rows) - 1:
                    marker = "last" if table == filled[-1] else "last_in_data_collection"
                elif number == 0:
                    marker = "first" if table == filled[0] else "first_in_data_collection"
                source = self._source(table, at_us, marker, [None, str(self._lsn)])
                read_us += 350
                yield table, _envelope(None, row, source, None, "r", read_us)
        self._lsn += 280
        self._transaction += 3

    def transaction(self, commit_us: int, changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
        """(table, line) of each change of one transaction, a tombstone after each delete."""
        self._transaction += 1
        previous = None if self._commit_end is None else str(self._commit_end)
        read_us = commit_us + 250_000
        of_table: dict[str, int] = {}
        for number, change in enumerate(changes, start=1):
            of_table[change.table] = of_table.get(change.table, 0) + 1
            source = self._source(change.table, commit_us, "false", [previous, str(self._lsn)])
            transaction = {
                "id": f"{self._transaction}:{self._lsn}",
                "total_order": number,
                "data_collection_order": of_table[change.table],
            }
            before = _before_image(change)
            yield (
                change.table,
                _envelope(before, change.after, source, transaction, change.op, read_us),
            )
            if change.op == "d":
                yield change.table, TOMBSTONE
            self._lsn += 168 + 8 * (len(str(change.after or change.before)) // 8)
            read_us += 420
        self._lsn += 48
        self._commit_end = self._lsn

    def _source(
        self, table: str, at_us: int, snapshot: str, sequence: list[str | None]
    ) -> dict[str, Any]:
        return {
            "version": "3.6.3.Final",
            "connector": "postgresql",
            "name": "iot",
            "ts_ms": at_us // 1000,
            "snapshot": snapshot,
            "db": "iot",
            "sequence": _json(sequence),
            "ts_us": at_us,
            "ts_ns": at_us * 1000,
            "schema": "public",
            "table": table,
            "txId": self._transaction,
            "lsn": self._lsn,
            "xmin": None,
            "origin": None,
            "origin_lsn": None,
        }


def redelivered(line: str, later_us: int) -> str:
    """The same change event, processed again that much later."""
    event = json.loads(line)
    return _envelope(
        event["before"],
        event["after"],
        event["source"],
        event["transaction"],
        event["op"],
        event["ts_us"] + later_us,
    )


def _before_image(change: Change) -> Row | None:
    if change.before is None or change.table in _REPLICA_IDENTITY_FULL:
        return change.before
    if change.op != "d":
        return None
    key = KEYS[change.table]
    unknown = dict.fromkeys(change.before) | _NOT_NULL[change.table]
    return unknown | {key: change.before[key]}


def _envelope(
    before: Row | None,
    after: Row | None,
    source: dict[str, Any],
    transaction: dict[str, Any] | None,
    op: str,
    read_us: int,
) -> str:
    return _json(
        {
            "before": before,
            "after": after,
            "source": source,
            "transaction": transaction,
            "op": op,
            "ts_ms": read_us // 1000,
            "ts_us": read_us,
            "ts_ns": read_us * 1000,
        }
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
