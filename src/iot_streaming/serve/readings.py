"""A sensor, a range and its buckets in, a chart of its readings out: breaches marked, gaps open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from iot_streaming.quality.report.words import counted
from iot_streaming.serve.charts import Chart, epoch
from iot_streaming.serve.shown import finite, number, took

RANGES = {"day": 1, "week": 7, "month": 30, "year": 365, "all": 0}
# More points than this no screen shows apart.
MOST_POINTS = 600
_HOUR, _DAY = 3600, 86400
_STEPS = (60, 120, 180, 300, 600, 900, 1200, 1800, _HOUR, 7200, 10800, 14400, 21600, 43200, _DAY)
# A sensor that misses this many of its intervals is silent; seed tuning_limits says the same.
_SILENT_AFTER = 3


@dataclass(frozen=True)
class Window:
    """From when until before when, in buckets of so many seconds."""

    from_at: datetime
    to_at: datetime
    bucket_seconds: int

    @property
    def parameters(self) -> dict[str, str | int]:
        """As the questions take them: UTC without a zone."""
        return {
            "from_at": self.from_at.strftime("%Y-%m-%d %H:%M:%S"),
            "to_at": self.to_at.strftime("%Y-%m-%d %H:%M:%S"),
            "bucket_seconds": self.bucket_seconds,
        }

    @property
    def is_hourly(self) -> bool:
        """Whether hours that are counted already will do."""
        return self.bucket_seconds >= _HOUR


def window_of(name: str, first_at: datetime, as_of_at: datetime) -> Window:
    """The last day, week, month, year or all up to the watermark, in whole buckets.

    The bucket is the least of some round ones that makes no more than MOST_POINTS.
    """
    end = datetime.fromtimestamp(ceil(as_of_at.timestamp() + 1), UTC)
    days = RANGES[name]
    return around(end - timedelta(days=days) if days else first_at, end)


def _step(seconds: float) -> int:
    for step in _STEPS:
        if seconds / step <= MOST_POINTS - 1:
            return step
    return int(-(-seconds // (_DAY * (MOST_POINTS - 1)))) * _DAY


def around(from_at: datetime, to_at: datetime) -> Window:
    """That time, in whole buckets."""
    step = _step(max((to_at - from_at).total_seconds(), _HOUR))
    begin = datetime.fromtimestamp(from_at.timestamp() // step * step, UTC)
    return Window(begin, to_at, step)


@dataclass(frozen=True)
class Drawn:
    """The chart, and in words what is to be seen in it."""

    chart: Chart
    gist: str
    readings: int
    breaches: int
    gaps: tuple[tuple[float, float], ...]


def draw(buckets: Sequence[Mapping[str, Any]], sensor: Mapping[str, Any], window: Window) -> Drawn:
    """Mean, least and greatest of each bucket; nothing is drawn where nothing was read."""
    interval = sensor["expected_interval_seconds"] or 0
    step = window.bucket_seconds
    longest = max(step, interval * _SILENT_AFTER)
    begin = max(window.from_at.timestamp(), epoch(sensor["first_reading_at"]))
    end = min(window.to_at.timestamp(), epoch(sensor["as_of_at"]))
    limits = {"low": finite(sensor["threshold_min"]), "high": finite(sensor["threshold_max"])}
    points: list[tuple[float, Mapping[str, Any] | None]] = []
    gaps: list[tuple[float, float]] = []
    until = begin
    for bucket in buckets:
        here = epoch(bucket["bucket_at"])
        if here - until > longest:
            gaps.append((until, here))
            if points:
                points.append((until, None))
        points.append((here + step / 2, bucket))
        until = here + step
    if end - until > longest:
        gaps.append((until, end))
    drawn = [bucket for _, bucket in points if bucket]
    chart: Chart = {
        "kind": "readings",
        "step": step,
        "x": [at for at, _ in points],
        "range": [max(window.from_at.timestamp(), begin - step), window.to_at.timestamp()],
        "limits": limits,
        "gaps": gaps,
        # The mean after its span, so that it is drawn over it.
        "series": [
            _series("least", points, "min_value") | {"as": "edge"},
            _series("greatest", points, "max_value") | {"as": "edge"},
            _series("mean", points, "avg_value"),
            _breaches(points, limits),
        ],
    }
    readings = sum(int(bucket["readings"]) for bucket in drawn)
    breaches = sum(int(bucket["breaches"] or 0) for bucket in drawn)
    gist = _gist(drawn, readings, breaches, gaps) + _threshold(sensor)
    return Drawn(chart, gist, readings, breaches, tuple(gaps))


def _series(
    label: str, points: Sequence[tuple[float, Mapping[str, Any] | None]], column: str
) -> dict[str, Any]:
    values = [None if bucket is None else finite(bucket[column]) for _, bucket in points]
    return {"label": label, "tone": "flow", "values": values}


def _breaches(
    points: Sequence[tuple[float, Mapping[str, Any] | None]], limits: Mapping[str, float | None]
) -> dict[str, Any]:
    """A mark where a bucket has breaches: on the extreme that is beyond its limit."""
    values: list[float | None] = []
    said: list[str | None] = []
    for _, bucket in points:
        count = int(bucket["breaches"] or 0) if bucket else 0
        values.append(_beyond(bucket, limits) if bucket and count else None)
        said.append(counted(count, "breach", "breaches") if count else None)
    return {"label": "breaches", "tone": "bad", "as": "mark", "values": values, "said": said}


def _beyond(bucket: Mapping[str, Any], limits: Mapping[str, float | None]) -> float | None:
    least, greatest = finite(bucket["min_value"]), finite(bucket["max_value"])
    low = limits["low"]
    if low is not None and least is not None and least < low:
        return least
    # Thresholds change: what was a breach then may lie within today's, and is marked above.
    return greatest


def _threshold(sensor: Mapping[str, Any]) -> str:
    low, high = sensor["threshold_min"], sensor["threshold_max"]
    if low is None and high is None:
        return ""
    told = [f"at least {number(low, 2)}"] if low is not None else []
    told += [f"at most {number(high, 2)}"] if high is not None else []
    return f" The threshold is {' and '.join(told)}."


def _gist(
    drawn: Sequence[Mapping[str, Any]],
    readings: int,
    breaches: int,
    gaps: Sequence[tuple[float, float]],
) -> str:
    if not readings:
        return "No readings in this time."
    least = [value for bucket in drawn if (value := finite(bucket["min_value"])) is not None]
    greatest = [value for bucket in drawn if (value := finite(bucket["max_value"])) is not None]
    told = [counted(readings, "reading")]
    if least and greatest:
        told.append(f"between {number(min(least), 2)} and {number(max(greatest), 2)}")
    told.append(counted(breaches, "breach", "breaches") if breaches else "no breach")
    if gaps:
        longest = max(end - begin for begin, end in gaps)
        told.append(f"{counted(len(gaps), 'gap')}, the longest {took(longest)}")
    invalid = sum(int(bucket["invalid_readings"] or 0) for bucket in drawn)
    if invalid:
        told.append(f"{counted(invalid, 'reading')} not valid and not drawn")
    return f"{', '.join(told)}."
