"""A few values in, a row of a served table out, with all else as it usually is."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

AS_OF = datetime(2026, 3, 9, 5, 59, 30, tzinfo=UTC)
DAY = date(2026, 3, 9)
RUN = "20260309T060000.000000Z"
BEFORE = "20260308T060000.000000Z"
# One reading a minute from midnight on, but none from 02:00 until 03:00.
MINUTES = [minute for minute in range(6 * 60) if not 120 <= minute < 180]


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
        **{
            "lines": 1000,
            "good": 990,
            "quarantined": 10,
            "duplicates": 7,
            "silver": 983,
            "released": 0,
        },
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
