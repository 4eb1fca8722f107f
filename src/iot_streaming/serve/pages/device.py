"""One device: its health and why, its readings, battery, firmware, alerts and versions."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from starlette.exceptions import HTTPException

from iot_streaming.quality.report.words import shown
from iot_streaming.questions import question
from iot_streaming.serve import charts
from iot_streaming.serve.answers import Answer, Value
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.pages.page import Page, Table
from iot_streaming.serve.readings import RANGES, Window, draw, window_of
from iot_streaming.serve.wanted import Wanted

KNOWN = ("sensor", "range")
ALERTS = 10
_DAY = 86400
_DAYS_SHOWN, _EVER = 90, 36_500


def collect(asking: Asking, wanted: Wanted, device_id: str) -> dict[str, Any]:
    """All that a page has about the device; a 404 where there is none of that name."""
    device = asking.one("device", device_id=device_id)
    if device is None:
        raise HTTPException(404, f"There is no device {shown(device_id, 80)}.")
    sensors = asking.all("device_sensors", device_id=device_id)
    days = _days(asking, wanted, device_id, sensors)
    alerts = asking.all("alerts", device_id=device_id)
    return {
        "device": device,
        "parts_of_health": asking.all("device_health_parts", device_id=device_id),
        "sensors": sensors,
        "days": days,
        "battery": charts.lines(
            days, "metric_date", _DAY, ("battery_last_percent", "charge", "flow")
        )
        | {"is_charge": True},
        "firmware": firmware_changes(days),
        "alerts": alerts[:ALERTS],
        "alerts_in_all": len(alerts),
        "versions": asking.all("device_versions", device_id=device_id),
        **_readings(asking, wanted, device_id, sensors),
    }


def _days(
    asking: Asking, wanted: Wanted, device_id: str, sensors: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The last quarter's days, or what the range has more: each is a file to be opened."""
    ends = [sensor["as_of_at"] for sensor in sensors if sensor["as_of_at"]]
    if not ends:
        return []
    name = wanted.among("range", RANGES, "week")
    days = max(RANGES[name], _DAYS_SHOWN) if RANGES[name] else _EVER
    asked = question("device_days")
    sql = f"select * from ({asked.sql}) as answer where metric_date > cast(:since as date)"
    since = (max(ends) - timedelta(days=days)).date().isoformat()
    given: dict[str, Value] = {"device_id": device_id, "since": since}
    return asking.rows(asked.layer, f"{sql} order by metric_date", given).records()


def _readings(
    asking: Asking, wanted: Wanted, device_id: str, sensors: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    named = {str(sensor["sensor_type"]): sensor for sensor in sensors if sensor["first_reading_at"]}
    if not named:
        return {"drawn": None}
    # Without a choice the one that is in trouble.
    first = max(named.values(), key=lambda sensor: bool(sensor["is_silent"]))
    sensor = named[wanted.among("sensor", named, str(first["sensor_type"]))]
    name = wanted.among("range", RANGES, "week")
    window = window_of(name, sensor["first_reading_at"], sensor["as_of_at"])
    buckets = asking.all(asked_of(window), **_parameters(window, device_id, sensor))
    return {
        "drawn": draw(buckets, sensor, window),
        "sensor": sensor,
        "sensor_names": list(named),
        "ranges": list(RANGES),
        "range_name": name,
        "window": window,
        "buckets": buckets,
    }


def asked_of(window: Window) -> str:
    """The question for buckets of that size."""
    return "device_reading_hours" if window.is_hourly else "device_readings"


def _parameters(window: Window, device_id: str, sensor: Mapping[str, Any]) -> dict[str, str | int]:
    asked = {"device_id": device_id, "sensor_type": str(sensor["sensor_type"])}
    return {**window.parameters, **asked}


def firmware_changes(days: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The days on which a device reported another firmware than before, the newest first."""
    changes: list[dict[str, Any]] = []
    before = None
    for day in days:
        version = day["firmware_last_version"]
        if version and version != before:
            changes.append({"on": day["metric_date"], "version": version, "before": before})
            before = version
    return changes[::-1]


def readings_file(asking: Asking, wanted: Wanted, device_id: str) -> Iterator[Answer]:
    """The buckets that the device's page draws."""
    sensors = asking.all("device_sensors", device_id=device_id)
    named = {str(sensor["sensor_type"]): sensor for sensor in sensors if sensor["first_reading_at"]}
    sensor = named.get(wanted["sensor"])
    if sensor is None:
        raise HTTPException(404, f"There are no such readings of {shown(device_id, 80)}.")
    name = wanted.among("range", RANGES, "week")
    window = window_of(name, sensor["first_reading_at"], sensor["as_of_at"])
    asked = question(asked_of(window))
    yield asking.rows(asked.layer, asked.sql, _parameters(window, device_id, sensor))


PAGE = Page("/devices/{device_id:path}", "device.html", collect, KNOWN)
READINGS = Table("/devices/{device_id:path}/readings.csv", readings_file, KNOWN)
