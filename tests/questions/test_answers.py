"""What questions answer on a handful of rows, counted by hand."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from iot_streaming.questions import for_duckdb, question

Row = dict[str, Any]
Ask = Callable[..., list[Row]]
NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


@pytest.fixture
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def put(lake: duckdb.DuckDBPyConnection, table: str, columns: str, *rows: str) -> None:
    """`columns` with types; each row as SQL, short ones filled up with NULL."""
    lake.execute(f"create table {table} ({columns})")
    names = [each.split()[0] for each in columns.split(", ")]
    for row in rows:
        values = row.split(", ")
        lake.execute(f"insert into {table} ({', '.join(names[: len(values)])}) values ({row})")


def ask(lake: duckdb.DuckDBPyConnection, name: str, **parameters: str | int) -> list[Row]:
    answer = lake.execute(for_duckdb(question(name).sql), parameters)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def only(row: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


ALERTS = (
    "alert_id text, device_key text, device_id text, sensor_type text, severity text, "
    "alert_points double, is_open boolean, is_critical boolean, is_acknowledge_censored boolean, "
    "time_to_acknowledge_seconds double, is_resolve_censored boolean, "
    "time_to_resolve_seconds double, triggered_at timestamptz"
)
DEVICES = (
    "device_key text, device_id text, device_type text, customer_id text, location_id text, "
    "customer_key text"
)


def alert(number: int, at: str, device: str = "D1", open_: str = "true") -> str:
    return (
        f"'A{number}', 'key of {device}', '{device}', 'temperature', 'HIGH', 5, {open_}, false, "
        f"true, 60, {open_}, 60, '2026-01-06 {at}+00'"
    )


def test_alerts_that_nobody_took_are_counted_beside_the_percentiles(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    common = "'k', 'D', 't', 'HIGH', 5"
    put(
        lake,
        "fct_alerts",
        ALERTS,
        f"'1', {common}, false, false, false, 60, false, 600",
        f"'2', {common}, false, false, false, 120, false, 1200",
        f"'3', {common}, true, false, true, 1e9, true, 1e9",
        # Acknowledged before it was raised: no time to acknowledge.
        f"'4', {common}, false, false, false, null, false, 900",
    )
    (answer,) = ask(lake, "alert_response")
    told = ("alerts", "acknowledged_alerts", "unacknowledged_alerts", "open_alerts")
    assert only(answer, *told) == (4, 2, 1, 1)
    assert only(answer, "acknowledge_p50_seconds", "acknowledge_p90_seconds") == (90, 114)
    assert only(answer, "resolve_p50_seconds", "longest_open_seconds") == (900, 1e9)


def test_chattering_is_so_many_alerts_of_one_sensor_within_the_time(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    put(lake, "dim_devices", DEVICES, "'key of D1', 'D1'", "'key of D2', 'D2'")
    put(
        lake,
        "fct_alerts",
        ALERTS,
        *(alert(n, f"12:0{n}:{n * n:02}") for n in range(4)),
        *(alert(n, f"1{n}:00:00", "D2") for n in range(4)),
    )
    (answer,) = ask(lake, "chattering_alerts", times=3, within_seconds=128)
    told = ("device_id", "bursts", "shortest_burst_seconds", "alerts")
    assert only(answer, *told) == ("D1", 2, 124, 4)
    assert answer["last_burst_at"] == NOON.replace(minute=3, second=9)
    assert ask(lake, "chattering_alerts", times=3, within_seconds=123) == []
    assert len(ask(lake, "chattering_alerts", times=3, within_seconds=7200)) == 2


def test_bad_actors_are_ranked_with_their_share_of_the_days_at_hand(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    put(lake, "dim_devices", DEVICES, "'key of D1', 'D1'", "'key of D2', 'D2'")
    put(lake, "dim_customers", "customer_key text, customer_name text")
    put(lake, "int_sensors", "as_of_at timestamptz", "'2026-01-06 12:00:00+00'")
    old = alert(9, "00:00:00", "D2").replace("2026-01-06", "2025-12-01")
    put(
        lake,
        "fct_alerts",
        ALERTS,
        *(alert(n, "11:00:00") for n in range(3)),
        alert(4, "11:00:00", "D2"),
        old,
    )
    answers = ask(lake, "bad_actors", days=30)
    told = ("rank_no", "device_id", "alerts", "share", "cumulative_share")
    assert [only(row, *told) for row in answers] == [
        (1, "D1", 3, 0.75, 0.75),
        (2, "D2", 1, 0.25, 1),
    ]


def test_without_any_alert_the_totals_are_none(lake: duckdb.DuckDBPyConnection) -> None:
    put(lake, "fct_alerts", ALERTS)
    put(lake, "int_sensors", "as_of_at timestamptz", "'2026-01-06 12:00:00+00'")
    (answer,) = ask(lake, "alert_totals")
    assert only(answer, "alerts", "open_alerts", "open_critical_alerts", "as_of_at") == (
        *(0, 0, 0),
        NOON,
    )


def test_an_age_belongs_to_the_class_that_it_has_reached(lake: duckdb.DuckDBPyConnection) -> None:
    ages = (0, 3599, 3600, 14_400, 86_400, 604_800)
    rows = [f"'{n}', 'k', 'D', 't', 'LOW', 1, true, false, true, 0, true, {n}" for n in ages]
    put(lake, "fct_alerts", ALERTS, *rows)
    answers = ask(lake, "alert_ages")
    assert [only(row, "age_class", "alerts") for row in answers] == [
        *((1, 2), (2, 1), (3, 1), (4, 1), (5, 1))
    ]


def test_readings_fall_into_buckets_and_a_gap_has_none(lake: duckdb.DuckDBPyConnection) -> None:
    def reading(at: str, value: str, valid: bool = True, breach: bool = False) -> str:
        day = "'2026-01-06'"
        return f"'D1', 't', '2026-01-06 {at}+00', {day}, {value}, {valid}, {breach}, false"

    put(
        lake,
        "fct_iot_events",
        "device_id text, sensor_type text, event_at timestamptz, event_date date, value double, "
        "is_valid_reading boolean, is_breach boolean, is_late boolean",
        reading("11:59:59.999", "0"),
        reading("12:00:00", "1"),
        reading("12:04:59.999", "3", breach=True),
        reading("12:05:00", "5"),
        reading("12:06:00", "999", valid=False),
        reading("12:20:00", "7"),
        reading("12:30:00", "9"),
    )
    range_ = {"from_at": "2026-01-06T12:00:00Z", "to_at": "2026-01-06T12:30:00Z"}
    answers = ask(
        lake, "device_readings", device_id="D1", sensor_type="t", bucket_seconds=300, **range_
    )
    told = ("bucket_at", "readings", "invalid_readings", "breaches", "min_value", "avg_value")
    assert [only(row, *told) for row in answers] == [
        (NOON, 2, 0, 1, 1, 2),
        (NOON.replace(minute=5), 2, 1, 0, 5, 5),
        (NOON.replace(minute=20), 1, 0, 0, 7, 7),
    ]
    shorter = ask(
        lake, "device_readings", device_id="D1", sensor_type="t", bucket_seconds=40, **range_
    )
    assert [row["bucket_no"] for row in shorter] == [0, 7, 9, 30]


def test_a_threshold_of_its_own_goes_before_that_of_all_even_when_it_is_open(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    put(
        lake,
        "int_sensor_settings",
        "device_id text, sensor_type text, threshold_id integer, threshold_min double, "
        "threshold_max double, threshold_severity text",
        "'D1', 'a', 7, null, 9, 'HIGH'",
        "null, 'a', 1, 0, 40, 'LOW'",
        "null, 'b', 2, 0, 50, 'LOW'",
    )
    put(
        lake,
        "int_sensors",
        "device_id text, sensor_type text, expected_interval_seconds integer, readings bigint, "
        "first_reading_at timestamptz, last_reading_at timestamptz, as_of_at timestamptz, "
        "is_silent boolean, has_flat_line boolean, flat_line_readings bigint, "
        "battery_last_percent double, firmware_last_version text",
        "'D1', 'a'",
        "'D1', 'b'",
        "'D2', 'a'",
    )
    answers = ask(lake, "device_sensors", device_id="D1")
    told = ("sensor_type", "threshold_id", "threshold_min", "threshold_max")
    assert [only(row, *told) for row in answers] == [("a", 7, None, 9), ("b", 2, 0, 50)]


def test_battery_of_a_day_is_that_of_its_last_report_of_one(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    put(
        lake,
        "agg_daily_device_metrics",
        "device_id text, metric_date date, sensor_type text, last_reading_at timestamptz, "
        "battery_min_percent double, battery_last_percent double, firmware_last_version text, "
        "readings bigint, filled_slots bigint, expected_slots bigint, late_readings bigint, "
        "breaches bigint, anomalies bigint",
        "'D1', '2026-01-06', 'a', '2026-01-06 10:00:00+00', 40, 50, '1.0', 10, 12, 10, 0, 1, 2",
        "'D1', '2026-01-06', 'b', '2026-01-06 11:00:00+00', 45, 45, '1.1', 10, 5, 10, 0, 1, 2",
        "'D1', '2026-01-06', 'c', '2026-01-06 12:00:00+00', null, null, null, 1",
    )
    (day,) = ask(lake, "device_days", device_id="D1")
    told = ("battery_min_percent", "battery_last_percent", "firmware_last_version", "completeness")
    # More than expected fills no other sensor's slots.
    assert only(day, *told) == (40, 45, "1.1", 0.75)


CHECKS = (
    "job text, run_id text, checked_at timestamptz, check_name text, status text, kind text, "
    "layer text, table_name text, severity text, value double, limit_value double, "
    "rows_failing bigint, sample text, message text, duration_seconds double, engine text"
)


def test_a_check_that_was_asked_twice_ended_as_it_did_last(lake: duckdb.DuckDBPyConnection) -> None:
    put(
        lake,
        "check_results",
        CHECKS,
        "'build', '1', '2026-01-06 10:00:00+00', 'c', 'fail'",
        "'build', '2', '2026-01-06 11:00:00+00', 'c', 'fail'",
        "'build', '2', '2026-01-06 11:05:00+00', 'c', 'pass'",
        "'build', '2', '2026-01-06 11:05:00+00', 'd', 'warn'",
        "'quality', '2', '2026-01-06 11:10:00+00', 'e', 'error'",
        "'quality', '1', '2026-01-06 10:10:00+00', 'e', 'pass'",
    )
    told = ("job", "run_id", "verdict", "checks", "failed_checks", "warned_checks")
    assert [only(row, *told) for row in ask(lake, "last_checks")] == [
        ("quality", "2", "red", 1, 1, 0),
        ("build", "2", "yellow", 2, 0, 1),
    ]
    open_checks = ask(lake, "open_checks")
    assert [only(row, "check_name", "status") for row in open_checks] == [
        ("e", "error"),
        ("d", "warn"),
    ]
    of_run = ask(lake, "run_checks", run_id="2")
    assert [row["check_name"] for row in of_run] == ["e", "d", "c"]
    history = ask(lake, "check_history")
    assert [only(row, "run_id", "checks", "failed_checks") for row in history] == [
        ("2", 3, 1),
        ("1", 2, 1),
    ]


def test_a_file_that_was_rejected_and_read_later_is_not_rejected(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    put(
        lake,
        "ledger",
        "source text, file text, status text, reason text, lines bigint, good bigint, "
        "quarantined bigint, ingested_at timestamptz, size_bytes bigint, modified_at timestamptz, "
        "corrupt bigint, rescued bigint",
        "'s', 'a', 'rejected', 'torn', 0, 0, 0, '2026-01-06 10:00:00+00'",
        "'s', 'a', 'ingested', null, 10, 9, 1, '2026-01-06 11:00:00+00'",
        "'s', 'b', 'rejected', 'torn', 0, 0, 0, '2026-01-06 10:00:00+00'",
        "'s', 'b', 'rejected', 'torn still', 0, 0, 0, '2026-01-06 11:00:00+00'",
    )
    rejected = ask(lake, "rejected_files")
    assert [only(row, "file", "reason") for row in rejected] == [("b", "torn still")]
    (source,) = ask(lake, "ledger_sources")
    told = ("files", "rejected_files", "lines", "good", "quarantined", "quarantined_share")
    assert only(source, *told) == (1, 1, 10, 9, 1, 0.1)


def test_a_part_that_is_not_known_has_no_rank_and_equal_ones_rank_equally(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    parts = (
        "fleet_health",
        "alert_experience",
        "rfm",
        "activity_trend",
        "data_trust",
        "recency_score",
        "frequency_score",
        "monetary_score",
    )
    put(
        lake,
        "agg_customer_summary",
        "customer_id text, " + ", ".join(f"{part} double" for part in parts),
        "'A', 0.5, null",
        "'B', 0.5, 0.1",
        "'C', 0.8, 0.2",
    )
    known, unknown, *_ = ask(lake, "customer_parts", customer_id="A")
    assert only(known, "score", "percent_rank") == (0.5, 0)
    assert known["mean_score"] == pytest.approx(0.6)
    assert only(unknown, "score", "percent_rank") == (None, None)
    assert unknown["mean_score"] == pytest.approx(0.15)
    best, *_ = ask(lake, "customer_parts", customer_id="C")
    assert best["percent_rank"] == 1


def test_every_good_line_is_in_silver_a_duplicate_or_waiting(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    lines = "lines bigint, good bigint, quarantined bigint, corrupt bigint, rescued bigint"
    put(
        lake,
        "ledger",
        f"source text, {lines}",
        "'iot_events', 1000, 980, 20, 5, 9",
        # Came in after the last run that built silver.
        "'iot_events', 100, 90, 10, 0, 0",
        "'cdc_orders', 50, 50, 0, 0, 0",
    )
    put(
        lake,
        "pipeline_runs",
        "run_id text, started_at timestamptz, duplicates bigint, released bigint, silver bigint",
        "'1', '2026-01-05 00:00:00+00', 6, 0, 974",
        "'2', '2026-01-06 00:00:00+00', 7, 3, 976",
        # Of a job that built nothing.
        "'3', '2026-01-07 00:00:00+00'",
    )
    (flow,) = ask(lake, "ledger_flow")
    assert only(flow, "landed", "good", "quarantined") == (1100, 1070, 30)
    assert only(flow, "silver", "duplicates", "released", "waiting") == (976, 7, 3, 90)
    lake.execute("delete from pipeline_runs")
    (flow,) = ask(lake, "ledger_flow")
    assert only(flow, "silver", "duplicates", "released", "waiting") == (0, 0, 0, 1070)
