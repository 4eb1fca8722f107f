"""Rows of a small fleet: as it usually is, and as nobody wishes it."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

AS_OF = datetime(2026, 3, 9, 5, 59, 30, tzinfo=UTC)
DAY = date(2026, 3, 9)
RUN = "20260309T060000.000000Z"
BEFORE = "20260308T060000.000000Z"
# One reading a minute from midnight on, but none from 02:00 until 03:00.
MINUTES = [minute for minute in range(6 * 60) if not 120 <= minute < 180]

HTML = '<script>alert(1)</script><img src=x onerror="alert(2)">'
SQL = "'; drop table dim_devices; --"
LONG = "very-long-name-" * 40
RIGHT_TO_LEFT = "\u202eמכשיר\u202c جهاز"
FORMULA = '=HYPERLINK("http://example.invalid","look")'
HOSTILE_DEVICES = [HTML, SQL, LONG, RIGHT_TO_LEFT, FORMULA, "a/b?c#d&e=f", "50%", "_", "ünï ☃"]


def device(device_id: str, score: float | None = 90.0, **more: Any) -> dict[str, Any]:
    """A row of dim_devices."""
    bands = ((80, "Good"), (60, "Maintenance required"), (40, "Out of specification"))
    band = None if score is None else next((b for least, b in bands if score >= least), "Failure")
    row = {
        "device_key": f"key of {device_id}",
        "device_id": device_id,
        "customer_key": "ck1",
        "customer_id": "C1",
        "location_key": "lk1",
        "location_id": "L1",
        "device_type": "climate",
        "status": "ACTIVE",
        "is_deleted": False,
        "is_inferred": False,
        "is_monitored": True,
        "is_active": True,
        "is_silent": False,
        "last_seen_at": AS_OF,
        "first_seen_at": AS_OF - timedelta(days=1),
        "silent_sensors": 0,
        "open_alerts": 0,
        "open_critical_alerts": 0,
        "battery_percent": 55.0,
        "health_score": score,
        "health_band": band,
        "health_first_reason": None if score is None else "Battery low",
    }
    return row | more


def customer(number: int, name: str, score: float | None = 75.0) -> dict[str, dict[str, Any]]:
    """A customer's rows of dim_customers and agg_customer_summary."""
    who = {"customer_key": f"ck{number}", "customer_id": f"C{number}", "customer_name": name}
    tier = None if score is None else "Stable" if score < 80 else "Thriving"
    known = {"is_deleted": False, "is_inferred": False, "devices": 0, "open_alerts": 0}
    scored = {"customer_score": score, "customer_tier": tier, "devices": 0, "open_alerts": 0}
    return {"dim": who | known, "summary": who | scored | {"fleet_health": 0.5, "segment": "SMB"}}


def alert(number: int, device_id: str, severity: str, **more: Any) -> dict[str, Any]:
    """A row of fct_alerts; open unless `more` says otherwise."""
    points = {"CRITICAL": 10.0, "HIGH": 5.0, "MEDIUM": 2.0, "LOW": 1.0}.get(severity)
    age = 3600.0 * number
    row = {
        "alert_id": f"alert-{number}",
        "device_key": f"key of {device_id}",
        "device_id": device_id,
        "date_key": 20260309,
        "sensor_type": "temperature",
        "severity": severity,
        "alert_points": points,
        "is_critical": severity == "CRITICAL",
        "status": "OPEN",
        "is_open": True,
        "sensor_value": 9.5,
        "triggered_at": AS_OF - timedelta(seconds=age),
        "time_to_acknowledge_seconds": age,
        "is_acknowledge_censored": True,
        "time_to_resolve_seconds": age,
        "is_resolve_censored": True,
        "has_impossible_times": False,
    }
    return row | more


def sensor(device_id: str, **more: Any) -> dict[str, Any]:
    """A row of int_sensors: a temperature, once a minute."""
    row = {
        "sensor_key": f"sensor of {device_id}",
        "device_key": f"key of {device_id}",
        "device_id": device_id,
        "sensor_type": "temperature",
        "expected_interval_seconds": 60,
        "readings": len(MINUTES),
        "first_reading_at": datetime(2026, 3, 9, tzinfo=UTC),
        "last_reading_at": AS_OF,
        "as_of_at": AS_OF,
        "is_silent": False,
        "has_flat_line": False,
    }
    return row | more


def reading(device_id: str, minute: int, value: float | None, **more: Any) -> dict[str, Any]:
    """A row of fct_iot_events, so many minutes after midnight."""
    row = {
        "device_id": device_id,
        "sensor_type": "temperature",
        "event_at": datetime(2026, 3, 9, tzinfo=UTC) + timedelta(minutes=minute),
        "event_date": DAY,
        "value": value,
        "is_valid_reading": True,
        "is_breach": False,
        "is_late": False,
    }
    return row | more


def run(run_id: str, status: str = "passed", **more: Any) -> dict[str, Any]:
    """A row of pipeline_runs."""
    jobs = [
        {"job": "iot_ingestion_job", "seconds": 2.0, "ok": True, "problems": [], "warnings": []}
    ]
    slowest = [{"model": "fct_iot_events", "seconds": 1.5}]
    row = {
        "run_id": run_id,
        "target": "dev",
        "engine": "duckdb",
        "started_at": datetime.strptime(run_id, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC),
        "seconds": 12.0,
        "status": status,
        "jobs": json.dumps(jobs),
        "slowest": json.dumps(slowest),
        **dict.fromkeys(("files", "models", "checks"), 3),
        **{"lines": 1000, "good": 990, "quarantined": 10, "duplicates": 7},
        **{"checks_failed": 0, "checks_warned": 1},
    }
    return row | more


def check(run_id: str, name: str, status: str, **more: Any) -> dict[str, Any]:
    """A row of check_results."""
    row = {
        "run_id": run_id,
        "checked_at": datetime.strptime(run_id, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC),
        "job": "data_quality_job",
        "check_name": name,
        "kind": "data_quality",
        "layer": "gold",
        "table_name": "int_sensors",
        "severity": "error",
        "status": status,
        "duration_seconds": 0.1,
        "engine": "duckdb",
    }
    return row | more


def ordinary() -> dict[str, list[dict[str, Any]]]:
    """Three devices, two customers, three alerts, two runs."""
    first, second = customer(1, "Vega Foods", 62.0), customer(2, "No Devices Ltd", 91.0)
    answered = {
        "status": "RESOLVED",
        "is_open": False,
        "acknowledged_at": AS_OF - timedelta(hours=9),
        "resolved_at": AS_OF - timedelta(hours=8),
        "time_to_acknowledge_seconds": 3600.0,
        "is_acknowledge_censored": False,
        "time_to_resolve_seconds": 7200.0,
        "is_resolve_censored": False,
    }
    return {
        "gold.dim_devices": [
            device("D1", 97.0),
            device(
                "D2",
                39.0,
                health_cap_reason="A critical alert is open",
                open_alerts=2,
                open_critical_alerts=1,
                recommended_action="Take the critical alert",
            ),
            device("D3", None, is_monitored=False, status="RETIRED", last_seen_at=None),
        ],
        "gold.dim_customers": [first["dim"], second["dim"]],
        "gold.agg_customer_summary": [first["summary"], second["summary"]],
        "gold.dim_locations": [
            {
                "location_key": "lk1",
                "location_id": "L1",
                "location_name": "Osaka Store",
                "city": "Osaka",
                "country": "JP",
                "is_deleted": False,
                "open_alerts": 2,
            },
        ],
        "gold.dim_date": [{"date_key": 20260309, "date_day": DAY}],
        "gold.int_sensors": [sensor("D1"), sensor("D2")],
        "gold.int_sensor_settings": [
            {"device_id": "D1", "sensor_type": "temperature", "threshold_max": 8.0},
        ],
        # 4.0 but for two breaches in the first five minutes, and one that is not valid.
        "gold.fct_iot_events": [
            reading(
                "D1",
                minute,
                9.0 if minute in (1, 3) else 4.0,
                is_breach=minute in (1, 3),
                is_valid_reading=minute != 4,
            )
            for minute in MINUTES
        ],
        "gold.int_location_hours": [
            {
                "location_id": "L1",
                "event_hour_at": AS_OF.replace(minute=0, second=0) - timedelta(hours=hour),
                "readings": 60,
            }
            for hour in range(6)
            if hour != 3
        ],
        "gold.agg_daily_device_metrics": [
            {
                "device_id": "D1",
                "sensor_type": "temperature",
                "metric_date": DAY - timedelta(days=n),
                "readings": 1440,
                "valid_readings": 1439,
                "filled_slots": 1400,
                "expected_slots": 1440,
                "late_readings": 0,
                "breaches": 2,
                "anomalies": 0,
                "battery_min_percent": 50.0 + n,
                "battery_last_percent": 51.0 + n,
                "last_reading_at": AS_OF - timedelta(days=n),
                "firmware_last_version": "2.1" if n == 0 else "2.0",
            }
            for n in range(3)
        ],
        "gold.fct_alerts": [
            alert(1, "D2", "CRITICAL"),
            alert(2, "D2", "LOW"),
            alert(10, "D1", "HIGH", **answered),
        ],
        "quality.pipeline_runs": [run(BEFORE), run(RUN)],
        "quality.check_results": [
            check(BEFORE, "sensors_are_not_silent", "pass"),
            check(RUN, "keys_are_unique", "pass"),
            check(
                RUN,
                "sensors_are_not_silent",
                "warn",
                rows_failing=1,
                sample='[{"device_id": "D2", "sensor_type": "temperature"}]',
            ),
            check(
                RUN,
                "iot_events",
                "pass",
                kind="freshness",
                table_name="iot_events",
                value=60.0,
                limit_value=3600.0,
            ),
        ],
        "quality.ledger": [
            {
                "source": "iot_events",
                "file": "a.ndjson",
                "status": "ingested",
                "lines": 1000,
                "good": 990,
                "quarantined": 10,
                "corrupt": 2,
                "rescued": 1,
                "size_bytes": 9000,
                "modified_at": AS_OF,
                "ingested_at": AS_OF,
            },
        ],
        "quality.expectation_results": [
            {
                "run_id": RUN,
                "recorded_at": AS_OF,
                "source": "iot_events",
                "action": "drop",
                "expectation": "device_id_present",
                "rows_checked": 1000,
                "rows_failing": 10,
            },
        ],
        "quality.error_budgets": [
            {
                "objective": "readings_are_fresh",
                "kind": "freshness",
                "source": "iot_events",
                "target": 0.99,
                "window_days": 30,
                "from_date": DAY - timedelta(days=29),
                "to_date": DAY,
                "good": 998,
                "valid": 1000,
                "sli": 0.998,
                "budget_left": 0.8,
            },
        ],
        "quality.objective_days": [
            {
                "objective": "readings_are_fresh",
                "kind": "freshness",
                "day": DAY,
                "good": 998,
                "valid": 1000,
            },
        ],
    }


def hostile() -> dict[str, list[dict[str, Any]]]:
    """Names that would run, break or hide, numbers that are none, and NULLs all over."""
    who = customer(1, HTML)
    nobody = customer(2, RIGHT_TO_LEFT, None)
    not_numbers = {"health_score": float("nan"), "battery_percent": float("inf")}
    return {
        "gold.dim_devices": [
            *(device(name, 50.0, health_first_reason=HTML) for name in HOSTILE_DEVICES),
            device("NaN", 90.0, **not_numbers),
            {"device_key": "k", "device_id": "nothing else", "is_deleted": False},
        ],
        "gold.dim_customers": [who["dim"] | {"email": HTML}, nobody["dim"]],
        "gold.agg_customer_summary": [who["summary"], nobody["summary"] | {"fleet_health": None}],
        "gold.dim_locations": [
            {
                "location_key": "lk1",
                "location_id": "L1",
                "location_name": LONG,
                "city": HTML,
                "is_deleted": False,
            },
        ],
        "gold.int_sensors": [sensor(HTML), sensor("NaN"), {"device_id": SQL, "sensor_type": SQL}],
        "gold.fct_iot_events": [
            reading(HTML, 5, 4.0),
            *(
                reading("NaN", minute, value)
                for minute, value in enumerate(
                    [float("nan"), float("inf"), float("-inf"), None, 4.0]
                )
            ),
        ],
        "gold.fct_alerts": [
            alert(1, HTML, HTML, status=HTML, sensor_type=HTML, alert_id=HTML),
            {"alert_id": "bare"},
        ],
        "quality.pipeline_runs": [
            run(RUN, jobs="no JSON", slowest='[1, {"model": "<b>x</b>", "seconds": 1}]'),
            {"run_id": HTML},
        ],
        "quality.check_results": [
            check(RUN, HTML, "fail", sample='[{"<b>column</b>": "<i>cell</i>"}, 7]', message=HTML),
        ],
    }
