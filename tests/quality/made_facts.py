"""What a made home holds: its sources, checks, findings, rules and objectives, and hostile text."""

from typing import Any

from iot_streaming.contract import Column

# source: files, lines, quarantined, corrupt, rows in silver, of them deleted, rows in gold
LANDED = {
    "iot_events": (24, 47_433, 412, 103, 46_793, 0, 46_793),
    "cdc_customers": (5, 21, 0, 0, 12, 1, 13),
    "cdc_products": (3, 15, 0, 0, 9, 0, 0),
    "cdc_orders": (6, 44, 2, 1, 25, 2, 23),
    "cdc_devices": (4, 19, 0, 0, 12, 0, 13),
}
BUDGETS = (
    Column("objective", "string", ""),
    Column("kind", "string", ""),
    Column("source", "string", ""),
    Column("device_class", "string", ""),
    Column("target", "double", ""),
    Column("window_days", "integer", ""),
    Column("from_date", "date", ""),
    Column("to_date", "date", ""),
    Column("good", "bigint", ""),
    Column("valid", "bigint", ""),
    Column("sli", "double", ""),
    Column("budget_left", "double", ""),
)
DAYS = (
    Column("objective", "string", ""),
    Column("kind", "string", ""),
    Column("source", "string", ""),
    Column("device_class", "string", ""),
    Column("day", "date", ""),
    Column("good", "bigint", ""),
    Column("valid", "bigint", ""),
)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "| a | b |\n# not a heading @everyone [x](javascript:alert(1)) `code` **bold**",
    "\u202egpj.exe \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\x1b[31mred\x07\x00",
    "x" * 10_000,
    "]]>--></style><svg onload=alert(1)>",
    "wide 🌡️ 漢字 e\u0301",
)

TABLES = {
    "bronze": ("iot_events", "cdc_orders", "cdc_devices"),
    "silver": (
        *("stg_iot_events", "stg_customers", "stg_products", "stg_orders", "stg_devices"),
        *("stg_locations", "stg_alerts", "stg_alert_thresholds"),
    ),
    "gold": (
        *("dim_customers", "dim_devices", "dim_locations", "dim_date", "fct_iot_events"),
        *("fct_orders", "fct_alerts", "agg_daily_device_metrics", "agg_customer_summary"),
        *("dim_customers_history", "dim_devices_history", "int_sensors"),
    ),
}
CHECKS = [
    (f"{what}_{table}_{column}", "generic", layer, table)
    for layer, tables in TABLES.items()
    for table in tables
    for what, column in (
        ("unique", f"{table.partition('_')[2]}_key"),
        ("not_null", f"{table.partition('_')[2]}_key"),
        ("not_null", "_ingested_at"),
        ("relationships", f"{table.partition('_')[2]}_key__device_key__ref_dim_devices_"),
        ("iot_toolkit_accepted_range", "completeness__1__0"),
    )
] + [
    ("ledger_and_bronze_agree", "integration", "bronze", "iot_events"),
    ("bronze_and_silver_events_are_the_same", "integration", "silver", "stg_iot_events"),
    ("silver_and_gold_events_are_the_same", "integration", "gold", "fct_iot_events"),
    ("score_weights_add_up", "data_quality", "gold", "score_weights"),
    ("sensors_are_not_silent", "data_quality", "gold", "int_sensors"),
]
FRESH = [
    ("iot_events", "pass", 540.0, 10_800.0),
    ("cdc_orders", "warn", 14_400.0, 10_800.0),
    ("cdc_customers", "pass", 5_300.0, 86_400.0),
    ("cdc_devices", "pass", 61_000.0, 86_400.0),
]
_DEVICE = {"device_id": "DEV-00004", "location_id": "LOC-0002", "sensor_type": "temperature"}
FINDINGS: list[tuple[Any, ...]] = [
    (
        *("no_future_facts", "data_quality", "gold", "fct_iot_events", "fail", 3, 0, 3),
        [
            _DEVICE
            | {
                "event_id": f"e-{n:06}",
                "event_at": f"2026-03-10 0{n}:00:00+00:00",
                "value": 21.5 + n,
            }
            for n in range(3)
        ],
        "Got 3 results, configured to fail if != 0",
    ),
    (
        *("relationships_fct_alerts_device_key__device_key__ref_dim_devices_", "generic", "gold"),
        *("fct_alerts", "fail", 1, 0, 1),
        [{"from_field": "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d"}],
        "Got 1 result, configured to fail if != 0",
    ),
    (
        *("temperature_is_not_shifted", "data_quality", "gold", "agg_daily_device_metrics"),
        *("warn", 4.2, 3.5, 2),
        [{"device_id": "DEV-00007", "metric_date": "2026-03-08", "robust_z": 4.2, "median": None}],
        None,
    ),
    ("health_follows_its_caps", "data_quality", "gold", "dim_devices", "skipped", None, None, None),
]
RULES = {
    ("malformed_record", "drop"): 22,
    ("value_present", "drop"): 31,
    ("event_at_not_in_future", "drop"): 8,
    ("sensor_type_present", "drop"): 4,
    ("event_id_present", "drop"): 2,
    ("device_id_present", "drop"): 0,
    ("unit_known", "warn"): 61,
    ("declared_values_readable", "warn"): 0,
}
# objective, kind, source, device class, target, good, valid
OBJECTIVES: list[tuple[str, str, str, str | None, float, int, int]] = [
    ("iot_events_fresh", "freshness", "iot_events", None, 0.99, 8_601, 8_640),
    ("cdc_orders_fresh", "freshness", "cdc_orders", None, 0.99, 712, 720),
    ("thermostat_complete", "completeness", "iot_events", "thermostat", 0.99, 98_012, 99_360),
    ("air_quality_complete", "completeness", "iot_events", "air_quality", 0.98, 51_030, 51_840),
    ("motion_complete", "completeness", "iot_events", "motion", 0.95, 43_200, 43_200),
    ("valve_complete", "completeness", "iot_events", "valve", 0.99, 0, 0),
]
