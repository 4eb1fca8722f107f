"""Landing files in as they come, rows of the facts out within seconds, until told to stop.

A pass takes in what is new and builds what lies between it and the facts. All else, and every
check, is a whole run's: the next takes up whatever passes have brought in since the last.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from iot_streaming.bundle import resolve
from iot_streaming.errors import ConfigurationError, IotStreamingError
from iot_streaming.home import writing
from iot_streaming.jobs.bench import Workbench
from iot_streaming.jobs.opened import engine_of
from iot_streaming.jobs.results import JobResult, RunResult
from iot_streaming.project import bundle_root
from iot_streaming.reporter import Reporter, Silent
from iot_streaming.settings import Settings

WHOLE_SECONDS = 300.0
# Files that land during a whole run wait for its end. It may have a thirtieth of the time: then
# nineteen of twenty wait for passes alone. But what it makes must not grow old either.
_SHARE = 30
_LONGEST = 3
_PAUSE = 0.5
_PAUSE_AFTER_FAILURE = 10.0
# Not by their folder: their tests lie there too, and rest on every dimension.
_FACTS = "+marts.facts.fct_*"


@dataclass(frozen=True)
class Pass:
    """What one pass brought in, and how long it took from the look at landing to the facts."""

    files: int
    lines: int
    seconds: float
    ended_at: float


def follow(
    settings: Settings,
    reporter: Reporter,
    whole: Callable[[], RunResult],
    *,
    whole_seconds: float = WHOLE_SECONDS,
    heard: Callable[[Pass], None] = lambda one: None,
    clock: Callable[[], float] = time.time,
) -> RunResult | None:
    """Whole runs, and passes between them; returns the last run.

    From end to begin it is `whole_seconds`, or up to three times as long where a whole run takes
    more than a thirtieth of that. The first SIGINT or SIGTERM lets what is under way come to its
    end; the second breaks it off. `heard` hears of each pass that found something.
    """
    if settings.engine != "duckdb":
        raise ConfigurationError(
            "--follow is for the embedded engine; on Spark run on a schedule, as the bundle's job"
        )
    result = None
    with _told_to_stop() as stop:
        while not stop.is_set():
            began = time.monotonic()
            result = whole()
            pause = _pause(whole_seconds, time.monotonic() - began)
            if any(job.failures for job in result.jobs):
                stop.wait(min(_PAUSE_AFTER_FAILURE, whole_seconds))
            until = time.monotonic() + pause
            with _passes(settings, reporter, result, clock) as one_pass:
                while not stop.is_set() and time.monotonic() < until:
                    try:
                        done = one_pass()
                    except IotStreamingError as error:
                        # The whole run says what is wrong, and keeps it.
                        reporter.problem(f"{error}; a whole run follows")
                        break
                    if done:
                        heard(done)
                    else:
                        stop.wait(_PAUSE)
    reporter.say("stopped; the next run goes on where this one was")
    return result


def _pause(least: float, took: float) -> float:
    """Seconds until the next whole run, after one that took so many."""
    return min(max(least, _SHARE * took), _LONGEST * least)


@contextmanager
def _passes(
    settings: Settings, reporter: Reporter, last: RunResult, clock: Callable[[], float]
) -> Iterator[Callable[[], Pass | None]]:
    """What makes a pass, None when nothing was new; the home's lock is held meanwhile.

    After a run that failed passes publish nothing: gold is as of the one before it.
    """
    root = bundle_root()
    pipelines = resolve(root, settings.target)["resources"]["pipelines"].values()
    parameters = {
        "catalog": settings.catalog,
        "schema_prefix": settings.target,
        "project_dir": str(root / "dbt"),
    }
    quiet = _OnlyProblems(reporter)
    with writing(settings, reporter.say), engine_of(settings, quiet, clock) as engine:
        reporter.stage("new files come into the facts as they land; stop with Ctrl-C")
        bench = Workbench(settings, quiet, last.run_id, clock, engine, checks=False)

        def one_pass() -> Pass | None:
            began = time.monotonic()
            before = engine.bronze_versions()
            bench.job = JobResult("follow")
            for pipeline in pipelines:
                bench.pipeline(root, pipeline)
            after = engine.bronze_versions()
            new = [
                f"source:bronze.{name}+,{_FACTS}" for name in after if after[name] != before[name]
            ]
            if not new:
                return None
            selection = ["--select", *new, "--exclude-resource-type", "test", "unit_test"]
            bench.dbt("build", selection, parameters)
            if last.status != "failed":
                engine.publish(last.run_id, ("gold",), lambda table: table.startswith("fct_"))
            files = sum(report.files for report in bench.job.ingested)
            lines = sum(report.lines for report in bench.job.ingested)
            seconds = time.monotonic() - began
            at = f"{datetime.now(UTC):%H:%M:%S}"
            reporter.say(f"{at} {files:,} files, {lines:,} lines in the facts: {seconds:.1f} s")
            return Pass(files, lines, seconds, clock())

        yield one_pass


class _OnlyProblems(Silent):
    """A pass every few seconds: its steps are no news."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter

    def problem(self, text: str) -> None:
        self.reporter.problem(text)


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    stop = threading.Event()

    def handler(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, old in before.items():
            signal.signal(number, old)
