"""Counts in, the outlines of a page's pictures out: coordinates, no markup.

Pictures are stretched to the page's width, so they hold no text; their labels are beside them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iot_streaming.quality.report.facts import Flow, Objective, Period
from iot_streaming.quality.report.words import counted, duration, moment, percent

COLUMN = 150
_BAND = 44.0
_FALL = 13.0
# Thinner would not be seen: a single lost line has to be.
_THINNEST = 1.8


@dataclass(frozen=True)
class Shape:
    """A closed path; `kind` says what flows in it: lines, kept or removed."""

    kind: str
    path: str


def ribbons(flow: Flow) -> list[Shape]:
    """A source's way from landing through bronze and silver to gold, as thick as lines are left.

    The viewBox is 0 0 600 64: a column of 150 each.
    """
    shares = [
        _thickness(count, flow.lines)
        for count in (flow.lines, flow.good, flow.silver, flow.gold)
        if count is not None
    ]
    shapes = [
        Shape("lines", _bar(COLUMN * column, thickness)) for column, thickness in enumerate(shares)
    ]
    for column, kind, count in ((1, "kept", flow.quarantined), (2, "removed", flow.removed or 0)):
        if count > 0 and column < len(shares):
            thickness = _thickness(count, flow.lines)
            below = min(shares[column], _BAND - thickness)
            shapes.append(Shape(kind, _falling(COLUMN * column, below, thickness)))
    return shapes


def _thickness(count: int, lines: int) -> float:
    return max(_THINNEST, min(_BAND, _BAND * count / lines)) if count and lines else 0


def _bar(x: float, thickness: float) -> str:
    return f"M{x} 2h{COLUMN}v{thickness:.2f}h-{COLUMN}z"


def _falling(x: float, below: float, thickness: float) -> str:
    """A branch that leaves the band at its lower edge and ends before the next column."""
    top, bend, end = 2 + below, 46, COLUMN - 60
    down = f"c{bend / 2} 0 {bend / 2} {_FALL} {bend} {_FALL}"
    back = f"c-{bend / 2} 0 -{bend / 2} -{_FALL} -{bend} -{_FALL}"
    return f"M{x} {top:.2f}{down}h{end}v{thickness:.2f}h-{end}{back}z"


@dataclass(frozen=True)
class Bar:
    """One of a chart's bars; the chart is 100 high, a bar's place 10 wide. `label` tells it."""

    x: float
    y: float
    height: float
    kind: str
    label: str


@dataclass(frozen=True)
class Chart:
    """A chart of periods: its bars, and in words its newest value, its greatest and its gist."""

    key: str
    title: str
    latest: str
    greatest: str
    gist: str
    bars: tuple[Bar, ...]


def charts(history: Sequence[Period]) -> list[Chart]:
    """Lines, share kept back, checks not passed and duration, oldest first."""
    return [
        _chart("lines", "Lines landed", history, [p.lines for p in history], _lines),
        _chart(
            "kept",
            "Share kept back",
            history,
            [p.quarantined_share or 0 for p in history],
            lambda value: percent(value, 2),
        ),
        _checks(history),
        _chart("seconds", "Duration", history, [p.longest_seconds for p in history], duration),
    ]


def _lines(value: float) -> str:
    return counted(int(value), "line")


def _chart(
    key: str,
    title: str,
    history: Sequence[Period],
    values: Sequence[float],
    said: Callable[[float], str],
) -> Chart:
    greatest = max(values)
    return Chart(
        key=key,
        title=title,
        latest=said(values[-1]),
        greatest=said(greatest),
        gist=f"{said(values[-1])} in the newest, between {said(min(values))} and {said(greatest)}.",
        bars=tuple(
            _column(number, value, greatest, key, f"{when(period)}: {said(value)}")
            for number, (period, value) in enumerate(zip(history, values, strict=True))
        ),
    )


def _checks(history: Sequence[Period]) -> Chart:
    greatest = max(p.checks_failed + p.checks_warned for p in history)
    bars = []
    for number, period in enumerate(history):
        label = f"{when(period)}: {_not_passed(period)}"
        bars.append(_column(number, period.checks_failed, greatest, "failed", label))
        warned = _column(number, period.checks_warned, greatest, "warned", label)
        bars.append(Bar(warned.x, warned.y - bars[-1].height, warned.height, "warned", label))
    bad = sum(period.checks_failed > 0 for period in history)
    return Chart(
        key="checks",
        title="Checks not passed",
        latest=_not_passed(history[-1]),
        greatest=counted(greatest, "check"),
        gist=f"{_not_passed(history[-1])} in the newest; some failed in {bad} of {len(history)}.",
        bars=tuple(bar for bar in bars if bar.height),
    )


def _not_passed(period: Period) -> str:
    return f"{period.checks_failed:,} failed, {period.checks_warned:,} warned"


def when(period: Period) -> str:
    """The time of a period's run, or of its first and last."""
    if period.runs == 1:
        return moment(period.from_at)
    return f"{moment(period.from_at)} and {counted(period.runs - 1, 'run')} after it"


def shortfalls(objective: Objective) -> tuple[Bar, ...]:
    """What was missing of each day, the allowed share at half the height."""
    allowed = 1 - objective.target
    missing = [1 - day.good / day.valid if day.valid else 0 for day in objective.days]
    # Where nothing may go wrong, whatever did is the scale.
    most = 2 * allowed or max(missing, default=0)
    return tuple(
        _column(
            number,
            min(share, most),
            most,
            "over" if share > allowed else "within",
            f"{day.day}: {percent(day.good / day.valid if day.valid else None, 2)} good",
        )
        for number, (day, share) in enumerate(zip(objective.days, missing, strict=True))
    )


def _column(number: int, value: float, greatest: float, kind: str, label: str) -> Bar:
    height = max(100 * value / greatest, 2) if value and greatest else 0.0
    return Bar(number * 10 + 1, round(100 - height, 2), round(height, 2), kind, label)
