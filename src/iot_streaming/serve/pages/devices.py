"""All devices as a table: filtered, sorted and searched."""

from typing import Any

from iot_streaming.serve.asking import Asking
from iot_streaming.serve.listing import Column, Listing, rows_of
from iot_streaming.serve.pages.page import Page
from iot_streaming.serve.wanted import Wanted

DEVICES = Listing(
    path="/devices",
    question="devices",
    columns=(
        Column("device_id", "Device", "device"),
        Column("health_score", "Health", "score"),
        Column("health_first_reason", "Reason", "reason"),
        Column("customer_name", "Customer", "customer"),
        Column("location_name", "Site", "site"),
        Column("device_type", "Type"),
        Column("status", "Status", "status"),
        Column("last_seen_at", "Last reading", "moment"),
        Column("battery_percent", "Battery", "battery"),
        Column("open_alerts", "Open alerts", "alerts"),
    ),
    filters=("band", "device_type", "status", "customer_id", "location_id"),
    searched=("device_id", "customer_name", "location_name", "product_name", "city"),
    sort="health_score",
    key="device_id",
)
LABELS = {
    "band": ("Health", "Any health"),
    "device_type": ("Type", "Any type"),
    "status": ("Status", "Any status"),
    "customer_id": ("Customer", "Any customer"),
    "location_id": ("Site", "Any site"),
}


def collect(asking: Asking, wanted: Wanted) -> dict[str, Any]:
    """One page of devices and what the filters may be set to."""
    choices: dict[str, list[tuple[str, str]]] = {name: [] for name in DEVICES.filters}
    for each in asking.all("device_choices"):
        label = f"{each['label']} ({each['devices']:,})"
        choices[each["filter_name"]].append((each["choice"], label))
    return {
        "rows": rows_of(DEVICES, asking, wanted),
        "choices": choices,
        "labels": LABELS,
    }


PAGE = Page("/devices", "devices.html", collect, DEVICES.known)
