"""Debezium's lines as change rows: what each says, and no more than it says."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from iot_streaming.sources import source_named
from tests.bronze.conftest import Lakehouse, lines

PRODUCTS = source_named("cdc_products")
DEVICES = source_named("cdc_devices")


def envelope(op: str, after: Any = None, before: Any = None, lsn: int = 200) -> dict[str, Any]:
    source = {
        "sequence": json.dumps(["100", str(lsn)]),
        "lsn": lsn,
        "txId": 7,
        "ts_us": 1_767_268_800_000_001,
        "ts_ms": 1_767_268_800_000,
        "snapshot": "false",
    }
    return {"before": before, "after": after, "source": source, "op": op, "ts_ms": 1}


def product(**fields: Any) -> dict[str, Any]:
    return {
        "product_id": 9007199254741007,
        "product_name": "é",
        "category": None,
        "unit_price": "12.30",
        "is_active": True,
        "created_at": 1_767_268_800_000_000,
        "updated_at": "2026-01-01T12:00:00.000001Z",
    } | fields


def changes(lakehouse: Lakehouse, *rows: Any) -> list[dict[str, Any]]:
    lakehouse.land("a.ndjson", lines(*rows), PRODUCTS)
    lakehouse.ingest(PRODUCTS)
    return lakehouse.bronze(source=PRODUCTS)


def test_upsert_is_typed_exactly(lakehouse: Lakehouse) -> None:
    (row,) = changes(lakehouse, envelope("u", product()))
    assert row["product_id"] == 9007199254741007
    assert row["unit_price"] == Decimal("12.30")
    assert row["created_at"] == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert row["updated_at"] == datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC)
    assert (row["_op"], row["_change_id"], row["_is_snapshot"]) == ("upsert", "7:200:u", False)
    order = (row["_sequence_major"], row["_sequence_minor"], row["_sequence_sub"])
    assert order == (100, 200, 1)
    assert row["_committed_at"] == datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC)
    assert row["_rescued_data"] is None and row["_errors"] == []


def test_envelope_with_schema_says_the_same(lakehouse: Lakehouse) -> None:
    wrapped = {"schema": {"type": "struct"}, "payload": envelope("c", product())}
    plain, unwrapped = changes(lakehouse, envelope("c", product()), wrapped)
    ignored = {"_line_bytes"}
    assert {k: v for k, v in plain.items() if k not in ignored} == {
        k: v for k, v in unwrapped.items() if k not in ignored
    }


def test_delete_says_nothing_but_its_key(lakehouse: Lakehouse) -> None:
    invented = product(product_name="", unit_price="0.00", is_active=False)
    (row,) = changes(lakehouse, envelope("d", before=invented))
    assert (row["_op"], row["product_id"], row["_sequence_sub"]) == ("delete", 9007199254741007, 0)
    assert row["product_name"] is None and row["unit_price"] is None
    assert row["_errors"] == []


def test_lines_without_a_row_are_recognised(lakehouse: Lakehouse) -> None:
    rows = changes(
        lakehouse,
        envelope("t"),
        "null",
        {"ts_ms": 1795418565812},
        {"status": "BEGIN", "id": "1:2", "event_count": None, "ts_ms": 3},
    )
    assert sorted(row["_op"] for row in rows) == [
        "heartbeat",
        "tombstone",
        "transaction",
        "truncate",
    ]
    assert all(row["_errors"] == [] and row["_corrupt_record"] is None for row in rows)


def test_lines_without_a_row_are_recognised_with_schemas_on(lakehouse: Lakehouse) -> None:
    payloads = [None, {"ts_ms": 3}, {"status": "END", "id": "1:2", "ts_ms": 3}, envelope("t")]
    rows = changes(lakehouse, *({"schema": {"type": "struct"}, "payload": p} for p in payloads))
    kinds = ["heartbeat", "tombstone", "transaction", "truncate"]
    assert sorted(row["_op"] for row in rows) == kinds
    assert all(row["_errors"] == [] and row["_corrupt_record"] is None for row in rows)


@pytest.mark.parametrize(
    "hostile",
    [
        {"payload": 5},
        {"payload": "null"},
        {"payload": [1]},
        {"payload": None, "op": "c"},
        {"op": "c", "after": {"product_id": 1}, "source": {"ts_ms": 9 * 10**18}},
        {"op": "c", "after": {"product_id": 1}, "source": []},
        {"op": "c", "after": {"product_id": 1, "unit_price": {"scale": "x"}}, "source": 5},
        {"op": {"a": 1}, "source": {"sequence": "not json", "lsn": "x"}},
        {"op": "c", "after": {"product_id": 1}, "source": {"sequence": "[", "lsn": 10**30}},
    ],
)
def test_hostile_line_stops_no_batch(lakehouse: Lakehouse, hostile: dict[str, Any]) -> None:
    rows = changes(lakehouse, hostile, envelope("c", product()))
    assert len(rows) == 2
    assert sum(row["_errors"] == [] for row in rows) in (1, 2)


@pytest.mark.parametrize("strange", [{"op": "m"}, {"a": 1}, envelope("c", None)])
def test_change_that_cannot_be_placed_is_quarantined_whole(
    lakehouse: Lakehouse, strange: dict[str, Any]
) -> None:
    (row,) = changes(lakehouse, strange)
    assert row["_errors"]
    assert json.loads(row["_rescued_data"]) == strange


def test_unchanged_large_value_is_named_and_not_taken_for_text(lakehouse: Lakehouse) -> None:
    (row,) = changes(lakehouse, envelope("u", product(product_name="__debezium_unavailable_value")))
    assert row["product_name"] is None
    assert row["_unavailable_columns"] == ["product_name"]
    assert row["_rescued_data"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit_price", "12.345"),
        ("unit_price", "NAN"),
        ("unit_price", "12345678901.00"),
        ("product_id", 1.5),
        ("updated_at", "infinity"),
        ("updated_at", "+20000-01-01T00:00:00Z"),
        ("is_active", "perhaps"),
    ],
)
def test_value_that_does_not_fit_is_rescued(
    lakehouse: Lakehouse, field: str, value: object
) -> None:
    (row,) = changes(lakehouse, envelope("u", product(**{field: value})))
    assert row[field] is None
    assert json.loads(row["_rescued_data"]) == {field: value}


def test_days_since_1970_become_a_date(lakehouse: Lakehouse) -> None:
    device = {"device_id": "D", "install_date": 20372}
    lakehouse.land("a.ndjson", lines(envelope("c", device)), DEVICES)
    lakehouse.ingest(DEVICES)
    (row,) = lakehouse.bronze(source=DEVICES)
    assert row["install_date"] == date(2025, 10, 11)


@pytest.mark.parametrize("value", ["1.50", "-40.000", "0.00000000000000000001", "1e400", "NAN"])
def test_exact_decimal_text_is_kept_as_it_is(lakehouse: Lakehouse, value: str) -> None:
    (row,) = thresholds(lakehouse, {"threshold_id": 1, "min_value": value})
    assert (row["min_value"], row["_rescued_data"], row["_warnings"]) == (value, None, [])


def thresholds(lakehouse: Lakehouse, after: dict[str, Any]) -> list[dict[str, Any]]:
    source = source_named("cdc_alert_thresholds")
    lakehouse.land("a.ndjson", lines(envelope("c", after)), source)
    lakehouse.ingest(source)
    return lakehouse.bronze(source=source)
