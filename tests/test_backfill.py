"""`iot backfill` on a simulated home: a day built again as a full refresh has it, nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from iot_streaming.backfill import Backfilled, backfill, dates_between
from iot_streaming.errors import ConfigurationError
from iot_streaming.jobs import Run
from iot_streaming.served import served
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.simulator import Simulation, simulate
from iot_streaming.sources import SOURCES
from iot_streaming.transform import Dbt, DbtPlace
from tests.command import iot

ROOT = Path(__file__).parents[1]
DAY = dates_between("iot_events", "2026-01-06", "2026-01-06")
# Day of each table's rows; all else rests on them as a whole.
DAYS = {
    "dev_silver.stg_iot_events": "event_date",
    "dev_gold.fct_iot_events": "event_date",
    "dev_gold.int_hourly_readings": "event_date",
    "dev_gold.int_daily_medians": "event_date",
    "dev_gold.int_location_hours": "event_hour_at::date",
    "dev_gold.agg_daily_device_metrics": "metric_date",
    "dev_quality.reading_arrival_days": "day",
}
# A ten thousandth more: no value leaves its range, no step becomes a spike.
CELSIUS, A_LITTLE_MORE = "C,Cel,Cel,1,0", "C,Cel,Cel,1.0001,0"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three days of a small fleet, built once."""
    home = tmp_path_factory.mktemp("built") / "home"
    settings = Settings(home=home, landing=home / "landing")
    simulate(Simulation(seed=11, devices=6, hours=60), settings.landing)
    assert Run(settings).jobs(["iot_ingestion_job", "dbt_transformation_job"]).ok
    return home


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return copied(built, tmp_path / "home")


@pytest.fixture(scope="module")
def other_units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which Celsius is another unit."""
    root = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")
    shutil.copytree(ROOT / "databricks", root / "databricks", ignore=ignored)
    units = root / "databricks" / "dbt" / "seeds" / "units.csv"
    text = units.read_text(encoding="utf-8")
    assert CELSIUS in text
    units.write_text(text.replace(CELSIUS, A_LITTLE_MORE), encoding="utf-8")
    return root


def copied(built: Path, home: Path) -> Path:
    shutil.copytree(built, home)
    return home


def settings_of(home: Path) -> Settings:
    return Settings(home=home, landing=home / "landing")


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(settings_of(home).warehouse, read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(sql).fetchall()


# A mended unit makes another value of a reading that did not arrive again.
VALUES = (
    "select event_date, count(*), sum(hash(event_id, value, is_breach)) "
    "from iot_streaming_dev.dev_gold.fct_iot_events group by 1 order by 1"
)


def served_values(home: Path) -> list[tuple[Any, ...]]:
    with served(settings_of(home)) as (connection, _):
        return connection.execute(VALUES).fetchall()


def checksums(home: Path, layers: tuple[str, ...] = ("silver", "gold")) -> dict[str, Any]:
    """Of every table's rows, in any order."""
    schemas = [f"dev_{layer}" for layer in layers]
    names = rows(
        home,
        "select table_schema || '.' || table_name from information_schema.tables "
        f"where table_schema in ({str(schemas)[1:-1]}) order by all",
    )
    return {
        name: rows(home, f"select count(*), sum(hash(each)) from {name} as each")[0]
        for (name,) in names
    }


def by_day(home: Path) -> dict[tuple[str, str], Any]:
    """Checksums of the rows of each table and day."""
    return {
        (table, str(day)): tuple(rest)
        for table, column in DAYS.items()
        for day, *rest in rows(
            home, f"select {column}, count(*), sum(hash(each)) from {table} as each group by 1"
        )
    }


def bronze_versions(home: Path) -> dict[str, int]:
    return {s.name: DeltaTable(settings_of(home).bronze(s.name)).version() for s in SOURCES}


KILLED = """
import os, signal, sys
from pathlib import Path
from iot_streaming.backfill import backfill, dates_between
from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings

class Fatal(Silent):
    def progress(self, what, done, total):
        if what == "fct_iot_events":
            os.kill(os.getpid(), signal.SIGKILL)

home = Path(sys.argv[1])
settings = Settings(home=home, landing=home / "landing")
backfill(settings, dates_between("iot_events", "2026-01-06", "2026-01-06"), Fatal())
"""


def test_changed_unit_reaches_the_day_and_no_other(
    home: Path,
    built: Path,
    other_units: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = by_day(home)
    monkeypatch.setenv("IOT_PROJECT", str(other_units))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home)], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert (
        by_day(home)["dev_silver.stg_iot_events", "2026-01-06"]
        != before["dev_silver.stg_iot_events", "2026-01-06"]
    )
    result = backfill(settings_of(home), DAY)
    assert result.failures == []
    assert served_values(home) == rows(home, VALUES)
    after = by_day(home)
    refreshed = copied(built, tmp_path / "refreshed")
    place = DbtPlace.embedded(settings_of(refreshed), other_units / "databricks" / "dbt")
    arguments = ("--full-refresh", "--exclude-resource-type", "test", "unit_test")
    assert Dbt(place).run("build", *arguments).bad == []
    full = by_day(refreshed)
    assert after.keys() == full.keys() == before.keys()
    for key in after:
        assert after[key] == (full if key[1] == "2026-01-06" else before)[key], key
    assert {
        table for table, _ in after if after[table, "2026-01-06"] != before[table, "2026-01-06"]
    } >= {
        "dev_silver.stg_iot_events",
        "dev_gold.fct_iot_events",
        "dev_gold.int_hourly_readings",
        "dev_gold.int_daily_medians",
        "dev_gold.agg_daily_device_metrics",
    }

    # Twice is a no-op, and both are on record.
    once = checksums(home)
    again = backfill(settings_of(home), DAY)
    assert again.failures == []
    assert checksums(home) == once
    assert all(count.rows_before == count.rows_after for count in again.counts)
    recorded = rows(
        home,
        "select backfill_id, count(*), min(source), min(from_date)::text, min(status), min(engine) "
        "from dev_quality.backfills group by 1 order by 1",
    )
    assert recorded == [
        (each.backfill_id, len(each.counts), "iot_events", "2026-01-06", "passed", "duckdb")
        for each in (result, again)
    ]


def test_rows_deleted_in_bronze_leave_silver_and_gold(home: Path) -> None:
    before = by_day(home)
    settings = settings_of(home)
    bronze = DeltaTable(settings.bronze("iot_events"))
    [(readings,)] = rows(
        home,
        "select count(*) from dev_silver.stg_iot_events "
        "where event_date = '2026-01-06' and device_id = 'DEV-00001'",
    )
    assert readings > 0
    bronze.delete(
        "event_at >= '2026-01-06T00:00:00Z' and event_at < '2026-01-07T00:00:00Z' "
        "and device_id = 'DEV-00001'"
    )
    result = backfill(settings, DAY)
    changes = {
        count.table: (count.rows_after or 0) - count.rows_before
        for count in result.counts
        if str(count.day) == "2026-01-06"
    }
    assert changes["dev_silver.stg_iot_events"] == changes["dev_gold.fct_iot_events"] == -readings
    assert changes["dev_quality.reading_arrival_days"] < 0
    # What landed is not all there any more, and stays told until it is.
    assert result.failures
    assert all(each.startswith("ledger_and_bronze_agree: ") for each in result.failures)
    # A day on which a sensor that goes on says nothing has a row that says that.
    assert changes["dev_gold.agg_daily_device_metrics"] == 0
    after = by_day(home)
    changed = {key for key in before if before[key] != after.get(key)}
    # Of a neighbour's last hour depends how long the sensor was there until its next reading.
    beside = {("dev_gold.agg_daily_device_metrics", f"2026-01-0{day}") for day in (5, 7)}
    assert changed - beside == {(table, "2026-01-06") for table in DAYS}


def test_dry_run_plans_and_writes_nothing(home: Path) -> None:
    before = checksums(home, LAYERS)
    versions = bronze_versions(home)
    outcome = iot(
        *("backfill", "--source", "iot_events", "--from", "2026-01-05", "--to", "2026-01-06"),
        *("--home", str(home), "--dry-run", "--json"),
    )
    assert outcome.returncode == 0, outcome.stderr
    plan = json.loads(outcome.stdout)
    assert plan["is_dry_run"] and plan["ok"]
    rows_now = {(each["table"], each["day"]): each["rows_before"] for each in plan["counts"]}
    assert {each["rows_after"] for each in plan["counts"]} == {None}
    found = by_day(home)
    for table in DAYS:
        for day in ("2026-01-05", "2026-01-06"):
            assert rows_now[table, day] == found[table, day][0]
    # Gaps and flat lines reach further than readings.
    assert ("dev_gold.agg_daily_device_metrics", "2026-01-07") in rows_now
    assert ("dev_gold.fct_iot_events", "2026-01-07") not in rows_now
    assert rows_now["dev_gold.dim_devices", None] > 0
    assert checksums(home, LAYERS) == before
    assert bronze_versions(home) == versions


def test_plan_for_changes_has_what_rests_on_their_keys(home: Path) -> None:
    plan = planned(home, "cdc_devices", "2026-01-05", "2026-01-05")
    tables = {count.table: count.day for count in plan.counts}
    assert tables.keys() >= {"dev_silver.stg_devices", "dev_gold.dim_devices_history"}
    assert set(tables.values()) == {None}
    assert "dev_silver.stg_iot_events" not in tables
    assert plan.source_rows > 0


def planned(home: Path, source: str, first: str, last: str) -> Backfilled:
    return backfill(settings_of(home), dates_between(source, first, last), is_dry_run=True)


@pytest.mark.parametrize(
    ("source", "first", "last", "message"),
    [
        ("iot_evnts", "2026-01-05", "2026-01-06", "unknown source 'iot_evnts'; known: iot_events"),
        ("iot_events", "2026-01-07", "2026-01-06", "--from 2026-01-07 is after --to 2026-01-06"),
        ("iot_events", "yesterday", "2026-01-06", "--from 'yesterday' is no date"),
        ("iot_events", "2026-01-05", "2026-02-30", "--to '2026-02-30' is no date"),
        ("iot_events", "2026-01-05", "9999-12-31", "no day after it"),
    ],
)
def test_what_is_no_backfill_is_said(source: str, first: str, last: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        dates_between(source, first, last)
    assert message in str(refusal.value) and refusal.value.exit_code == 2


def test_dates_without_rows_are_refused_with_those_that_have_some(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="silver has 2026-01-05 to 2026-01-07"):
        planned(home, "iot_events", "2025-01-05", "2025-01-06")


def test_home_without_silver_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    outcome = iot(
        *("backfill", "--source", "iot_events", "--from", "2026-01-05", "--to", "2026-01-05"),
        *("--home", str(tmp_path / "home")),
    )
    assert outcome.returncode == 2 and "iot run" in outcome.stderr
    assert not (tmp_path / "home").exists()
