"""A simulation's truth and the tables in, planted against found out: one score a fault kind."""

from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from iot_streaming.settings import Settings
from iot_streaming.simulator import Manifest
from iot_streaming.sources import IOT_EVENTS, SOURCES
from iot_streaming.warehouse import reading


@dataclass(frozen=True)
class Score:
    """How many of a kind the simulator planted, and how many the tables show, where."""

    kind: str
    planted: int
    found: int
    where: str

    @property
    def ok(self) -> bool:
        return self.planted == self.found

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"ok": self.ok}


def scorecard(settings: Settings, manifest: Manifest) -> list[Score]:
    """Every kind in the manifest, counted in the tables without looking at the manifest.

    A kind that nobody knows how to find is found 0 times.
    """
    questions = _questions(settings)
    scores = []
    with reading(settings) as connection:
        for kind, planted in manifest.faults.items():
            where, sql = questions.get(kind, ("nobody looks for it", "select 0"))
            scores.append(Score(kind, planted, _count(connection, sql), where))
    return scores


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _questions(settings: Settings) -> dict[str, tuple[str, str]]:
    """Fault kind to (where it shows, SQL that counts it)."""
    bronze = f"{settings.schema('bronze')}.iot_events"
    silver = f"{settings.schema('silver')}.stg_iot_events"
    sensors = f"{settings.schema('gold')}.int_sensors"

    def quarantined(rule: str, but: str = "true") -> tuple[str, str]:
        return (
            f"bronze _errors: {rule}",
            f"select count(*) from {bronze} where list_contains(_errors, '{rule}') and {but}",
        )

    def rescued(condition: str, what: str) -> tuple[str, str]:
        return (
            f"bronze _rescued_data: {what}",
            f"select count(*) from {bronze} where _rescued_data is not null and {condition}",
        )

    def shown(condition: str) -> tuple[str, str]:
        return f"silver {condition}", f"select count(*) from {silver} where {condition}"

    declared = ", ".join(f"'{column.field}'" for column in IOT_EVENTS.columns)
    return {
        "duplicate_events": (
            "good bronze lines that silver did not keep",
            f"select count(*) - (select count(*) from {silver}) from {bronze} "
            "where len(_errors) = 0",
        ),
        "late_events": shown("is_late"),
        "out_of_order_events": ("silver, by arrival and event time", _out_of_order(silver)),
        "malformed_lines": quarantined("malformed_record"),
        "missing_event_id": quarantined("event_id_present"),
        "missing_device_id": quarantined("device_id_present"),
        "missing_timestamp": quarantined("event_at_present"),
        "future_timestamps": quarantined("event_at_not_in_future"),
        "wrong_type_value": rescued("json_exists(_rescued_data, 'value')", "value"),
        "wrong_type_battery": rescued(
            "json_exists(_rescued_data, 'battery_level')", "battery_level"
        ),
        "unknown_fields": rescued(
            f"not list_has_all([{declared}], json_keys(_rescued_data))", "undeclared fields"
        ),
        "out_of_range_values": shown("not is_in_physical_range"),
        "offset_timestamps": shown("utc_offset <> 'Z'"),
        "fahrenheit_units": shown("unit_ucum = '[degF]'"),
        "psi_units": shown("unit_ucum = '[psi]'"),
        "stuck_sensors": (
            "gold int_sensors has_flat_line",
            f"select count(*) from {sensors} where has_flat_line",
        ),
        "stuck_readings": (
            "gold int_sensors flat_line_readings",
            f"select coalesce(sum(flat_line_readings), 0) from {sensors}",
        ),
        "silent_sensors": (
            "gold int_sensors is_silent",
            f"select count(*) from {sensors} where is_silent",
        ),
        "redelivered_changes": ("bronze _change_id and key, again", _redelivered(settings)),
    }


def _out_of_order(silver: str) -> str:
    """Not late, yet a later reading of the sensor came in an earlier file."""
    return f"""
        select count(*) from (
            select
                not is_late as is_in_time,
                event_at,
                max(event_at) over (
                    partition by device_id, sensor_type order by arrived_at
                    groups between unbounded preceding and 1 preceding
                ) as newest_before
            from {silver}
        )
        where is_in_time and event_at < newest_before"""


def _redelivered(settings: Settings) -> str:
    counts = [
        f"select count(*) - count(distinct (_change_id, {source.key[0]})) as again "
        f"from {settings.schema('bronze')}.{source.name} where _change_id is not null"
        for source in SOURCES
        if source.format == "debezium"
    ]
    return f"select cast(sum(again) as bigint) from ({' union all '.join(counts)})"
