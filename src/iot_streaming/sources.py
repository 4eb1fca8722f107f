"""Every source, declared once: what lands, its columns, keys and expectations."""

from iot_streaming.contract import Action, Column, Encoding, Expectation, Source
from iot_streaming.errors import ConfigurationError

__all__ = ["SOURCES", "source_named"]


def _present(column: str, action: Action = "drop") -> Expectation:
    return Expectation(
        f"{column}_present", f"{column} is not null", action, f"{column} is there and was readable"
    )


def _text(name: str, description: str) -> Column:
    return Column(name, "string", description)


def _decimal_text(name: str, description: str) -> Column:
    return Column(name, "string", description, encoding="decimal_text")


def _instant(name: str, description: str) -> Column:
    return Column(name, "timestamp", description)


def _cdc(
    table: str, description: str, key: str, columns: tuple[Column, ...], *rules: Expectation
) -> Source:
    """A database table captured by Debezium or AWS DMS; see docs/changes.md.

    Row changes without a key can't be placed; the rest of a change is judged in silver.
    """
    change_has_key = Expectation(
        f"{key}_present",
        f"{key} is not null or _op in ('truncate', 'tombstone', 'heartbeat', 'transaction')",
        "drop",
        f"a row change names its {key}",
    )
    return Source(
        name=f"cdc_{table}",
        path=f"cdc/{table}",
        format="debezium",
        columns=columns,
        key=(key,),
        event_time="_committed_at",
        description=description,
        expectations=(
            change_has_key,
            Expectation(
                "change_op_known",
                "_op is not null",
                "drop",
                "the operation is one that Debezium or AWS DMS writes",
            ),
            Expectation(
                "change_order_known",
                "_sequence_major is not null or _op in ('tombstone', 'heartbeat', 'transaction')",
                "drop",
                "a row change says its place in the source's order, by a sequence or a time",
            ),
            Expectation(
                "declared_values_readable",
                "_rescued_data is null or not (" + _rescues_one_of(columns) + ")",
                "warn",
                "no declared column's value was unreadable; if many are, look at the connector's "
                "decimal.handling.mode (string) and time.precision.mode",
            ),
            *rules,
        ),
    )


def _rescues_one_of(columns: tuple[Column, ...]) -> str:
    return " or ".join(f"_rescued_data like '%\"{column.field}\":%'" for column in columns)


_EPOCH_DAYS: Encoding = "epoch_days"

IOT_EVENTS = Source(
    name="iot_events",
    path="iot_events",
    format="json",
    key=("event_id",),
    event_time="event_at",
    description="Readings as the devices sent them, one JSON object a line.",
    columns=(
        _text("event_id", "The sender's id of this reading; a redelivery repeats it."),
        _text("device_id", "Which device took the reading."),
        _text("location_id", "Where the device stood then."),
        Column("event_at", "timestamp", "When the reading was taken, in UTC.", field="timestamp"),
        Column(
            "utc_offset",
            "string",
            "The offset as the device wrote it: Z, +05:30; NULL when it wrote none.",
            field="timestamp",
            encoding="utc_offset",
        ),
        _text(
            "sensor_type", "What was measured: temperature, humidity, pressure, motion and so on."
        ),
        Column("value", "double", "The reading, in `unit`."),
        _text("unit", "The unit as the device wrote it."),
        _text("quality_flag", "The device's own judgement: good, suspect or bad."),
        Column("battery_level", "double", "Battery charge in percent."),
        _text("firmware_version", "Firmware that the device ran."),
    ),
    expectations=(
        _present("event_id"),
        _present("device_id"),
        _present("event_at"),
        _present("sensor_type"),
        _present("value"),
        Expectation(
            "event_at_not_in_future",
            "event_at is null or event_at <= _day_after_arrival",
            "drop",
            "a reading is not taken more than a day after it arrived; "
            "one such clock would move every window that is anchored to the newest reading",
        ),
        Expectation(
            "value_is_a_finite_number",
            "value > -1e300 and value < 1e300",
            "warn",
            "no NaN and no infinity; what is possible for a sensor is judged in silver, by unit",
        ),
        Expectation(
            "quality_flag_known",
            "quality_flag in ('good', 'suspect', 'bad')",
            "warn",
            "the quality flag is one we can map",
        ),
        Expectation(
            "battery_level_in_percent",
            "battery_level between 0 and 100",
            "warn",
            "battery charge is there and a percentage",
        ),
    ),
)

CUSTOMERS = _cdc(
    "customers",
    "Changes of the customers that own devices.",
    "customer_id",
    (
        _text("customer_id", "The customer."),
        _text("customer_name", "Name."),
        _text("email", "E-mail address."),
        _text("phone", "Telephone number."),
        _text("segment", "Market segment."),
        _text("country", "Country."),
        _instant("created_at", "When the row was created at the source."),
        _instant("updated_at", "When the row was last updated at the source."),
    ),
)

PRODUCTS = _cdc(
    "products",
    "Changes of the products that are sold and installed.",
    "product_id",
    (
        Column("product_id", "bigint", "The product."),
        _text("product_name", "Name."),
        _text("category", "Category."),
        Column("unit_price", "decimal(12,2)", "List price."),
        Column("is_active", "boolean", "Whether it is still sold."),
        Column(
            "created_at",
            "timestamp",
            "When the row was created; the source keeps no zone, read as UTC.",
            encoding="epoch_micros",
        ),
        _instant("updated_at", "When the row was last updated at the source."),
    ),
)

ORDERS = _cdc(
    "orders",
    "Changes of the orders customers placed.",
    "order_id",
    (
        _text("order_id", "The order (UUID)."),
        _text("customer_id", "Who ordered."),
        Column("product_id", "bigint", "What was ordered."),
        Column("quantity", "integer", "How many."),
        Column("unit_price", "decimal(12,2)", "Price of one at the time of the order."),
        Column("total_amount", "decimal(14,2)", "Price of the whole order."),
        _text("order_status", "PENDING, PAID, SHIPPED, DELIVERED or CANCELLED."),
        _instant("order_timestamp", "When the order was placed."),
        _instant("updated_at", "When the row was last updated at the source."),
    ),
)

LOCATIONS = _cdc(
    "locations",
    "Changes of the sites where devices stand.",
    "location_id",
    (
        _text("location_id", "The site."),
        _text("location_name", "Name."),
        _text("address", "Street address."),
        _text("city", "City."),
        _text("country", "ISO 3166 country code, padded by the source to two characters."),
        Column("latitude", "double", "Degrees north."),
        Column("longitude", "double", "Degrees east."),
        _text("timezone", "IANA time zone."),
        _instant("created_at", "When the row was created at the source."),
        _instant("updated_at", "When the row was last updated at the source."),
    ),
)

DEVICES = _cdc(
    "devices",
    "Changes of the installed devices.",
    "device_id",
    (
        _text("device_id", "The device."),
        _text("customer_id", "Who owns it."),
        Column("product_id", "bigint", "Which product it is."),
        _text("location_id", "Where it stands."),
        _text("serial_number", "Serial number."),
        _text("device_type", "Device class; decides sensors and expected intervals."),
        _text("firmware_version", "Firmware on record."),
        Column("install_date", "date", "Installed on.", encoding=_EPOCH_DAYS),
        _text("status", "ACTIVE, INACTIVE and the like."),
        _instant("created_at", "When the row was created at the source."),
        _instant("updated_at", "When the row was last updated at the source."),
    ),
)

ALERTS = _cdc(
    "alerts",
    "Changes of the alerts that threshold breaches raised.",
    "alert_id",
    (
        _text("alert_id", "The alert (UUID)."),
        _text("device_id", "The device that breached."),
        _text("location_id", "Where it stood."),
        Column("threshold_id", "integer", "The threshold that was breached."),
        _text("sensor_type", "What was measured."),
        _text("severity", "CRITICAL, HIGH, MEDIUM or LOW."),
        Column("sensor_value", "double", "The reading that raised it."),
        _text("status", "OPEN, ACK or RESOLVED."),
        _instant("triggered_at", "When it was raised."),
        _instant("acknowledged_at", "When somebody took it."),
        _instant("resolved_at", "When it was over."),
        _instant("updated_at", "When the row was last updated at the source."),
    ),
)

ALERT_THRESHOLDS = _cdc(
    "alert_thresholds",
    "Changes of the limits that readings are held to.",
    "threshold_id",
    (
        Column("threshold_id", "integer", "The threshold."),
        _text("device_id", "The device it is for; NULL: every device with that sensor."),
        _text("sensor_type", "What is measured."),
        _decimal_text(
            "min_value", "Lower limit, exact decimal text (the source sets no precision)."
        ),
        _decimal_text(
            "max_value", "Upper limit, exact decimal text (the source sets no precision)."
        ),
        _text("severity", "Severity of the alert that a breach raises."),
        Column("is_enabled", "boolean", "Whether it is in force."),
        _instant("updated_at", "When the row was last updated at the source."),
    ),
)

SOURCES: tuple[Source, ...] = (
    IOT_EVENTS,
    CUSTOMERS,
    PRODUCTS,
    ORDERS,
    DEVICES,
    LOCATIONS,
    ALERTS,
    ALERT_THRESHOLDS,
)


def source_named(name: str) -> Source:
    """The declared source of that name; ConfigurationError lists the known ones otherwise."""
    for source in SOURCES:
        if source.name == name:
            return source
    known = ", ".join(source.name for source in SOURCES)
    raise ConfigurationError(f"unknown source {name!r}; known: {known}")
