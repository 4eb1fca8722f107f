"""A Report in, GitHub-flavoured Markdown out: for a pull request or a job's summary."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from iot_streaming.quality.report.facts import Check, Report
from iot_streaming.quality.report.words import (
    NOTHING,
    counted,
    duration,
    mark,
    message_told,
    moment,
    other_problems,
    percent,
    removed_as,
    rounded,
    shown,
)

_PLAIN = re.compile(r"[\w .:/=,+()-]+", re.ASCII)
_ACTIVE = re.compile(r"[^\w\s,.();=+-]")
# An underscore within a word marks nothing up.
_MARKUP = re.compile(r"[&<>`*\[\]|~\\#:]|(?<![^\W_])_|_(?![^\W_])")
_ENDED = {"pass": "✓ passed", "warn": "! warned", "fail": "✕ failed", "error": "✕ not asked"}
_FRESH = {"pass": "✓ fresh", "warn": "! late", "fail": "✕ stale", "error": "✕ stale"}
_BECOMES = {"drop": "kept back", "warn": "marked", "fail": "stops the batch"}
_FINDINGS = 20
_COLUMNS = 8
_ROWS = 3


def render_markdown(report: Report) -> str:
    """Verdict, findings, lines, freshness, budgets and quarantine; no value of it is markup."""
    run = report.run
    parts = [
        f"# {mark(run.status)} {text(run.status.capitalize())}: data quality of "
        f"{text(report.target)}",
        text(report.verdict.because),
        f"Run {code(run.run_id)} on {text(run.engine)}, {moment(run.started_at)}, "
        f"took {duration(run.seconds)}.",
        *_findings(report),
        *_changes(report),
        *_lines(report),
        *_freshness(report),
        *_objectives(report),
        *_quarantine(report),
    ]
    return "\n\n".join(parts) + "\n"


def code(value: Any, most: int = 120) -> str:
    """A value from the data as code, where neither Markdown, HTML nor @mentions are read."""
    told = shown(value, most)
    if _PLAIN.fullmatch(told) and told.strip() == told:
        return f"`{told}`"
    return f"<code>{_ACTIVE.sub(lambda found: f'&#{ord(found[0])};', told)}</code>"


def text(value: Any, most: int = 600) -> str:
    """A sentence with names from the data in it, with nothing in it that is read as markup."""
    escaped = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", shown(value, most))
    # An entity alone would still call the person.
    return escaped.replace("@", "@\u2060")


def _findings(report: Report) -> list[str]:
    problems = other_problems(report.jobs, report.findings)
    parts = ["## What failed or wants a look"]
    if not problems and not report.findings:
        return [*parts, "Nothing." if report.checks else "Nothing; this run asked no checks."]
    if problems:
        parts.append("\n".join(f"- {text(problem)}" for problem in problems[:_FINDINGS]))
    for check in report.findings[:_FINDINGS]:
        parts += _finding(check)
    more = len(report.findings) - _FINDINGS
    return parts + ([f"And {counted(more, 'more check', 'more checks')}."] if more > 0 else [])


def _finding(check: Check) -> list[str]:
    ended = _FRESH if check.kind == "freshness" else _ENDED
    told = [f"**{ended.get(check.status, text(check.status))}** {code(check.name)}"]
    rows = f"{counted(check.rows_failing, 'row')} of " if check.rows_failing else ""
    told.append(f"{rows}{code(check.table)}")
    if message_told(check):
        told.append(text(check.message, 300))
    columns = list(dict.fromkeys(name for row in check.sample for name in row))[:_COLUMNS]
    sample = [[code(row.get(name), 60) for name in columns] for row in check.sample[:_ROWS]]
    return [" · ".join(told), *([_grid(map(code, columns), sample)] if sample else [])]


def _changes(report: Report) -> list[str]:
    changes = report.changes
    if changes is None:
        return []
    title = "yesterday" if changes.is_yesterday else "the run before"
    numbers = {measure.name: measure for measure in changes.measures}
    told = [
        f"{name} {rounded(measure.before)} → {rounded(measure.now)}"
        for key, name in (
            ("lines", "lines"),
            ("quarantined", "kept back"),
            ("checks_failed", "checks failed"),
            ("checks_warned", "warned"),
        )
        if (measure := numbers.get(key))
    ]
    rows = [
        [code(each.name), _ended(each.before), _ended(each.now)]
        for each in changes.checks[:_FINDINGS]
    ]
    return [
        f"## What changed since {title}",
        f"Beside {moment(changes.since.started_at)}: {', '.join(told)}.",
        *([_grid(["check", "then", "now"], rows)] if rows else []),
    ]


def _ended(status: str | None) -> str:
    return "not asked" if status is None else _ENDED.get(status, text(status))


def _lines(report: Report) -> list[str]:
    rows = [
        [
            code(flow.source),
            *(
                rounded(count)
                for count in (flow.files, flow.lines, flow.good, flow.quarantined, flow.released)
            ),
            rounded(flow.silver),
            f"{rounded(flow.removed)} {removed_as(flow)}" if flow.removed else NOTHING,
            rounded(flow.gold),
            "✓" if flow.is_balanced else "✕ no",
        ]
        for flow in report.flow
    ]
    header = ["source", "files", "landed", "good", "kept back", "released", "silver", "removed"]
    header += ["gold", "adds up"]
    return _section(report, "Where every line went", header, rows, "ledger")


def _freshness(report: Report) -> list[str]:
    rows = [
        [
            code(each.source),
            _FRESH.get(each.status, "not asked"),
            duration(each.age_seconds),
            duration(each.limit_seconds),
        ]
        for each in report.freshness
    ]
    return _section(report, "Freshness", ["source", "", "age", "limit"], rows)


def _objectives(report: Report) -> list[str]:
    rows = [
        [
            code(each.objective),
            percent(each.budget_left, 0),
            percent(each.sli, 2),
            percent(each.target, 2),
            f"{each.good:,} of {each.valid:,}",
        ]
        for each in report.objectives
    ]
    header = ["objective", "budget left", "reached", "target", "good of valid"]
    return _section(report, "Error budgets", header, rows, "error_budgets")


def _quarantine(report: Report) -> list[str]:
    rows = [
        [
            code(each.reason),
            code(each.source),
            _BECOMES.get(each.action, text(each.action)),
            *(rounded(count) for count in (each.in_run, each.in_all)),
            # What is only marked was never back.
            *(
                NOTHING if each.action == "warn" else rounded(count)
                for count in (each.replayed, each.left)
            ),
        ]
        for each in report.quarantine
        if each.in_all
    ]
    header = ["rule", "source", "a line is", "this run", "in all", "released", "still back"]
    return _section(report, "Kept back, and why", header, rows, "expectation_results", "replays")


def _section(
    report: Report, title: str, header: Sequence[str], rows: list[list[str]], *tables: str
) -> list[str]:
    told = [text(report.missing[table]) for table in tables if table in report.missing]
    body = [_grid(header, rows)] if rows else []
    return [f"## {title}", *told, *(body or ([] if told else ["Nothing."]))]


def _grid(header: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    names = list(header)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
