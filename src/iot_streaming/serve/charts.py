"""Rows in, what static/charts.js draws out: numbers, units and words, no look."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from iot_streaming.serve.shown import finite

Chart = dict[str, Any]


def epoch(at: Any) -> float:
    """Seconds since 1970 of an instant or a date; what has no zone is UTC."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time()) if isinstance(at, date) else datetime.fromisoformat(at)
    return float((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def bars(
    rows: Sequence[Mapping[str, Any]], at: str, step: float, *series: tuple[str, str, str]
) -> Chart:
    """A bar for each row and time; series are (column, label, tone), drawn over each other."""
    return _over_time("bars", rows, at, step, series)


def lines(
    rows: Sequence[Mapping[str, Any]], at: str, step: float, *series: tuple[str, str, str]
) -> Chart:
    """A line for each series; a step without a row is a gap."""
    return _over_time("lines", rows, at, step, series)


def _over_time(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    at: str,
    step: float,
    series: Sequence[tuple[str, str, str]],
) -> Chart:
    x: list[float] = []
    values: list[list[float | None]] = [[] for _ in series]
    for row in rows:
        here = epoch(row[at])
        if x and here - x[-1] > step * 1.5:
            x.append(x[-1] + step)
            for each in values:
                each.append(None)
        x.append(here)
        for each, (column, _, _) in zip(values, series, strict=True):
            each.append(finite(row[column]))
    return {
        "kind": kind,
        "step": step,
        "x": x,
        "series": [
            {"label": label, "tone": tone, "values": each}
            for each, (_, label, tone) in zip(values, series, strict=True)
        ],
    }
