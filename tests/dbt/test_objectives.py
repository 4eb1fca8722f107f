"""Readings and changes in; good, valid and budgets as counted again from the lines themselves."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.dbt.dbt_lakehouse import Lakehouse, event_line
from tests.dbt.test_marts_incremental import change, device

BUILD = ("build", "--select", "+error_budgets", "--exclude-resource-type", "test", "unit_test")
START = datetime(2026, 1, 5, tzinfo=UTC)
HOURS = 72
CLASSES = {"DEV-0": "logger", "DEV-1": "climate"}


@dataclass(frozen=True)
class Landed:
    """A reading, or a change, and when its file first brought it."""

    device_id: str
    at: datetime
    arrived_at: datetime

    def is_within(self, minutes: int) -> bool:
        return self.arrived_at - self.at <= timedelta(minutes=minutes)


def objective(name: str, kind: str, source: str, **fields: Any) -> dict[str, Any]:
    return {"objective": name, "kind": kind, "source": source, "target": 0.9, **fields}


def objectives(minutes: int) -> list[dict[str, Any]]:
    return [
        objective("all_fresh", "freshness", "iot_events", within_minutes=minutes),
        objective("loggers", "freshness", "iot_events", within_minutes=20, device_class="logger"),
        objective("complete", "completeness", "iot_events", device_class="logger", window_days=2),
        objective("devices", "freshness", "cdc_devices", within_minutes=minutes),
    ]


def readings() -> list[Landed]:
    """Ten past each hour of each device, but for every seventh of the logger; delays in turn."""
    delays = (1, 15, 25, 45, 90, 60 * 30)
    return [
        Landed(name, at, at + timedelta(minutes=delays[hour % len(delays)]))
        for name in CLASSES
        for hour in range(HOURS)
        for at in [START + timedelta(hours=hour, minutes=10)]
        if name == "DEV-1" or hour % 7 or hour == 0
    ]


def event_id(reading: Landed) -> str:
    return f"{reading.device_id}-{reading.at:%d%H}"


def land(lakehouse: Lakehouse, landed: list[Landed]) -> None:
    for reading in landed:
        line = event_line(
            event_id(reading), reading.at.isoformat(), device_id=reading.device_id, value=20
        )
        lakehouse.land("iot_events", [line], arrived_at=reading.arrived_at.timestamp())


def by_day(landed: list[Landed], minutes: int) -> dict[str, tuple[int, int]]:
    """Day to (good, valid)."""
    valid = Counter(f"{each.at:%Y-%m-%d}" for each in landed)
    good = Counter(f"{each.at:%Y-%m-%d}" for each in landed if each.is_within(minutes))
    return {day: (good[day], valid[day]) for day in valid}


def slots_by_day(landed: list[Landed]) -> dict[str, tuple[int, int]]:
    """Whole hours from the first reading to the last, and those of them with a reading."""
    whole = [START + timedelta(hours=hour) for hour in range(1, HOURS - 1)]
    filled = {each.at.replace(minute=0) for each in landed}
    return {
        f"{day:%Y-%m-%d}": (
            sum(hour in filled for hour in whole if hour.date() == day),
            sum(hour.date() == day for hour in whole),
        )
        for day in sorted({hour.date() for hour in whole})
    }


def found_days(lakehouse: Lakehouse, name: str) -> dict[str, tuple[int, int]]:
    found = lakehouse.rows(
        f"select day::text, good, valid from dev_quality.objective_days where objective = '{name}'"
    )
    return {day: (good, valid) for day, good, valid in found}


def build(lakehouse: Lakehouse, declared: list[dict[str, Any]]) -> None:
    lakehouse.build(*BUILD, "--vars", json.dumps({"objectives": declared}))


def test_counts_are_those_of_the_lines(lakehouse: Lakehouse) -> None:
    lakehouse.land("cdc_devices", [device(n, i, c) for n, (i, c) in enumerate(CLASSES.items())], 0)
    changes = [
        Landed(name, START, START + timedelta(minutes=arrives))
        for name, arrives in (("DEV-8", 10), ("DEV-9", 100))
    ]
    for number, each in enumerate(changes, start=10):
        line = device(number, each.device_id, "climate")
        lakehouse.land("cdc_devices", [line], arrived_at=each.arrived_at.timestamp())
        # Delivered again, a week later: it was in time if it first was.
        lakehouse.land("cdc_devices", [line], arrived_at=START.timestamp() + 7 * 86400)
    landed = readings()
    land(lakehouse, landed)
    lakehouse.ingest()
    build(lakehouse, objectives(30))
    loggers = [each for each in landed if each.device_id == "DEV-0"]
    assert found_days(lakehouse, "all_fresh") == by_day(landed, 30)
    assert found_days(lakehouse, "loggers") == by_day(loggers, 20)
    assert found_days(lakehouse, "complete") == slots_by_day(loggers)
    # The first two devices' changes landed in 1970: before they were committed.
    assert found_days(lakehouse, "devices") == {"2026-01-05": (3, 4)}

    budgets = lakehouse.rows("select * exclude (target) from dev_quality.error_budgets")
    [complete] = [row for row in budgets if row[0] == "complete"]
    days = slots_by_day(loggers)
    good, valid = (days["2026-01-06"][n] + days["2026-01-07"][n] for n in (0, 1))
    assert [str(value) for value in complete[4:7]] == ["2", "2026-01-06", "2026-01-07"]
    assert complete[7:9] == (good, valid)
    assert complete[9] == pytest.approx(good / valid)
    assert complete[10] == pytest.approx(1 - (1 - good / valid) / 0.1)
    assert complete[10] < 0

    # Another time is declared, and new readings come in: one repeats an old one, one is another's.
    moved = landed[1]
    again = Landed(moved.device_id, moved.at, moved.arrived_at + timedelta(days=2))
    late = Landed("DEV-1", START + timedelta(hours=5, minutes=40), START + timedelta(days=2))
    land(lakehouse, [again])
    lakehouse.land(
        "iot_events",
        [
            event_line(
                "late", late.at.isoformat(), device_id="DEV-1", value=20, quality_flag="suspect"
            )
        ],
        arrived_at=late.arrived_at.timestamp(),
    )
    lakehouse.ingest()
    build(lakehouse, objectives(60))
    assert found_days(lakehouse, "all_fresh") == by_day([*landed, late], 60)
    assert found_days(lakehouse, "devices") == {"2026-01-05": (3, 4)}
    rows = lakehouse.rows("select distinct within_minutes from dev_quality.reading_arrival_days")
    assert sorted(rows) == [(20,), (60,)]

    # The same times: what is there is added to, and a reading that moves leaves its day.
    better = START + timedelta(days=1, hours=3, minutes=50)
    lakehouse.land(
        "iot_events",
        [event_line("late", better.isoformat(), device_id="DEV-0", value=20, quality_flag="good")],
        arrived_at=late.arrived_at.timestamp(),
    )
    lakehouse.land(
        "cdc_alerts",
        [change("alerts", 1, alert_id=1, device_id="DEV-0", severity="LOW", status="OPEN")],
    )
    lakehouse.ingest()
    build(lakehouse, objectives(60))
    moved_to = Landed("DEV-0", better, late.arrived_at)
    assert found_days(lakehouse, "all_fresh") == by_day([*landed, moved_to], 60)
    assert found_days(lakehouse, "loggers") == by_day([*loggers, moved_to], 20)


FRESH = objective("o", "freshness", "iot_events", within_minutes=60)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ([FRESH | {"kind": "speed"}], "kind is speed; known: freshness, completeness"),
        ([FRESH | {"source": "iot_evnts"}], "unknown source iot_evnts"),
        ([FRESH | {"target": 1}], "target is 1; it lies between 0 and 1"),
        ([FRESH | {"within_minutes": "1h"}], "freshness needs within_minutes"),
        ([FRESH | {"device_class": "x' or '1"}], "device_class is x' or '1; write letters"),
        ([FRESH | {"within": 3}], "unknown field within; known: objective"),
        ([FRESH | {"window_days": 0}], "window_days is 0"),
        ([FRESH | {"source": "cdc_orders", "device_class": "climate"}], "only iot_events has"),
        ([FRESH, FRESH], "it is declared twice"),
    ],
)
def test_objective_that_cannot_be_counted_is_named(
    lakehouse: Lakehouse,
    declared: list[dict[str, Any]],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("compile", "--inline", "{{ objectives_declared() }}", "--vars")
    with pytest.raises(AssertionError):
        lakehouse.build(*asked, json.dumps({"objectives": declared}))
    said = " ".join(capsys.readouterr().out.split())
    assert "objective o in dbt_project.yml" in said and message in said
