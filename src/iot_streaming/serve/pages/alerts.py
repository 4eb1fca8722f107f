"""Alerts: what is open and how old, how fast people answer, what chatters; and a single one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from starlette.exceptions import HTTPException

from iot_streaming.quality.report.words import shown
from iot_streaming.questions import question
from iot_streaming.serve import charts
from iot_streaming.serve.answers import Answer
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.listing import Column, Listing, all_of, rows_of
from iot_streaming.serve.pages.device import asked_of
from iot_streaming.serve.pages.page import Page, Table
from iot_streaming.serve.readings import around, draw
from iot_streaming.serve.shown import kind
from iot_streaming.serve.wanted import Wanted

DAYS = 30
# An alarm chatters that comes again and again: thrice a minute, says ISA-18.2. Sensors here send
# once a minute at most, so it is an hour.
CHATTER = {"times": 3, "within_seconds": 3600}
_DAY = 86400
_SEARCHED = ("alert_id", "device_id", "customer_name", "location_name", "sensor_type")
_GRAVEST_FIRST = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
_GRAVITY = (
    "case severity "
    + " ".join(f"when '{each}' then {number}" for number, each in enumerate(_GRAVEST_FIRST))
    + " else 9 end"
)
_BEGIN = (
    Column("alert_id", "Alert", "alert"),
    Column("severity", "Severity", "status", by=_GRAVITY),
    Column("status", "Status", "status"),
)
_WHOSE = (
    Column("device_id", "Device", "device"),
    Column("sensor_type", "Sensor"),
    Column("sensor_value", "Value", "reading"),
    Column("customer_name", "Customer", "customer"),
    Column("location_name", "Site", "site"),
    Column("triggered_at", "Raised", "moment"),
)
OPEN = Listing(
    path="/alerts",
    question="open_alerts",
    columns=(*_BEGIN, Column("age_seconds", "Age", "age"), *_WHOSE),
    filters=("severity", "sensor_type", "customer_id"),
    searched=_SEARCHED,
    sort="severity",
    key="alert_id",
    ties="age_seconds desc nulls last",
)
ALL = Listing(
    path="/alerts",
    question="alerts",
    columns=(
        *_BEGIN,
        *_WHOSE,
        Column("time_to_acknowledge_seconds", "Acknowledged after", "answered"),
        Column("time_to_resolve_seconds", "Resolved after", "resolved"),
    ),
    filters=("severity", "status", "sensor_type", "customer_id", "device_id"),
    searched=_SEARCHED,
    sort="-triggered_at",
    key="alert_id",
)
KNOWN = ("scope", *ALL.known)
LABELS = {
    "severity": ("Severity", "Any severity"),
    "status": ("Status", "Any status"),
    "sensor_type": ("Sensor", "Any sensor"),
    "customer_id": ("Customer", "Any customer"),
}


def listing_of(wanted: Wanted) -> Listing:
    """Open alerts, unless the URL wants them all or what only all have."""
    wants_all = wanted["scope"] == "all" or wanted["status"] or wanted["device_id"]
    return ALL if wants_all else OPEN


def collect(asking: Asking, wanted: Wanted) -> dict[str, Any]:
    """One page of alerts, and how they are answered."""
    listing = listing_of(wanted)
    choices: dict[str, list[tuple[str, str]]] = {name: [] for name in LABELS}
    for each in asking.all("alert_choices"):
        choices[each["filter_name"]].append(
            (each["choice"], f"{each['label']} ({each['alerts']:,})")
        )
    labels = {name: told for name, told in LABELS.items() if name in listing.filters}
    days = asking.all("alert_days", days=DAYS)
    return {
        "rows": rows_of(listing, asking, wanted),
        "is_all": listing is ALL,
        "choices": choices,
        "labels": labels,
        "totals": asking.one("alert_totals"),
        "ages": ages_of(asking.all("alert_ages")),
        "response": asking.all("alert_response"),
        "days": days,
        "per_day": per_day(days),
        "bad_actors": asking.all("bad_actors", days=DAYS),
        "chattering": asking.all("chattering_alerts", **CHATTER),
        "chatter": CHATTER,
        "bad_days": DAYS,
    }


def ages_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each age with its alerts by severity, the youngest first."""
    ages: dict[int, dict[str, Any]] = {}
    for row in rows:
        age = ages.setdefault(
            row["age_class"], {"age": row["age"], "pieces": [], "alerts": 0, "unacknowledged": 0}
        )
        age["pieces"].append((kind(row["severity"]), row["alerts"]))
        age["alerts"] += row["alerts"]
        age["unacknowledged"] += row["unacknowledged_alerts"]
    return [ages[each] for each in sorted(ages)]


def per_day(days: Sequence[Mapping[str, Any]]) -> charts.Chart:
    """Alerts raised a day: all of them, and in front of these the critical and high ones."""
    by_day: dict[Any, dict[str, Any]] = {}
    for row in days:
        day = by_day.setdefault(row["date_day"], {"day": row["date_day"], "all": 0, "grave": 0})
        day["all"] += int(row["alerts"])
        if row["severity"] in _GRAVEST_FIRST[:2]:
            day["grave"] += int(row["alerts"])
    rows = list(by_day.values())
    return charts.bars(
        rows, "day", _DAY, ("all", "raised", "rest"), ("grave", "critical or high", "look")
    )


def collect_one(asking: Asking, wanted: Wanted, alert_id: str) -> dict[str, Any]:
    """An alert and what its sensor read around it; a 404 where there is none."""
    asked = question("alerts")
    parameters = dict.fromkeys(asked.parameters, "") | {"alert_id": alert_id}
    sql = f"select * from ({asked.sql}) as answer where alert_id = :alert_id"
    found = asking.rows(asked.layer, sql, parameters).records()
    if not found:
        raise HTTPException(404, f"There is no alert {shown(alert_id, 80)}.")
    return {"alert": found[0], **_readings_around(asking, found[0])}


def _readings_around(asking: Asking, alert: Mapping[str, Any]) -> dict[str, Any]:
    sensors = asking.all("device_sensors", device_id=alert["device_id"] or "")
    sensor = next((s for s in sensors if s["sensor_type"] == alert["sensor_type"]), None)
    at = alert["triggered_at"]
    if sensor is None or at is None or not sensor["first_reading_at"]:
        return {"drawn": None}
    until = min(alert["resolved_at"] or at, at + timedelta(days=6))
    window = around(at - timedelta(hours=6), min(until + timedelta(hours=6), sensor["as_of_at"]))
    if window.from_at >= window.to_at:
        return {"drawn": None}
    asked = {"device_id": alert["device_id"], "sensor_type": sensor["sensor_type"]}
    buckets = asking.all(asked_of(window), **asked, **window.parameters)
    drawn = draw(buckets, sensor, window)
    drawn.chart["at"] = [
        {"x": charts.epoch(alert[name]), "label": label}
        for name, label in (
            ("triggered_at", "raised"),
            ("acknowledged_at", "acknowledged"),
            ("resolved_at", "resolved"),
        )
        if alert[name] is not None
    ]
    return {"drawn": drawn, "sensor": sensor}


def alerts_file(asking: Asking, wanted: Wanted) -> Iterator[Answer]:
    """The alerts that the page lists."""
    return all_of(listing_of(wanted), asking, wanted)


PAGE = Page("/alerts", "alerts.html", collect, KNOWN)
ONE = Page("/alerts/{alert_id:path}", "alert.html", collect_one)
FILE = Table("/alerts.csv", alerts_file, KNOWN)
