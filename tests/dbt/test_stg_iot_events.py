"""Landed readings in; one row per reading out, whatever the split and order of arrival."""

import random
from collections.abc import Callable

import pytest

from tests.dbt.dbt_lakehouse import Lakehouse, event_line

SEEDS = ("seed", "--select", "units", "sensor_types")
RUN = ("run", "--select", "stg_iot_events")
CONTENT = """
    select * exclude (_ingested_at, arrived_at, is_late, _source_file)
    from dev_silver.stg_iot_events
    order by event_id
"""


def versions(seed: int, events: int = 60) -> list[str]:
    """Readings of which many come again, the same or differing in everything but their id."""
    draw = random.Random(seed)
    lines = []
    for number in range(events):
        for _ in range(draw.choice((1, 1, 2, 3))):
            line = event_line(
                f"event-{number}",
                f"2026-01-05T{draw.randrange(24):02}:00:00Z",
                value=draw.choice((20.5, 20.5, 21, 1e300, -3)),
                unit=draw.choice(("C", "C", "F", None, "furlong")),
                quality_flag=draw.choice(("good", "suspect", "bad", "fine", None)),
                battery_level=draw.choice((50, 50.5, 300, None)),
                firmware_version=draw.choice(("1.0.0", None)),
                location_id=draw.choice(("LOC-1", "LOC-2", None)),
            )
            lines += [line] * draw.choice((1, 1, 1, 2))
    return lines


@pytest.mark.parametrize("seed", range(2))
def test_any_split_and_order_gives_the_same_readings(
    new_lakehouse: Callable[[], Lakehouse], seed: int
) -> None:
    lines = versions(seed)
    at_once, in_parts = new_lakehouse(), new_lakehouse()
    at_once.land("iot_events", lines)
    at_once.ingest()
    at_once.build(*SEEDS)
    at_once.build(*RUN)

    shuffle = random.Random(seed)
    shuffle.shuffle(lines)
    in_parts.build(*SEEDS)
    for part in range(3):
        in_parts.land("iot_events", lines[part::3])
        in_parts.ingest()
        in_parts.build(*RUN)
    assert in_parts.rows(CONTENT) == at_once.rows(CONTENT)
    assert len(in_parts.rows(CONTENT)) == 60

    incremental = in_parts.table("dev_silver.stg_iot_events")
    in_parts.build(*RUN)
    assert in_parts.table("dev_silver.stg_iot_events") == incremental
    in_parts.build(*RUN, "--full-refresh")
    assert in_parts.table("dev_silver.stg_iot_events") == incremental


def test_lookback_overlap_doubles_nothing(lakehouse: Lakehouse) -> None:
    lakehouse.land("iot_events", versions(3))
    lakehouse.ingest()
    lakehouse.build(*SEEDS)
    lakehouse.build(*RUN)
    before = lakehouse.table("dev_silver.stg_iot_events")
    lakehouse.build(*RUN, "--vars", "ingest_lookback_minutes: 60")
    assert lakehouse.table("dev_silver.stg_iot_events") == before


def test_earliest_arrival_is_kept(lakehouse: Lakehouse) -> None:
    reading = event_line("a", "2026-01-05T10:00:00Z")
    lakehouse.land("iot_events", [reading], arrived_at=1767618000)  # 13:00: late
    lakehouse.ingest()
    lakehouse.build(*SEEDS)
    lakehouse.build(*RUN)
    lateness = "select is_late, epoch(arrived_at) from dev_silver.stg_iot_events"
    assert lakehouse.rows(lateness) == [(True, 1767618000)]
    lakehouse.land("iot_events", [reading], arrived_at=1767607500)  # 10:05, read later
    lakehouse.ingest()
    lakehouse.build(*SEEDS)
    lakehouse.build(*RUN)
    assert lakehouse.rows(lateness) == [(False, 1767607500)]


def test_quarantined_readings_stay_out(lakehouse: Lakehouse) -> None:
    lakehouse.land(
        "iot_events",
        [
            event_line("a", "2026-01-05T10:00:00Z"),
            event_line("b", "2026-01-05T10:00:00Z", value="n/a"),
            event_line("c", "no time"),
            "{broken",
        ],
    )
    lakehouse.ingest()
    lakehouse.build(*SEEDS)
    lakehouse.build(*RUN)
    assert lakehouse.rows("select event_id from dev_silver.stg_iot_events") == [("a",)]
