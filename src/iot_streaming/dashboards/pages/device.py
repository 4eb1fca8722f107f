"""One device: its health, readings, sensors and history."""

from iot_streaming.dashboards.datasets import Dataset
from iot_streaming.dashboards.layout import Page
from iot_streaming.dashboards.widgets import NUMBER, Axis, chart, counter, select, table, text

# All that there is: AI/BI filters the rows by time itself.
_ALWAYS = {"from_at": "1970-01-01T00:00:00Z", "to_at": "2100-01-01T00:00:00Z"}

DATASETS = (
    Dataset("device", "One device", chosen=("device_id",)),
    Dataset("device_health_parts", "Its health", chosen=("device_id",)),
    Dataset("device_sensors", "Its sensors", chosen=("device_id",)),
    Dataset("device_days", "Its days", chosen=("device_id",)),
    Dataset("device_versions", "Its history", chosen=("device_id",)),
    Dataset(
        "device_reading_hours",
        "Its readings by hour",
        {**_ALWAYS, "bucket_seconds": 3600},
        chosen=("device_id", "sensor_type"),
    ),
)

# What the page shows is of one device: the filter sets the parameter of all its datasets.
_DEVICE_ID = [(dataset.name, "device_id") for dataset in DATASETS]

PAGE = Page(
    "device",
    "Device",
    (
        (text("about", "# Device", "Choose a device, then one of its sensors."),),
        (
            select("devices", "device_id", "Device", _DEVICE_ID),
            select(
                "device_sensors",
                "sensor_type",
                "Sensor",
                [("device_reading_hours", "sensor_type")],
            ),
        ),
        (
            counter("device", "health_score", "Health", NUMBER),
            counter("device", "health_trend", "Against 7 days", NUMBER),
            counter("device", "battery_percent", "Battery (%)", NUMBER),
            counter("device", "open_alerts", "Open alerts"),
            counter("device", "silent_sensors", "Silent sensors"),
            counter("device", "readings", "Readings"),
        ),
        (
            table(
                "device",
                "What it is",
                {
                    "device_id": "Device",
                    "product_name": "Product",
                    "status": "Status",
                    "customer_name": "Customer",
                    "location_name": "Site",
                    "firmware_version": "Firmware",
                    "health_cap_reason": "Capped because",
                    "health_first_reason": "First reason",
                    "recommended_action": "What to do",
                },
                height=3,
            ),
        ),
        (
            chart(
                "line",
                "device_reading_hours",
                "Readings by hour, least, mean and greatest",
                Axis("bucket_at", "Hour (UTC)", "temporal"),
                (
                    Axis("min_value", "Least"),
                    Axis("avg_value", "Mean"),
                    Axis("max_value", "Greatest"),
                ),
                width=6,
            ),
        ),
        (
            chart(
                "bar",
                "device_health_parts",
                "Parts of its health",
                Axis("score_now", "0 to 1", format=NUMBER),
                Axis("part", "Part", "categorical"),
            ),
            chart(
                "line",
                "device_days",
                "Battery by day",
                Axis("metric_date", "Day (UTC)", "temporal"),
                Axis("battery_last_percent", "Battery (%)", format=NUMBER),
            ),
        ),
        (
            table(
                "device_sensors",
                "Sensors",
                {
                    "sensor_type": "Sensor",
                    "expected_interval_seconds": "Expected every (s)",
                    "threshold_min": "Not below",
                    "threshold_max": "Not above",
                    "threshold_severity": "Severity",
                    "is_silent": "Silent",
                    "has_flat_line": "Flat line",
                    "last_reading_at": "Last reading",
                },
            ),
        ),
        (
            table(
                "device_versions",
                "Changes of its record",
                {
                    "valid_from": "From",
                    "valid_to": "Until",
                    "status": "Status",
                    "firmware_version_on_record": "Firmware on record",
                    "customer_name": "Customer",
                    "location_name": "Site",
                },
            ),
        ),
    ),
)
