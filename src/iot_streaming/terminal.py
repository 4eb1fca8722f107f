"""The terminal: progress and notes on stderr, results on stdout."""

import json
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from iot_streaming.errors import ConfigurationError

if TYPE_CHECKING:
    from iot_streaming.doctor import Finding
    from iot_streaming.jobs import RunResult
    from iot_streaming.scorecard import Score
    from iot_streaming.simulator import Manifest, Simulation


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
            for node in warned:
                self._out.print(f"  warned: {node.name}: {node.failures} rows", markup=False)
        if result.duplicates is not None:
            self._out.print(f"duplicate events kept out of silver so far: {result.duplicates:,}")
        times = ", ".join(f"{job.job} {job.seconds:.1f} s" for job in result.jobs)
        self._out.print(f"{times}; {result.seconds:.1f} s in all")
        self._out.print("[bold green]ok[/]" if result.ok else "[bold red]not ok[/]")

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

    def print_manifest(self, manifest: "Manifest", out: Path) -> None:
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


def simulation_of(
    events: int | None,
    *,
    devices: int | None,
    hours: float | None,
    seed: int,
    start: str,
    faults: str,
    gzip: bool,
) -> "Simulation":
    """The settings that the options describe; ConfigurationError where they don't fit."""
    from iot_streaming.simulator import Simulation

    try:
        first = datetime.fromisoformat(start)
    except ValueError as error:
        raise ConfigurationError(f"--start {start!r} is no ISO 8601 time ({error})") from error
    first = first.replace(tzinfo=UTC) if first.tzinfo is None else first.astimezone(UTC)
    if events is not None:
        return Simulation.sized(
            events,
            devices=devices,
            hours=hours,
            seed=seed,
            start=first,
            faults=faults,
            gzip=gzip,
        )
    return Simulation(
        seed=seed,
        devices=60 if devices is None else devices,
        start=first,
        hours=48 if hours is None else hours,
        faults=faults,
        gzip=gzip,
    )


def simulate_with_progress(terminal: Terminal, simulation: "Simulation", out: Path) -> "Manifest":
    """Simulate into `out`, telling how far it is."""
    from iot_streaming.simulator import simulate

    terminal.stage(f"simulate {simulation.devices} devices for {simulation.hours:g} h")
    return simulate(
        simulation, out, lambda done, total: terminal.progress("events written", done, total)
    )


def follow_until_stopped(
    terminal: Terminal, simulation: "Simulation", out: Path, speed: float
) -> None:
    """Drip files until SIGINT or SIGTERM; the file under way is finished first."""
    from iot_streaming.simulator import follow

    stopped: list[int] = []

    def remember(number: int, frame: object) -> None:
        stopped.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, remember)

    def sleep(seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not stopped and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))

    terminal.stage(f"dripping files into {out} at {speed:g} times real time; stop with Ctrl-C")
    follow(simulation, out, speed=speed, sleep=sleep, stop=lambda: bool(stopped))
