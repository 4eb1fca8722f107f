"""Real sensor series through the whole pipeline: known duplicates and gaps come out as such.

The series (Numenta Anomaly Benchmark, MIT) stay out of the project; where `shared/sensors` does
not lie beside the checkout these tests are skipped, visibly.
"""

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.settings import Settings
from tests.command import iot
from tests.folders import landing_folder

SERIES = Path(__file__).parents[2] / "shared" / "sensors"
MACHINE = "machine_temperature_system_failure"
AMBIENT = "ambient_temperature_system_failure"
# Device types whose temperature is expected as often as the series has it.
DEVICES = {MACHINE: "occupancy", AMBIENT: "logger"}

pytestmark = pytest.mark.skipif(
    not SERIES.is_dir(), reason=f"no {SERIES.parent.name}/{SERIES.name} beside the checkout"
)


def readings(series: str) -> list[tuple[datetime, float]]:
    with (SERIES / f"{series}.csv").open(newline="") as file:
        return [
            (datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC), float(row["value"]))
            for row in csv.DictReader(file)
        ]


def write_event_files(landing: Path, series: str) -> None:
    """One file a day; an event's id is its device and time, so a time said twice is one event."""
    by_day: dict[str, list[str]] = {}
    for at, value in readings(series):
        event = {
            "event_id": f"{series}-{at:%Y%m%dT%H%M%S}",
            "device_id": series,
            "timestamp": at.isoformat(),
            "sensor_type": "temperature",
            "value": value,
            "unit": "F",
            "quality_flag": "good",
            "battery_level": 100,
        }
        by_day.setdefault(f"{at:%Y-%m-%d}", []).append(json.dumps(event) + "\n")
    folder = landing / "iot_events" / series
    folder.mkdir(parents=True)
    for day, lines in by_day.items():
        (folder / f"{day}.ndjson").write_text("".join(lines))


def write_device_files(landing: Path) -> None:
    folder = landing / "cdc" / "devices"
    folder.mkdir(parents=True)
    source = {"lsn": 1, "txId": 1, "ts_us": 1372896000000000, "sequence": '[null,"1"]'}
    rows = [
        {"op": "r", "source": source, "after": {"device_id": device, "device_type": kind}}
        for device, kind in DEVICES.items()
    ]
    (folder / "devices.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("series")
    settings = Settings(home=folder / "home", landing=folder / "landing")
    for series in DEVICES:
        write_event_files(landing_folder(settings), series)
    write_device_files(landing_folder(settings))
    outcome = iot("run", "--home", str(settings.home), "--landing", str(settings.landing))
    # One series ends months before the other: a device that fell silent, and is rightly told.
    failed = [line for line in outcome.stdout.splitlines() if line.startswith("  ✗ ")]
    assert outcome.returncode == 1 and len(failed) == 1, outcome.stdout + outcome.stderr
    assert failed[0].startswith("  ✗ devices_are_not_silent: 1 row")
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


@pytest.mark.parametrize("series", [MACHINE, AMBIENT])
def test_every_time_is_in_silver_once_and_the_rest_are_duplicates(
    warehouse: duckdb.DuckDBPyConnection, series: str
) -> None:
    times = Counter(at for at, _ in readings(series))
    bronze, silver = warehouse.execute(
        "select (select count(*) from dev_bronze.iot_events where device_id = $series), "
        "(select count(*) from dev_silver.stg_iot_events where device_id = $series)",
        {"series": series},
    ).fetchall()[0]
    assert (bronze, silver) == (times.total(), len(times))
    assert bronze - silver == {MACHINE: 12, AMBIENT: 0}[series]


def test_hour_said_twice_keeps_one_of_its_two_values(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    times = Counter(at for at, _ in readings(MACHINE))
    twice = {at for at, count in times.items() if count == 2}
    assert {at.hour for at in twice} == {2} and len(twice) == 12
    kept = warehouse.execute(
        "select event_at, value_raw from dev_silver.stg_iot_events where device_id = $series",
        {"series": MACHINE},
    ).fetchall()
    said = {(at, value) for at, value in readings(MACHINE) if at in twice}
    assert {(at, value) for at, value in kept if at in twice} <= said


@pytest.mark.parametrize(("series", "slots"), [(MACHINE, 288), (AMBIENT, 24)])
def test_gaps_show_in_the_daily_completeness(
    warehouse: duckdb.DuckDBPyConnection, series: str, slots: int
) -> None:
    seconds = 24 * 60 * 60 // slots
    filled: dict[Any, set[int]] = {}
    for at, _ in readings(series):
        filled.setdefault(at.date(), set()).add(int(at.timestamp()) // seconds)
    rows = warehouse.execute(
        "select metric_date, expected_slots, filled_slots, completeness "
        "from dev_gold.agg_daily_device_metrics where device_id = $series order by metric_date",
        {"series": series},
    ).fetchall()
    # The first and the last day are observed in part.
    whole = [row for row in rows if row[0] not in (min(filled), max(filled))]
    for day, expected, found, completeness in whole:
        assert expected == slots, day
        assert found == len(filled.get(day, ())), day
        assert completeness == pytest.approx(found / slots), day
    gappy = [day for day, _, found, _ in whole if found < slots]
    truly = [d for d in sorted(filled)[1:-1] if len(filled[d]) < slots]
    # The machine has no gap; both devices have days without readings after their last one.
    assert set(truly) <= set(gappy) and bool(truly) == (series == AMBIENT)


def test_longest_gap_has_days_without_any_reading(warehouse: duckdb.DuckDBPyConnection) -> None:
    times = [at for at, _ in readings(AMBIENT)]
    longest = max(after - before for before, after in pairwise(times))
    assert longest.total_seconds() / 3600 > 170
    (empty,) = warehouse.execute(
        "select count(*) from dev_gold.agg_daily_device_metrics "
        "where device_id = $series and completeness = 0",
        {"series": AMBIENT},
    ).fetchall()[0]
    assert empty >= 6
