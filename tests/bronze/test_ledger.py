"""What the ledger says of its sources: asked once for all of them, and again once it has grown."""

from typing import Literal

import duckdb
import pytest

from iot_streaming.bronze.duckdb import engine, select_from
from iot_streaming.bronze.ledger import LEDGER_COLUMNS, Known, Ledger, LedgerEntry
from tests.bronze.conftest import Lakehouse


def entry(source: str, file: str, size: int = 10, reason: str | None = None) -> LedgerEntry:
    status: Literal["ingested", "rejected"] = "rejected" if reason else "ingested"
    return LedgerEntry(source, file, status, size, 1_000, 2_000, reason=reason)


def test_sources_are_known_as_the_ledger_grows(lakehouse: Lakehouse) -> None:
    with engine(lakehouse.settings) as connection:
        ledger = Ledger(lakehouse.settings, connection)
        assert ledger.known("iot_events") == Known()
        ledger.append([entry("iot_events", "e/b"), entry("iot_events", "e/a")], "iot_events", 1)
        ledger.append([entry("cdc_orders", "o/a.parquet")], "cdc_orders", 1)
        events, orders = ledger.known("iot_events"), ledger.known("cdc_orders")
        assert (events.count, events.oldest, events.newest) == (2, "e/a", "e/b")
        assert (events.lines_key is not None, events.records_key) == (True, None)
        assert (orders.count, orders.records_key, orders.lines_key) == (1, "o/a.parquet", None)
        # Looking at files in between hides no change from the next question.
        ledger.append([entry("iot_events", "e/c")], "iot_events", 2)
        assert ledger.files("iot_events").num_rows == 3
        assert ledger.known("iot_events").newest == "e/c"
        assert ledger.files("iot_events", since="e/a", keys=["e/a", "e/b"]).num_rows == 1
        assert ledger.files("cdc_orders")["key"].to_pylist() == ["o/a.parquet"]


def test_rejected_file_is_outstanding_until_it_is_in(lakehouse: Lakehouse) -> None:
    with engine(lakehouse.settings) as connection:
        ledger = Ledger(lakehouse.settings, connection)
        for size in (10, 11, 11):
            ledger.reject(entry("iot_events", "e/a", size, "broken"), ledger.known("iot_events"))
        ledger.append([entry("cdc_orders", "e/a")], "cdc_orders", 1)
        known = ledger.known("iot_events")
        assert len(known.rejected) == 2
        assert known.outstanding == ["e/a"]
        assert ledger.known("cdc_orders").outstanding == []
        ledger.append([entry("iot_events", "e/a", 11)], "iot_events", 1)
        assert ledger.known("iot_events").outstanding == []


def test_unchanged_ledger_is_asked_once(
    lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine(lakehouse.settings) as connection:
        ledger = Ledger(lakehouse.settings, connection)
        ledger.append([entry("iot_events", "e/a")], "iot_events", 1)
        ledger.known("cdc_orders")
        monkeypatch.setattr(ledger, "connection", None)
        assert ledger.known("iot_events").count == 1


def test_rows_are_counted_by_what_files_say(lakehouse: Lakehouse) -> None:
    with engine(lakehouse.settings) as connection:
        ledger = Ledger(lakehouse.settings, connection)
        ledger.append([entry("iot_events", "e/a")], "iot_events", 1)
        rows = select_from(connection, ledger.store.files(), LEDGER_COLUMNS)
        assert "Projections" not in plan(connection, f"select count(*) from ({rows})")
        assert "Projections" in plan(connection, f"select count(reason) from ({rows})")


def plan(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    return str(connection.execute(f"explain {sql}").fetchall()[0][1])
