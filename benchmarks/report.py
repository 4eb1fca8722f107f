"""What a section measured in, its table as Markdown out, and into its place on the page."""

import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from costs import Cost, median

COSTS = ("", "CPU s", "wall s", "peak MiB")


@dataclass(frozen=True)
class Table:
    """One section's outcome: on what it was measured, columns, rows, and remarks below them.

    `packages` are those whose versions belong to the figures.
    """

    about: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    remarks: Sequence[str] = field(default=())
    packages: tuple[str, ...] = ("duckdb", "deltalake")

    def markdown(self) -> str:
        """What was measured and where, the table with its columns in line, the remarks."""
        lines = [self.columns, tuple("-" for _ in self.columns), *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            [
                f"{self.about}. {machine()}; {versions(self.packages)}.",
                "",
                *(_line(cells, widths) for cells in lines),
                *([""] if self.remarks else []),
                *(f"- {remark}" for remark in self.remarks),
            ]
        )


def cost_cells(name: str, costs: list[Cost]) -> tuple[str, ...]:
    """The cells below COSTS: medians."""
    cpu, wall, memory = (median(costs, figure) for figure in ("cpu", "wall", "memory"))
    return name, f"{cpu:.1f}", f"{wall:.1f}", f"{memory:,.0f}"


def spread(numbers: list[float]) -> str:
    """The middle one, and the least and the greatest beside it.

    >>> spread([1.8, 2.0, 1.7])
    '1.80 (1.70 to 2.00)'
    """
    low, middle, high = (f"{n:.2f}" for n in (min(numbers), _middle(numbers), max(numbers)))
    return middle if len(numbers) == 1 else f"{middle} ({low} to {high})"


def held_to(numbers: list[float], aim: float, *, least: bool = False) -> str:
    """An aim and whether the middle number keeps it: at most so much, or at least.

    >>> held_to([1.8, 2.0, 1.7], 1.7)
    'at most 1.7: missed'
    """
    kept = _middle(numbers) >= aim if least else _middle(numbers) <= aim
    return f"at {'least' if least else 'most'} {aim:g}: {'met' if kept else 'missed'}"


def checked(rows: int, lines: int) -> str:
    """A row count beside what landed.

    >>> checked(98, 100)
    '98: 2 lost'
    """
    wrong = f": {lines - rows:,} lost" if rows < lines else f": {rows - lines:,} too many"
    return f"{rows:,}{'' if rows == lines else wrong}"


def write_section(page: Path, name: str, text: str) -> None:
    """Put the text between the section's marks; ValueError when the page has none."""
    marks = re.compile(rf"(<!-- bench: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    before = page.read_text(encoding="utf-8")
    after, found = marks.subn(lambda mark: f"{mark[1]}\n{text}\n\n{mark[2]}", before)
    if found != 1:
        raise ValueError(f"{page} wants '<!-- bench: {name} -->' and '<!-- end -->' once each")
    page.write_text(after, encoding="utf-8")


def machine() -> str:
    """When, and on how much of what: the load tells whether others worked here."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{time.strftime('%Y-%m-%d')}, {sys.platform}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"load at the end {os.getloadavg()[0]:.1f}"
    )


def versions(packages: Sequence[str]) -> str:
    """Python's and theirs."""
    python = ".".join(map(str, sys.version_info[:3]))
    return ", ".join([f"Python {python}", *(f"{name} {_version(name)}" for name in packages)])


def missing(packages: Sequence[str]) -> list[str]:
    """Those that aren't installed."""
    return [name for name in packages if not _version(name)[0].isdigit()]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _middle(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Names to the left, all else to the right, as the rule below the columns says."""
    if set(cells) == {"-"}:
        rule = ["-" * widths[0], *(f"{'-' * (width - 1)}:" for width in widths[1:])]
        return f"| {' | '.join(rule)} |"
    first, *others = zip(cells, widths, strict=True)
    shown = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(shown)} |"
