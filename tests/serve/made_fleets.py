"""Fleets whose every row is known: as one usually is, and as nobody wishes it."""

from datetime import timedelta
from typing import Any

from tests.serve.made_rows import (
    AS_OF,
    BEFORE,
    DAY,
    MINUTES,
    RUN,
    alert,
    check,
    customer,
    device,
    reading,
    run,
    sensor,
)

HTML = '<script>alert(1)</script><img src=x onerror="alert(2)">'
SQL = "'; drop table dim_devices; --"
LONG = "very-long-name-" * 40
RIGHT_TO_LEFT = "\u202eמכשיר\u202c جهاز"
FORMULA = '=HYPERLINK("http://example.invalid","look")'
HOSTILE_DEVICES = [HTML, SQL, LONG, RIGHT_TO_LEFT, FORMULA, "a/b?c#d&e=f", "50%", "_", "ünï ☃"]


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
