"""Counts in, the outlines of pictures out: coordinates, no markup.

Pictures are stretched to their place, so they hold no text; their labels are beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Thinner would not be seen: a single failed device has to be.
_THINNEST = 0.6


@dataclass(frozen=True)
class Piece:
    """A part of a bar that is 100 wide."""

    x: float
    width: float
    kind: str


def stacked(parts: Sequence[tuple[str, Any]]) -> list[Piece]:
    """A bar of (kind, count) side by side; what is there is always seen."""
    counted = [(kind, float(count or 0)) for kind, count in parts]
    total = sum(count for _, count in counted)
    if not total:
        return []
    widths = [max(count / total * 100, _THINNEST) if count else 0.0 for _, count in counted]
    scale = 100 / sum(widths)
    pieces, x = [], 0.0
    for (kind, _), width in zip(counted, widths, strict=True):
        if width:
            pieces.append(Piece(round(x, 2), round(width * scale, 2), kind))
        x += width * scale
    return pieces


def share(value: Any, greatest: Any) -> float:
    """How long a bar is, of 100; 0 where there is nothing to draw."""
    if value is None or not greatest or value != value:
        return 0.0
    part = float(value) / float(greatest) * 100
    return round(min(max(part, _THINNEST if value > 0 else 0.0), 100.0), 2)


# What kind flows there, and its outline.
Shape = tuple[str, str]
_HIGH = 64.0
_FALL = 22.0
_STAGE = 200


def flow(landed: int, good: int, quarantined: int, silver: int, removed: int) -> list[Shape]:
    """Landed → good and kept back → silver and removed, each in its share of what landed.

    Bands as thick as lines are left, and what branches off them. The viewBox is 0 0 600 92; stages
    begin at 0, 200 and 400.
    """

    def thick(count: int) -> float:
        return max(1.6, _HIGH * count / landed) if count > 0 and landed else 0.0

    return [
        *_bar("lines", 0, thick(landed)),
        *_bar("lines", _STAGE, thick(good)),
        *_bar("good", 2 * _STAGE, thick(silver)),
        *_branch("kept", _STAGE, thick(good), thick(quarantined)),
        *_branch("removed", 2 * _STAGE, thick(silver), thick(removed)),
    ]


def _bar(kind: str, x: int, thickness: float) -> list[Shape]:
    return [(kind, f"M{x} 2h{_STAGE}v{thickness:.2f}h-{_STAGE}z")] if thickness else []


def _branch(kind: str, x: int, below: float, thickness: float) -> list[Shape]:
    """Leaves the band at its lower edge, falls, and ends before the next stage."""
    if not thickness:
        return []
    top, bend, end = 2 + below, 60, _STAGE - 90
    down = f"c{bend / 2} 0 {bend / 2} {_FALL} {bend} {_FALL}"
    back = f"c-{bend / 2} 0 -{bend / 2} -{_FALL} -{bend} -{_FALL}"
    return [(kind, f"M{x} {top:.2f}{down}h{end}v{thickness:.2f}h-{end}{back}z")]
