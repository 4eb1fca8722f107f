"""Planted faults of every kind, at three rates and five seeds: every one found, none invented."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.jobs import Run
from iot_streaming.scorecard import scorecard
from iot_streaming.settings import Settings
from iot_streaming.simulator import Manifest, Simulation, simulate
from iot_streaming.sources import IOT_EVENTS, SOURCES
from tests.dbt.dbt_lakehouse import Dbt, Lakehouse

pytestmark = pytest.mark.slow

RATES = ("light", "default", "heavy")
SEEDS = (1, 2, 3, 4, 5)
FLEETS = [("none", 1), *((rate, seed) for rate in RATES for seed in SEEDS)]

# What a planted kind leaves in bronze, and nothing else does.
ERRORS = {
    "malformed_lines": "malformed_record",
    "wrong_type_value": "value_present",
    "missing_event_id": "event_id_present",
    "missing_device_id": "device_id_present",
    "missing_timestamp": "event_at_present",
    "future_timestamps": "event_at_not_in_future",
}
WARNINGS = {
    "wrong_type_value": "value_is_a_finite_number",
    "wrong_type_battery": "battery_level_in_percent",
}
RESCUED = {
    "wrong_type_value": "value",
    "wrong_type_battery": "battery_level",
    "unknown_fields": "undeclared",
}


def small_fleet(rate: str, seed: int) -> Simulation:
    """As little as still gets every kind at the lightest rate."""
    return Simulation(seed=seed, devices=12, hours=10, faults=rate)


@dataclass
class Built:
    """A small fleet's lakehouse, and the truth about it."""

    lakehouse: Lakehouse
    manifest: Manifest

    @property
    def is_faulty(self) -> bool:
        return self.manifest.settings.faults != "none"

    def planted(self, names: dict[str, str]) -> Counter[str]:
        """How often each name has to be found, given the kinds that leave it."""
        counts = {names[kind]: self.manifest.faults[kind] for kind in names}
        return +Counter(counts)

    def number(self, sql: str) -> int:
        [(number,)] = self.lakehouse.rows(sql)
        return int(number)

    def lists(self, of: str) -> Counter[str]:
        """How many events have each list of names that is not empty; `a+b` is one of two."""
        return Counter(
            dict(
                self.lakehouse.rows(
                    f"select array_to_string({of}, '+') as names, count(*) "
                    "from dev_bronze.iot_events where names <> '' group by names"
                )
            )
        )


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """Started and parsed once."""
    return Dbt(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(
    scope="module",
    params=FLEETS,
    ids=lambda fleet: "-".join(map(str, fleet)),
)
def built(
    request: pytest.FixtureRequest, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory
) -> Built:
    """Built as far as the scorecard reads, without the models' own tests."""
    lakehouse = Lakehouse(tmp_path_factory.mktemp("fleet"), dbt)
    manifest = simulate(small_fleet(*request.param), lakehouse.settings.landing)
    lakehouse.ingest()
    untested = [f"--exclude-resource-type={kind}" for kind in ("test", "unit_test")]
    lakehouse.build("build", "--select", "+int_sensors", *untested)
    return Built(lakehouse, manifest)


def test_every_kind_is_found_as_often_as_planted(built: Built) -> None:
    scores = scorecard(built.lakehouse.settings, built.manifest)
    assert [score for score in scores if not score.ok] == []
    assert [score for score in scores if (score.planted > 0) is not built.is_faulty] == []
    assert "nobody looks for it" not in {score.where for score in scores}


def test_sensors_found_are_those_planted(built: Built) -> None:
    for kind, condition in (("silent_sensors", "is_silent"), ("stuck_sensors", "has_flat_line")):
        found = built.lakehouse.rows(
            "select device_id || '/' || sensor_type as name from dev_gold.int_sensors "
            f"where {condition} order by name"
        )
        assert [name for (name,) in found] == sorted(built.manifest.details[kind])


def test_every_error_warning_and_rescued_value_was_planted(built: Built) -> None:
    assert built.lists("_errors") == built.planted(ERRORS)
    assert built.lists("_warnings") == built.planted(WARNINGS)
    declared = ", ".join(f"'{field}'" for field in IOT_EVENTS.fields)
    rescued = (
        "list_sort(list_distinct(list_transform(json_keys(_rescued_data), "
        f"lambda key: if(key in ({declared}), key, 'undeclared'))))"
    )
    assert built.lists(rescued) == built.planted(RESCUED)


def test_changes_are_all_right(built: Built) -> None:
    """No fault is planted in a change; that some come again is on the scorecard."""
    for source in SOURCES[1:]:
        flagged = "len(_errors) + len(_warnings) > 0 or _rescued_data is not null"
        sql = f"select count(*) from dev_bronze.{source.name} where {flagged}"
        assert built.number(sql) == 0, source.name


def test_sums_close(built: Built) -> None:
    quarantined = Counter(iot_events=sum(built.planted(ERRORS).values()))
    lines = {name: count.lines for name, count in built.manifest.sources.items()}
    ledger = built.lakehouse.rows(
        "select source, sum(lines), sum(good), sum(quarantined) from dev_quality.ledger group by 1"
    )
    # A small fleet may raise no alert: then no file of them lands.
    assert sorted(ledger) == sorted(
        (name, count, count - quarantined[name], quarantined[name])
        for name, count in lines.items()
        if count
    )
    silver = built.number("select count(*) from dev_silver.stg_iot_events")
    assert silver == built.manifest.good_event_ids
    assert (
        silver
        == lines["iot_events"]
        - quarantined["iot_events"]
        - built.manifest.faults["duplicate_events"]
    )


def test_run_without_faults_has_nothing_to_say(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", landing=tmp_path / "landing")
    manifest = simulate(small_fleet("none", 6), settings.landing)
    result = Run(settings).jobs()
    said: list[Any] = [(job.failures, job.attention, job.warnings) for job in result.jobs]
    assert said == [([], [], [])] * 3
    assert result.duplicates == 0
    assert [score.found for score in scorecard(settings, manifest) if score.found] == []
