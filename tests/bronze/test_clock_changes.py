"""Sources without `sequence` (MySQL, SQL Server): ordered by time, position, file and line."""

from typing import Any

import pytest

from iot_streaming.errors import PipelineError
from iot_streaming.sources import source_named
from tests.bronze.conftest import Lakehouse, lines
from tests.bronze.test_changes import envelope

PRODUCTS = source_named("cdc_products")
NOON = 1_767_268_800_000


def change(op: str, name: str, **source: Any) -> dict[str, Any]:
    row = {"product_id": 1, "product_name": name}
    image = {"before": row} if op == "d" else {"after": row}
    return {"before": None, "after": None, "op": op, "source": {"ts_ms": NOON} | source} | image


def names_in_order(lakehouse: Lakehouse) -> list[str]:
    order = ("_sequence_major", "_sequence_minor", "_sequence_sub", "_change_id")
    rows = sorted(lakehouse.bronze(source=PRODUCTS), key=lambda row: [row[n] for n in order])
    assert all(row["_errors"] == [] for row in rows)
    return [row["product_name"] for row in rows]


def test_time_then_position_then_file_then_line(lakehouse: Lakehouse) -> None:
    later = [change("u", f"line {n}", ts_ms=NOON + 1) for n in range(12)]
    lakehouse.land("b.ndjson", lines(change("u", "next file", ts_ms=NOON + 1)), PRODUCTS)
    lakehouse.land(
        "a.ndjson",
        lines(*later, change("u", "second", pos=9), change("u", "first", pos=8)),
        PRODUCTS,
    )
    lakehouse.ingest(PRODUCTS)
    tail = [f"line {n}" for n in range(12)]
    assert names_in_order(lakehouse) == ["first", "second", *tail, "next file"]


def test_microseconds_are_used_where_they_are(lakehouse: Lakehouse) -> None:
    rows = [change("u", "b", ts_us=NOON * 1000 + 2), change("u", "a", ts_us=NOON * 1000 + 1)]
    lakehouse.land("a.ndjson", lines(*rows), PRODUCTS)
    lakehouse.ingest(PRODUCTS)
    assert names_in_order(lakehouse) == ["a", "b"]


def test_snapshot_comes_before_changes_whatever_its_clock(lakehouse: Lakehouse) -> None:
    rows = [change("u", "change"), change("r", "snapshot", ts_ms=NOON + 500)]
    lakehouse.land("a.ndjson", lines(*rows), PRODUCTS)
    lakehouse.ingest(PRODUCTS)
    assert names_in_order(lakehouse) == ["snapshot", "change"]


def test_delete_and_create_in_one_moment_keep_their_lines(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(change("c", "x"), change("d", "x")), PRODUCTS)
    lakehouse.ingest(PRODUCTS)
    rows = sorted(lakehouse.bronze(source=PRODUCTS), key=lambda row: row["_change_id"])
    assert [row["_op"] for row in rows] == ["upsert", "delete"]
    assert rows[0]["_sequence_sub"] == rows[1]["_sequence_sub"]


def test_second_batch_is_ordered_too(lakehouse: Lakehouse) -> None:
    for name in ("a", "b"):
        lakehouse.land(f"{name}.ndjson", lines(change("u", name)), PRODUCTS)
        lakehouse.ingest(PRODUCTS)
    assert names_in_order(lakehouse) == ["a", "b"]


def test_change_without_any_time_is_quarantined(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(change("u", "x", ts_ms=None, ts_us=10**18)), PRODUCTS)
    lakehouse.ingest(PRODUCTS)
    (row,) = lakehouse.bronze(source=PRODUCTS)
    assert row["_errors"] == ["change_order_known"]


def test_log_and_clock_in_one_table_are_refused(lakehouse: Lakehouse) -> None:
    after = {"product_id": 1}
    lakehouse.land("a.ndjson", lines(envelope("c", after), change("u", "x")), PRODUCTS)
    with pytest.raises(PipelineError, match=r"clock .* and log position"):
        lakehouse.ingest(PRODUCTS)
    assert lakehouse.bronze(source=PRODUCTS) == []
