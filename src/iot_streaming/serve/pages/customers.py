"""Customers by their scorecard; and one of them: its parts, devices and orders."""

from typing import Any

from starlette.exceptions import HTTPException

from iot_streaming.quality.report.words import shown
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.listing import Column, Listing, rows_of
from iot_streaming.serve.pages.page import Page
from iot_streaming.serve.shown import kind
from iot_streaming.serve.wanted import Wanted

CUSTOMERS = Listing(
    path="/customers",
    question="customers",
    columns=(
        Column("customer_name", "Customer", "customer"),
        Column("customer_score", "Score", "score"),
        Column("first_reason", "Reason"),
        Column("fleet_health", "Fleet", "part"),
        Column("alert_experience", "Alerts", "part"),
        Column("rfm", "Buying", "part"),
        Column("activity_trend", "Activity", "part"),
        Column("data_trust", "Trust", "part"),
        Column("devices", "Devices", "count"),
        Column("open_alerts", "Open alerts", "count"),
        Column("revenue_amount", "Revenue", "money"),
    ),
    filters=("tier", "segment", "country"),
    searched=("customer_id", "customer_name", "segment", "country"),
    sort="customer_score",
    key="customer_id",
)
LABELS = {
    "tier": ("Tier", "Any tier"),
    "segment": ("Segment", "Any segment"),
    "country": ("Country", "Any country"),
}
SHOWN = 12


def collect(asking: Asking, wanted: Wanted) -> dict[str, Any]:
    """One page of customers, and how many are in which tier."""
    choices: dict[str, list[tuple[str, str]]] = {name: [] for name in LABELS}
    for each in asking.all("customer_choices"):
        label = f"{each['label']} ({each['customers']:,})"
        choices[each["filter_name"]].append((each["choice"], label))
    tiers = asking.all("customer_tiers")
    return {
        "rows": rows_of(CUSTOMERS, asking, wanted),
        "choices": choices,
        "labels": LABELS,
        "tiers": tiers,
        "tier_pieces": [(kind(tier["customer_tier"]), tier["customers"]) for tier in tiers],
    }


def collect_one(asking: Asking, wanted: Wanted, customer_id: str) -> dict[str, Any]:
    """A customer's score with its parts; a 404 where there is no such customer."""
    customer = asking.one("customer", customer_id=customer_id)
    if customer is None:
        raise HTTPException(404, f"There is no customer {shown(customer_id, 80)}.")
    devices = asking.all("devices", customer_id=customer_id)
    orders = asking.all("orders", customer_id=customer_id)
    return {
        "customer": customer,
        "parts_of_score": asking.all("customer_parts", customer_id=customer_id),
        "devices": devices[:SHOWN],
        "devices_in_all": len(devices),
        "orders": orders[:SHOWN],
        "orders_in_all": len(orders),
        "alerts": asking.all("open_alerts", customer_id=customer_id)[:SHOWN],
    }


PAGE = Page("/customers", "customers.html", collect, CUSTOMERS.known)
ONE = Page("/customers/{customer_id:path}", "customer.html", collect_one)
