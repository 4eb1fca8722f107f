"""The terminal: progress and notes on stderr, results on stdout."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from iot_streaming.backfill import Backfilled
    from iot_streaming.bundle.finding import Finding as BundleFinding
    from iot_streaming.doctor import Finding
    from iot_streaming.jobs import RunResult
    from iot_streaming.optimize import Optimized
    from iot_streaming.parity.runs import Parity
    from iot_streaming.quality.quarantine import Quarantined
    from iot_streaming.quality.replay import Replayed
    from iot_streaming.scorecard import Score
    from iot_streaming.simulator import Manifest

_SHOWN_LINE = 200


class Terminal:
    """A Reporter for people. Enter it to see progress while work goes on."""

    def __init__(self) -> None:
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)
        self._out = Console(highlight=False)
        self._progress = Progress(
            TextColumn("{task.description:<42}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=self._err,
            transient=True,
        )
        self._task: TaskID | None = None
        self._stage = ""

    def __enter__(self) -> Self:
        # A pipe gets lines, not a bar that redraws itself.
        if self._err.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def stage(self, name: str) -> None:
        self._stage = name
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        self._err.print(f"[dim]{datetime.now(UTC):%H:%M:%S}[/] {name}")

    def progress(self, what: str, done: int, total: int) -> None:
        if self._task is None:
            self._task = self._progress.add_task(what, total=total)
        self._progress.update(self._task, description=what[:42], completed=done, total=total or 1)

    def say(self, text: str) -> None:
        self._err.print(f"  {text}", markup=False)

    def problem(self, text: str) -> None:
        self._err.print("[bold red]✗[/] ", end="")
        self._err.print(text, markup=False)

    def print_json(self, document: Any) -> None:
        print(json.dumps(document, indent=2, default=str, ensure_ascii=False))

    def print_summary(self, result: "RunResult") -> None:
        """Files, lines, good, quarantined, duplicates, models, tests, seconds."""
        table = _table(f"Run {result.run_id} on {result.target}")
        for name in ("source", "files", "lines", "good", "quarantined", "corrupt", "rescued"):
            table.add_column(name, justify="left" if name == "source" else "right")
        for job in result.jobs:
            for report in job.ingested:
                counts = ("files", "lines", "good", "quarantined", "corrupt", "rescued")
                table.add_row(report.source, *(f"{getattr(report, name):,}" for name in counts))
        if table.row_count:
            self._out.print(table)
        tests = len(result.nodes("test"))
        if tests:
            passed, warned = result.nodes("test", "pass"), result.nodes("test", "warn")
            self._out.print(
                f"models {len(result.nodes('model', 'success'))}, tests {tests}: {len(passed)} "
                f"passed, {len(warned)} warned, {tests - len(passed) - len(warned)} failed"
            )
        warnings = {text: None for job in result.jobs for text in job.warnings}
        for text in warnings:
            self._out.print(f"  warned: {text}", markup=False, soft_wrap=True)
        if result.duplicates is not None:
            self._out.print(f"duplicate events kept out of silver so far: {result.duplicates:,}")
        times = ", ".join(f"{job.job} {job.seconds:.1f} s" for job in result.jobs)
        self._out.print(f"{times}; {result.seconds:.1f} s in all")
        for job in result.jobs:
            for problem in (*job.failures, *job.attention):
                self._out.print(f"  ✗ {problem}", markup=False, soft_wrap=True)
        self._out.print("[bold green]ok[/]" if result.ok else "[bold red]not ok[/]")

    def print_optimized(self, done: Sequence["Optimized"]) -> None:
        table = _table("Files of each table")
        for name in ("table", "before", "after", "removed"):
            table.add_column(name, justify="left" if name == "table" else "right")
        for one in done:
            table.add_row(one.table, f"{one.before:,}", f"{one.after:,}", f"{one.removed:,}")
        self._out.print(table)

    def print_scorecard(self, scores: Sequence["Score"]) -> None:
        if not scores:
            return
        table = _table("Planted faults against found")
        table.add_column("fault")
        table.add_column("planted", justify="right")
        table.add_column("found", justify="right")
        table.add_column("")
        table.add_column("where")
        for score in scores:
            mark = "[green]✓[/]" if score.ok else "[bold red]✗[/]"
            table.add_row(
                score.kind, f"{score.planted:,}", f"{score.found:,}", mark, Text(score.where)
            )
        self._out.print(table)

    def print_manifest(self, manifest: "Manifest", out: str) -> None:
        table = _table(f"Simulated into {out}")
        for name in ("source", "files", "lines", "bytes"):
            table.add_column(name, justify="left" if name == "source" else "right")
        for name, count in manifest.sources.items():
            table.add_row(name, f"{count.files:,}", f"{count.lines:,}", f"{count.bytes:,}")
        self._out.print(table)
        faults = ", ".join(f"{kind} {count:,}" for kind, count in manifest.faults.items())
        self._out.print(f"planted: {faults or 'nothing'}", markup=False)

    def print_status(self, report: dict[str, Any]) -> None:
        table = _table(f"{report['catalog']}, newest event {report['as_of'] or 'none'}")
        for name in ("table", "rows", "quarantined", "newest"):
            table.add_column(name, justify="left" if name == "table" else "right")
        for row in report["tables"]:
            quarantined = row["quarantined"]
            table.add_row(
                row["table"],
                f"{row['rows']:,}",
                "" if quarantined is None else f"{quarantined:,}",
                str(row["newest"] or "").partition(".")[0].replace("T", " "),
            )
        self._out.print(table)
        self._print_objectives(report["objectives"])

    def _print_objectives(self, objectives: Sequence[dict[str, Any]]) -> None:
        if not objectives:
            return
        table = _table(f"Objectives, {objectives[0]['from_date']} to {objectives[0]['to_date']}")
        for name in ("objective", "target", "reached", "budget left"):
            table.add_column(name, justify="left" if name == "objective" else "right")
        for each in objectives:
            left = each["budget_left"]
            shown = "" if left is None else f"{left:.0%}"
            reached = "" if left is None else f"{each['sli']:.2%}"
            colour = "bold red" if left is not None and left <= 0 else ""
            table.add_row(
                Text(each["objective"]), f"{each['target']:.2%}", reached, Text(shown, style=colour)
            )
        self._out.print(table)

    def print_backfill(self, result: "Backfilled") -> None:
        """Rows of each model and day, before and after; of a dry run rows now."""
        what = "would be" if result.is_dry_run else "was"
        table = _table(f"{result.source}, {result.first} to {result.last}: {what} built again")
        names = ["rows now"] if result.is_dry_run else ["before", "after", "change"]
        for name in ("table", "day", *names):
            table.add_column(name, justify="left" if name in ("table", "day") else "right")
        for count in result.counts:
            rows = [f"{count.rows_before:,}"]
            if count.rows_after is not None:
                change = count.rows_after - count.rows_before
                rows += [f"{count.rows_after:,}", f"{change:+,}" if change else ""]
            table.add_row(Text(count.table), str(count.day or "all of it"), *rows)
        self._out.print(table)
        self._out.print(f"rows of these dates in bronze: {result.source_rows:,}")
        for warning in result.warnings:
            self._out.print(f"  warned: {warning}", markup=False, soft_wrap=True)
        for failure in result.failures:
            self._out.print(f"  ✗ {failure}", markup=False, soft_wrap=True)
        self._out.print("[bold green]ok[/]" if result.ok else "[bold red]not ok[/]")

    def print_quarantine(self, found: "Sequence[Quarantined]") -> None:
        """By source and reason: rows, those released and still kept back; then samples."""
        table = _table("Quarantine")
        has_files = any(each.file is not None for each in found)
        names = ("source", "reason", *(("file",) if has_files else ()))
        for name in (*names, "files", "rows", "released", "kept", "newest"):
            table.add_column(name, justify="left" if name in names else "right")
        for each in found:
            what = (
                each.source,
                ", ".join(each.reasons),
                *((each.file or "",) if has_files else ()),
            )
            counts = (each.files, each.rows, each.released, each.rows - each.released)
            newest = f"{each.last_at:%Y-%m-%d %H:%M:%S}"
            table.add_row(*map(Text, what), *(f"{count:,}" for count in counts), newest)
        self._out.print(table if found else "nothing is quarantined")
        for each in found:
            for sample in each.samples:
                head = f"{each.source}, {', '.join(each.reasons)}: "
                self._out.print(head + sample["line"][:_SHOWN_LINE], markup=False, soft_wrap=True)

    def print_replay(self, replayed: "Replayed") -> None:
        """What was judged, source by source and reason by reason; what was released."""
        table = _table(f"Replay {replayed.replay_id}")
        for name in ("source", "kept back for", "now", "rows"):
            table.add_column(name, justify="right" if name == "rows" else "left")
        counts: Counter[tuple[str, str, str]] = Counter()
        for each in replayed.judged:
            now = ", ".join(each.now) or ("would be released" if replayed.is_dry else "released")
            counts[each.source, ", ".join(each.reasons), now] += each.rows
        for what, rows in sorted(counts.items()):
            table.add_row(*map(Text, what), f"{rows:,}")
        if counts:
            self._out.print(table)
        self._out.print(replayed.summary, markup=False)

    def print_parity(self, parity: "Parity") -> None:
        """Each table's rows by engine, equal and different ones; then what differs, in words."""
        table = _table("Both engines' tables")
        engines = list(parity.tables[0].rows) if parity.tables else []
        for name in ("table", *engines, "equal", "different", "columns"):
            table.add_column(name, justify="left" if name == "table" else "right")
        for each in parity.tables:
            rows = ["–" if count is None else f"{count:,}" for count in each.rows.values()]
            mark = "[green]✓[/]" if each.ok else "[bold red]✗[/]"
            counts = (f"{each.equal:,}", f"{each.different:,} {mark}", str(each.columns))
            table.add_row(Text(each.table), *rows, *counts)
        self._out.print(table)
        for each in parity.tables:
            for told in each.differences:
                self._out.print(f"  ✗ {each.table}: {told}", markup=False, soft_wrap=True)
        for engine, run in parity.runs.items():
            verdict = "ok" if run.ok else "not ok"
            self._out.print(f"run on {engine}: {run.seconds:.1f} s, {verdict}")
        self._out.print("[bold green]equal[/]" if parity.ok else "[bold red]not equal[/]")

    def print_bundle_findings(self, found: "Mapping[str, Sequence[BundleFinding]]") -> None:
        for target, findings in found.items():
            for finding in findings:
                colour = "red" if finding.level == "error" else "yellow"
                self._out.print(f"{target} [{colour}]{finding.level}[/] ", end="")
                said = f"{finding.where}: {finding.message}"
                self._out.print(said, markup=False, soft_wrap=True)
            errors = sum(finding.level == "error" for finding in findings)
            verdict = f"{errors} errors" if errors else "[green]ok[/]"
            self._out.print(f"{target}: {verdict}, {len(findings) - errors} warnings")

    def print_findings(self, findings: Sequence["Finding"]) -> None:
        for finding in findings:
            mark = "[green]✓[/]" if finding.ok else "[bold red]✗[/]"
            self._out.print(f"{mark} {finding.what}: ", end="")
            self._out.print(finding.state, markup=False)
            if finding.mend:
                self._out.print(f"    {finding.mend}", markup=False)


def _table(title: str) -> Table:
    """Narrow enough that no name is cut in 80 columns."""
    return Table(title=Text(title), title_justify="left", box=SIMPLE, pad_edge=False, padding=0)


def print_rows(names: list[str], rows: Sequence[Sequence[Any]]) -> None:
    """A result as a table; text from the data is never read as markup."""
    # A pipe has no width: show every value whole there.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
    table = Table()
    for name in names:
        table.add_column(Text(name))
    for row in rows:
        table.add_row(*["" if value is None else Text(str(value)) for value in row])
    console.print(table)
