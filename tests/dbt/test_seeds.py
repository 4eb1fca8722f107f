"""The seeds know the fleet that the simulator makes."""

import csv

from iot_streaming.simulator.fleet import EXPECTED_INTERVALS, UNITS
from tests.dbt.dbt_lakehouse import PROJECT


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_simulated_sensors_are_expected_as_often_as_they_send() -> None:
    declared = {
        (row["device_type"], row["sensor_type"]): int(row["expected_interval_seconds"])
        for row in seed("expected_intervals")
    }
    for device_type, sensor_type, seconds in EXPECTED_INTERVALS:
        assert declared[device_type, sensor_type] == seconds


def test_simulated_units_are_known() -> None:
    known = {row["unit_raw"] for row in seed("units")}
    assert {*UNITS.values(), "F", "psi"} <= known
