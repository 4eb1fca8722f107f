"""The fleet in one look, and its devices."""

from iot_streaming.dashboards.datasets import Dataset
from iot_streaming.dashboards.layout import Page
from iot_streaming.dashboards.widgets import (
    BANDS,
    COUNT,
    NUMBER,
    SHARE,
    Axis,
    chart,
    counter,
    select,
    site_map,
    table,
    text,
)

_AGES = (
    "Within 5 minutes",
    "Within an hour",
    "Within a day",
    "Within a week",
    "Longer ago",
    "Never",
)

DATASETS = (
    Dataset("fleet_totals", "Fleet in one row"),
    Dataset("health_bands", "Devices by health band"),
    Dataset("health_reasons", "What costs health"),
    Dataset("fleet_days", "The fleet by day", {"days": 90}),
    Dataset("last_seen_ages", "How long ago devices were heard of"),
    Dataset("readings_by_hour", "Readings by hour", {"hours": 168}),
    Dataset("sites", "Sites"),
    Dataset("worst_devices", "Devices that are least well"),
    Dataset(
        "devices",
        "Devices",
        dict.fromkeys(("band", "customer_id", "location_id", "device_type", "status"), ""),
    ),
)

PAGE = Page(
    "fleet",
    "Fleet",
    (
        (text("about", "# Fleet", "As of the newest reading; deleted devices are left out."),),
        (
            counter("fleet_totals", "monitored_devices", "Monitored devices"),
            counter("fleet_totals", "unwell_devices", "Below Good"),
            counter("fleet_totals", "silent_devices", "Silent"),
            counter("fleet_totals", "open_critical_alerts", "Open critical alerts"),
            counter("fleet_totals", "open_alerts", "Open alerts"),
            counter("fleet_totals", "mean_health_score", "Mean health", NUMBER),
        ),
        (
            chart(
                "bar",
                "health_bands",
                "Devices by health band",
                Axis("health_band", "Health band", "categorical", order=tuple(BANDS)),
                Axis("devices", "Devices", format=COUNT),
                ("health_band", BANDS),
            ),
            chart(
                "bar",
                "health_reasons",
                "What costs health",
                Axis("devices", "Devices", format=COUNT),
                Axis("reason", "Reason", "categorical"),
            ),
        ),
        (
            chart(
                "line",
                "fleet_days",
                "Completeness by day",
                Axis("metric_date", "Day (UTC)", "temporal"),
                Axis("completeness", "Completeness", format=SHARE),
            ),
            chart(
                "line",
                "readings_by_hour",
                "Readings a minute",
                Axis("event_hour_at", "Hour (UTC)", "temporal"),
                Axis("readings_per_minute", "Readings a minute", format=NUMBER),
            ),
        ),
        (
            site_map(
                "sites",
                "Sites",
                "devices",
                "worst_health_score",
                ("location_name", "devices", "worst_health_score", "open_alerts"),
            ),
            chart(
                "bar",
                "last_seen_ages",
                "Last heard of",
                Axis("last_seen", "Before the newest reading", "categorical", order=_AGES),
                Axis("devices", "Devices", format=COUNT),
            ),
        ),
        (
            table(
                "worst_devices",
                "Least well",
                {
                    "device_id": "Device",
                    "health_band": "Band",
                    "health_score": "Score",
                    "reason": "Reason",
                    "recommended_action": "What to do",
                    "customer_name": "Customer",
                    "location_name": "Site",
                    "last_seen_at": "Last seen",
                },
            ),
        ),
        (
            select("devices", "health_band", "Band"),
            select("devices", "customer_name", "Customer"),
            select("devices", "location_name", "Site"),
        ),
        (
            table(
                "devices",
                "Devices",
                {
                    "device_id": "Device",
                    "device_type": "Type",
                    "customer_name": "Customer",
                    "location_name": "Site",
                    "status": "Status",
                    "health_band": "Band",
                    "health_score": "Score",
                    "health_first_reason": "First reason",
                    "battery_percent": "Battery (%)",
                    "open_alerts": "Open alerts",
                    "last_seen_at": "Last seen",
                },
                height=9,
            ),
        ),
    ),
)
