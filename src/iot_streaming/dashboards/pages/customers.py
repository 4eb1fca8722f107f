"""Scorecards, and the parts and orders of one."""

from iot_streaming.dashboards.datasets import Dataset
from iot_streaming.dashboards.layout import Page
from iot_streaming.dashboards.widgets import COUNT, NUMBER, TIERS, Axis, chart, select, table, text

DATASETS = (
    Dataset("customers", "Scorecards", dict.fromkeys(("tier", "segment", "country"), "")),
    Dataset("customer_tiers", "Customers by tier"),
    Dataset("customer_parts", "Parts of one scorecard", chosen=("customer_id",)),
    Dataset("orders", "Orders of one customer", {"status": ""}, chosen=("customer_id",)),
)

PAGE = Page(
    "customers",
    "Customers",
    (
        (text("about", "# Customers", "Scores of 0 to 100; choose one for its parts and orders."),),
        (
            chart(
                "bar",
                "customer_tiers",
                "Customers by tier",
                Axis("customer_tier", "Tier", "categorical", order=tuple(TIERS)),
                Axis("customers", "Customers", format=COUNT),
                ("customer_tier", TIERS),
            ),
            chart(
                "bar",
                "customers",
                "Scores",
                Axis("customer_score", "Score", format=NUMBER),
                Axis("customer_name", "Customer", "categorical"),
                ("customer_tier", TIERS),
            ),
        ),
        (
            select("customers", "customer_tier", "Tier"),
            select("customers", "segment", "Segment"),
            select("customers", "country", "Country"),
        ),
        (
            table(
                "customers",
                "Scorecards",
                {
                    "customer_id": "Customer",
                    "customer_name": "Name",
                    "customer_tier": "Tier",
                    "customer_score": "Score",
                    "first_reason": "First reason",
                    "recommended_action": "What to do",
                    "fleet_health": "Fleet health",
                    "alert_experience": "Alert experience",
                    "rfm": "Buying",
                    "activity_trend": "Activity",
                    "data_trust": "Data trust",
                    "devices": "Devices",
                    "open_alerts": "Open alerts",
                    "revenue_amount": "Revenue",
                },
                height=8,
            ),
        ),
        (
            select(
                "customers",
                "customer_id",
                "Customer",
                [("customer_parts", "customer_id"), ("orders", "customer_id")],
            ),
        ),
        (
            chart(
                "bar",
                "customer_parts",
                "Parts of the score",
                Axis("score", "0 to 1", format=NUMBER),
                Axis("part", "Part", "categorical"),
            ),
            table(
                "orders",
                "Orders",
                {
                    "ordered_at": "Ordered",
                    "product_name": "Product",
                    "order_status": "Status",
                    "quantity": "Quantity",
                    "total_amount": "Amount",
                },
                width=3,
            ),
        ),
    ),
)
