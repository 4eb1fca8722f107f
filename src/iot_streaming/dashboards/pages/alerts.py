"""Alerts that are open, how fast they are taken, and who raises most."""

from iot_streaming.dashboards.datasets import Dataset
from iot_streaming.dashboards.layout import Page
from iot_streaming.dashboards.widgets import (
    COUNT,
    SEVERITIES,
    Axis,
    chart,
    counter,
    select,
    table,
    text,
)

_AGES = (
    "Under 1 hour",
    "1 to 4 hours",
    "4 to 24 hours",
    "1 to 7 days",
    "Over 7 days",
    "Unknown",
)

DATASETS = (
    Dataset("alert_totals", "Alerts in one row"),
    Dataset(
        "open_alerts", "Open alerts", dict.fromkeys(("severity", "customer_id", "sensor_type"), "")
    ),
    Dataset("alert_ages", "Open alerts by age"),
    Dataset("alert_response", "How fast alerts are taken and resolved"),
    Dataset("alert_days", "Alerts by day", {"days": 90}),
    # ISA-18.2 has three within a minute; sensors here send once a minute or less.
    Dataset("chattering_alerts", "Chattering alerts", {"times": 3, "within_seconds": 3600}),
    Dataset("bad_actors", "Devices with most alerts", {"days": 30}),
)

PAGE = Page(
    "alerts",
    "Alerts",
    (
        (
            text(
                "about",
                "# Alerts",
                "Times to acknowledge and to resolve are of alerts that were; others are counted.",
            ),
        ),
        (
            counter("alert_totals", "open_critical_alerts", "Open critical"),
            counter("alert_totals", "open_alerts", "Open"),
            counter("alert_totals", "unacknowledged_open_alerts", "Taken by nobody"),
            counter("alert_totals", "oldest_open_seconds", "Oldest open (s)"),
            counter("alert_totals", "alerts_of_last_day", "Raised in 24 h"),
            counter("alert_totals", "alerts_of_last_week", "Raised in 7 days"),
        ),
        (
            chart(
                "bar",
                "alert_ages",
                "Open alerts by age",
                Axis("age", "Age", "categorical", order=_AGES),
                Axis("alerts", "Alerts", format=COUNT),
                ("severity", SEVERITIES),
            ),
            chart(
                "bar",
                "alert_days",
                "Alerts raised by day",
                Axis("date_day", "Day (UTC)", "temporal"),
                Axis("alerts", "Alerts", format=COUNT),
                ("severity", SEVERITIES),
            ),
        ),
        (
            table(
                "alert_response",
                "Time to acknowledge and to resolve",
                {
                    "severity": "Severity",
                    "alerts": "Alerts",
                    "acknowledged_alerts": "Acknowledged",
                    "unacknowledged_alerts": "Not acknowledged",
                    "acknowledge_p50_seconds": "Acknowledge p50 (s)",
                    "acknowledge_p90_seconds": "Acknowledge p90 (s)",
                    "resolved_alerts": "Resolved",
                    "open_alerts": "Open",
                    "resolve_p50_seconds": "Resolve p50 (s)",
                    "resolve_p90_seconds": "Resolve p90 (s)",
                },
                height=4,
            ),
        ),
        (
            select("open_alerts", "severity", "Severity"),
            select("open_alerts", "customer_name", "Customer"),
            select("open_alerts", "sensor_type", "Sensor"),
        ),
        (
            table(
                "open_alerts",
                "Open alerts",
                {
                    "severity": "Severity",
                    "status": "Status",
                    "age_seconds": "Age (s)",
                    "device_id": "Device",
                    "sensor_type": "Sensor",
                    "sensor_value": "Value",
                    "customer_name": "Customer",
                    "location_name": "Site",
                    "triggered_at": "Raised",
                },
                height=8,
            ),
        ),
        (
            table(
                "bad_actors",
                "Ten devices with most alerts, 30 days",
                {
                    "device_id": "Device",
                    "customer_name": "Customer",
                    "alerts": "Alerts",
                    "open_alerts": "Open",
                    "share": "Share",
                    "cumulative_share": "Share so far",
                },
                width=3,
            ),
            table(
                "chattering_alerts",
                "Chattering: three within an hour",
                {
                    "device_id": "Device",
                    "sensor_type": "Sensor",
                    "bursts": "Bursts",
                    "shortest_burst_seconds": "Shortest (s)",
                    "last_burst_at": "Last",
                },
                width=3,
            ),
        ),
    ),
)
