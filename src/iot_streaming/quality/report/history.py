"""Runs in, a few dozen periods out: as much of the past as a chart can show."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from iot_streaming.quality.report.facts import Period, Run

PERIODS = 60
_STEPS = [timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 7 * 24, 30 * 24, 365 * 24)]


def history_of(runs: Sequence[Run]) -> tuple[Period, ...]:
    """The runs one by one while they are few, else put together by the shortest step that fits."""
    runs = sorted(runs, key=lambda run: run.started_at)
    if len(runs) <= PERIODS:
        return tuple(_period([run]) for run in runs)
    span = runs[-1].started_at - runs[0].started_at
    step = next((step for step in _STEPS if span / step < PERIODS - 1), span / (PERIODS - 1))
    grouped: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        grouped[_number(run.started_at, step)].append(run)
    return tuple(_period(group) for group in grouped.values())


def _number(at: datetime, step: timedelta) -> int:
    """Which step since 1970 it is in: days begin at midnight UTC."""
    return int(at.timestamp() // step.total_seconds())


def _period(runs: Sequence[Run]) -> Period:
    lines = sum(run.lines or 0 for run in runs)
    quarantined = sum(run.quarantined or 0 for run in runs)
    return Period(
        from_at=runs[0].started_at,
        to_at=runs[-1].started_at,
        runs=len(runs),
        lines=lines,
        quarantined=quarantined,
        quarantined_share=quarantined / lines if lines else None,
        checks_failed=max(run.checks_failed or 0 for run in runs),
        checks_warned=max(run.checks_warned or 0 for run in runs),
        longest_seconds=max(run.seconds or 0 for run in runs),
    )
