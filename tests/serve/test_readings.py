"""Thinned readings: every reading in one bucket, gaps left open, breaches where they were."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iot_streaming.serve.readings import MOST_POINTS, RANGES, around, draw, window_of

MIDNIGHT = datetime(2026, 3, 9, tzinfo=UTC)
SENSOR: dict[str, Any] = {
    "expected_interval_seconds": 60,
    "first_reading_at": MIDNIGHT,
    "as_of_at": MIDNIGHT + timedelta(hours=6),
    "threshold_min": 2.0,
    "threshold_max": 8.0,
}


def bucket(minute: int, least: float = 4.0, greatest: float = 5.0, **more: Any) -> dict[str, Any]:
    row = {
        # As the engines give it: without a zone, in UTC.
        "bucket_at": (MIDNIGHT + timedelta(minutes=minute)).replace(tzinfo=None),
        "readings": 10,
        "invalid_readings": 0,
        "breaches": 0,
        "min_value": least,
        "avg_value": (least + greatest) / 2,
        "max_value": greatest,
    }
    return row | more


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("days", [0.01, 1, 8, 45, 400, 4000])
def test_no_range_has_more_points_than_a_screen(name: str, days: float) -> None:
    window = window_of(name, MIDNIGHT - timedelta(days=days), MIDNIGHT)
    seconds = (window.to_at - window.from_at).total_seconds()
    assert seconds / window.bucket_seconds <= MOST_POINTS
    assert window.from_at.timestamp() % window.bucket_seconds == 0
    assert window.to_at > MIDNIGHT >= window.from_at
    # Hours that are counted already are whole ones.
    assert not window.is_hourly or window.bucket_seconds % 3600 == 0


def test_missing_buckets_are_a_gap_and_not_a_line() -> None:
    drawn = draw([bucket(0), bucket(10), bucket(40), bucket(50)], SENSOR, window(600))
    mean = drawn.chart["series"][2]["values"]
    assert mean == [4.5, 4.5, None, 4.5, 4.5]
    begin, end = drawn.gaps[0]
    assert (end - begin) == 20 * 60 and len(drawn.gaps) == 2
    assert drawn.gaps[1][1] == SENSOR["as_of_at"].timestamp(), "silent until the watermark"


def test_a_slow_sensor_has_no_gap_between_its_readings() -> None:
    slow = SENSOR | {"expected_interval_seconds": 900, "as_of_at": MIDNIGHT + timedelta(hours=1)}
    drawn = draw([bucket(minute) for minute in (0, 15, 30, 45)], slow, window(300))
    assert drawn.gaps == () and None not in drawn.chart["series"][2]["values"]


def test_breaches_are_marked_on_the_side_they_are_on() -> None:
    rows = [bucket(0), bucket(10, greatest=9.0, breaches=2), bucket(20, least=1.0, breaches=1)]
    drawn = draw(rows, SENSOR, window(600))
    marks = drawn.chart["series"][3]
    assert marks["values"] == [None, 9.0, 1.0]
    assert marks["said"] == [None, "2 breaches", "1 breach"]
    assert drawn.gist.startswith("30 readings, between 1 and 9, 3 breaches")


def test_what_is_no_number_is_not_drawn() -> None:
    rows = [bucket(0, greatest=float("inf")), bucket(10, avg_value=float("nan"), min_value=None)]
    series = draw(rows, SENSOR, window(600)).chart["series"]
    assert [each["values"] for each in series[:3]] == [[4.0, None], [None, 5.0], [None, None]]


def test_no_readings_are_said_to_be_none() -> None:
    drawn = draw([], SENSOR, window(600))
    assert drawn.gist.startswith("No readings in this time.") and drawn.chart["x"] == []


def window(seconds: int) -> Any:
    """The six hours in buckets of that size."""
    from dataclasses import replace

    return replace(around(MIDNIGHT, MIDNIGHT + timedelta(hours=6)), bucket_seconds=seconds)
