"""Numbers, times and text from the data in, what people read out."""

import re
from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from iot_streaming.quality.report.facts import (
    Check,
    Flow,
    Job,
    Measure,
    Objective,
    Run,
    findings,
)

NOTHING = "–"
MEASURES = {
    "files": "Files",
    "lines": "Lines landed",
    "good": "Good lines",
    "quarantined": "Kept back",
    "corrupt": "No JSON",
    "rescued": "With rescued values",
    "duplicates": "Duplicates, so far",
    "checks": "Checks asked",
    "checks_failed": "Checks failed",
    "checks_warned": "Checks warned",
    "seconds": "Took",
}
# Controls that a terminal obeys or that turn the text around them: shown as what they are.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_MARKS = {"passed": "✓", "attention": "!", "failed": "✕"}
_UNITS = ((86400 * 2, 86400, "d"), (3600 * 2, 3600, "h"), (120, 60, "min"))


def shown(value: Any, most: int = 160) -> str:
    """A value from the data as one line that nothing hides in, cut where it is very long."""
    text = NOTHING if value is None else str(value)
    cut = text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", cut)


def rounded(value: float | None) -> str:
    """A count with thousands, another number with as many digits as tell something."""
    if value is None:
        return NOTHING
    if not isfinite(value):
        return str(value)
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(share: float | None, digits: int = 1) -> str:
    """0.034 → 3.4 %; what is not quite all is never shown as all."""
    if share is None:
        return NOTHING
    text = f"{share * 100:.{digits}f}"
    if share < 1 and float(text) >= 100:
        text = f"{100 - 10**-digits:.{digits}f}"
    whole, _, rest = text.replace("-", "−").partition(".")
    return f"{text.replace('-', '−')} %" if rest.strip("0") else f"{whole} %"


def duration(seconds: float | None) -> str:
    """0.42 s, 38 s, 12 min, 5 h, 3 d."""
    if seconds is None:
        return NOTHING
    for least, unit, name in _UNITS:
        if seconds >= least:
            value = seconds / unit
            digits = 1 if value < 10 else 0
            return f"{value:.{digits}f}".removesuffix(".0") + f" {name}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


def moment(at: datetime | None) -> str:
    """25 Nov 2026, 22:40 UTC."""
    return NOTHING if at is None else f"{at.day} {at:%b %Y, %H:%M} UTC"


def counted(number: int, one: str, many: str = "") -> str:
    """1 row, 1,234 rows."""
    return f"1 {one}" if number == 1 else f"{number:,} {many or one + 's'}"


def difference(measure: Measure) -> str:
    """How much more it is now: +12, −3, or = when nothing changed."""
    if measure.before is None or measure.now is None:
        return NOTHING
    more = measure.now - measure.before
    if not more:
        return "="
    told = duration(abs(more)) if measure.name == "seconds" else rounded(abs(more))
    return f"{'+' if more > 0 else '−'}{told}"


def removed_as(flow: Flow) -> str:
    """What became of good lines that silver has no row for."""
    return "duplicates removed" if flow.deleted is None else "overtaken by a later change"


def message_told(check: Check) -> bool:
    """Whether dbt's message says more than the count of rows does."""
    return bool(check.message) and not (check.rows_failing and check.message.startswith("Got "))


def flow_told(flow: Flow) -> str:
    """The picture of a source's way in a sentence."""
    told = [f"{counted(flow.lines, 'line')} landed", f"{flow.good:,} are good in bronze"]
    if flow.quarantined:
        told.append(f"{flow.quarantined:,} are kept back")
    if flow.released:
        told.append(f"{flow.released:,} of these were released since")
    if flow.silver is not None:
        told.append(f"{flow.silver:,} are in silver and {flow.removed:,} {removed_as(flow)}")
    if flow.gold is not None:
        told.append(f"{flow.gold:,} are in {flow.gold_table}")
    return ", ".join(told) + "."


def days_told(objective: Objective) -> str:
    """An objective's days in a sentence."""
    allowed = 1 - objective.target
    over = sum(day.valid - day.good > allowed * day.valid for day in objective.days)
    return (
        f"{objective.objective}: more was missed than a day may miss on {over} of "
        f"{counted(len(objective.days), 'day')}."
    )


def mark(status: str) -> str:
    """A sign beside a verdict's word, for where there are no pictures."""
    return _MARKS.get(status, "?")


def because(run: Run, checks: Sequence[Check], jobs: Sequence[Job], flow: Sequence[Flow]) -> str:
    """One sentence why the verdict is what it is."""
    found = findings(tuple(checks))
    failed = [check for check in found if check.failed]
    if failed:
        return f"{_some(failed)} failed."
    problems = other_problems(jobs, found)
    if problems:
        more = f" And {len(problems) - 1:,} more." if len(problems) > 1 else ""
        return f"{shown(problems[0], 300)}.{more}".replace("..", ".")
    broken = [each.source for each in flow if not each.is_balanced]
    if broken:
        return f"The lines of {', '.join(broken)} do not add up."
    asked = _asked(run, checks)
    if found:
        return f"{_some(found)} {'wants' if len(found) == 1 else 'want'} a look; {_lines(run)}"
    return f"{asked}; {_lines(run)}"


def other_problems(jobs: Sequence[Job], found: Sequence[Check]) -> list[str]:
    """What stopped a job or wants a person, less what its checks' results say better."""
    # As a run tells them: `NAME: 3 rows, …` or `test NAME: …`.
    names = tuple(f"{kind}{check.name}:" for check in found for kind in ("", "test ", "source "))
    return [
        problem
        for job in jobs
        for problem in job.problems
        if not problem.startswith(names or ("\0",))
    ]


def _some(checks: Sequence[Check]) -> str:
    named = [_named(check) for check in checks[:2]]
    if len(checks) > 2:
        named.append(counted(len(checks) - 2, "more check", "more checks"))
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def _named(check: Check) -> str:
    if check.kind == "freshness":
        return f"freshness of {check.table} ({duration(check.value)} old)"
    rows = f" ({counted(check.rows_failing, 'row')})" if check.rows_failing else ""
    return f"{check.name}{rows}"


def _asked(run: Run, checks: Sequence[Check]) -> str:
    asked = [check for check in checks if check.status != "skipped"]
    if not asked:
        return "This run asked no checks" if not run.checks else f"{run.checks:,} checks were asked"
    return f"All {counted(len(asked), 'check')} passed" if len(asked) > 1 else "Its check passed"


def _lines(run: Run) -> str:
    if run.lines is None:
        return "what landed is not known here."
    if not run.lines:
        return "nothing new had landed."
    if run.lines != (run.good or 0) + (run.quarantined or 0):
        return f"its {run.lines:,} lines do not add up."
    kept = f"{run.quarantined:,} kept back with a reason" if run.quarantined else "none kept back"
    return f"each of its {run.lines:,} lines is accounted for, {kept}."
