"""Job names in, their outcomes out: the resolved bundle's jobs, task by task, on this machine."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

from iot_streaming.bundle import resolve
from iot_streaming.bundle.graph import (
    Task,
    called_job,
    calls,
    resource_named,
    scheduled_jobs,
    tasks_of,
)
from iot_streaming.bundle.parameters import widgets_of
from iot_streaming.errors import (
    ConfigurationError,
    IotStreamingError,
    SparkFailed,
    TaskFailed,
    TaskTimedOut,
)
from iot_streaming.home import writing
from iot_streaming.jobs.bench import Workbench
from iot_streaming.jobs.history import record_run
from iot_streaming.jobs.limits import time_limit
from iot_streaming.jobs.notebooks import run_notebook
from iot_streaming.jobs.opened import engine_of
from iot_streaming.jobs.results import JobResult, RunResult
from iot_streaming.landing.opened import landing_of
from iot_streaming.notebook import LocalDbutils
from iot_streaming.project import bundle_root
from iot_streaming.quality.place import Place
from iot_streaming.quality.quarantine import released_rows
from iot_streaming.reporter import Reporter, Silent
from iot_streaming.served import PUBLISHED_LAYERS
from iot_streaming.settings import Settings
from iot_streaming.sources import IOT_EVENTS


class Run:
    """One run of jobs: its bundle, its bench, its clock, its outcome.

    `waits`: by the clock a source grows stale. Over simulated files, which time doesn't add to,
    the newest ingestion stands for now. `checks`: without them models alone are built.
    """

    def __init__(
        self,
        settings: Settings,
        reporter: Reporter | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        *,
        waits: bool = True,
        checks: bool = True,
    ) -> None:
        self.settings = settings
        self.reporter = reporter or Silent()
        self.sleep = sleep
        self.waits = waits
        self.checks = checks
        self.root = bundle_root()
        self.bundle = resolve(self.root, settings.target)
        self.known = self.bundle["resources"]["jobs"]
        self.started_at = datetime.fromtimestamp(clock(), UTC)
        self.result = RunResult(f"{self.started_at:%Y%m%dT%H%M%S.%fZ}", settings.target)
        self.clock = clock
        self.bench: Workbench

    def jobs(self, names: Sequence[str] = ()) -> RunResult:
        """Run the jobs in the order given (none: the scheduled one); stop after one that failed."""
        for name in names:
            if name not in self.known:
                raise ConfigurationError(f"unknown job {name!r}; known: {', '.join(self.known)}")
        chosen = names or scheduled_jobs(self.known)
        # What is wrong with one job is said before any runs.
        lands = [name for name in chosen if self._lands(name)]
        if lands:
            landing_of(self.settings).refuse_missing()
        started = time.monotonic()
        with (
            writing(self.settings, self.reporter.say),
            engine_of(self.settings, self.reporter, self.clock) as engine,
        ):
            self.bench = Workbench(
                self.settings,
                self.reporter,
                self.result.run_id,
                self.clock,
                engine,
                waits=self.waits,
                checks=self.checks,
            )
            with self._recorded(started):
                for name in chosen:
                    if not self._job(name):
                        break
        return self.result

    @contextmanager
    def _recorded(self, started: float) -> Iterator[None]:
        """Keep what the run came to, also when it breaks off."""
        broken: BaseException | None = None
        try:
            yield
        except BaseException as error:
            broken = error
            raise
        finally:
            self.result.seconds = time.monotonic() - started
            # What broke the run may be in the way here too, and is what is to be told.
            with suppress(Exception) if broken else nullcontext():
                warehouse = self.bench.engine.warehouse
                record_run(warehouse, self.settings, self.started_at, self.result, broken)
                self._publish(is_sound=broken is None and self.result.status != "failed")

    def _publish(self, *, is_sound: bool) -> None:
        """Gold as this run made it; of one that failed only what quality says of it."""
        layers = PUBLISHED_LAYERS if is_sound else ("quality",)
        self.bench.engine.publish(self.result.run_id, layers)

    def _lands(self, name: str) -> bool:
        """Whether the job or one that it calls reads landing files."""
        return any(
            task.kind == "pipeline_task"
            for job in (name, *calls(self.known, name))
            for task in tasks_of(job, self.known[job])
        )

    def _job(self, name: str, deadline: float = float("inf")) -> bool:
        """One job's tasks; of a failed one the dependents don't run, the others do."""
        job = self.known[name]
        deadline = _sooner(deadline, job.get("timeout_seconds"))
        tasks = tasks_of(name, job)
        is_chain = all(task.kind == "run_job_task" for task in tasks)
        result = JobResult(name)
        if not is_chain:
            self._begin(result)
        started = time.monotonic()
        try:
            ok = self._tasks(name, job, tasks, result, deadline)
        finally:
            result.seconds = time.monotonic() - started
        for problem in (*result.failures, *result.attention):
            self.reporter.problem(problem)
        if ok and any(step.command != "test" for step in result.transformed):
            self._count_events()
        return ok

    def _begin(self, result: JobResult) -> None:
        self.reporter.stage(result.job)
        self.result.jobs.append(result)

    def _tasks(
        self, name: str, job: Any, tasks: list[Task], result: JobResult, deadline: float
    ) -> bool:
        done: set[str] = set()
        for task in tasks:
            failed = [before for before in task.depends_on if before not in done]
            if failed:
                self.reporter.say(f"{task.key} was not begun: {', '.join(failed)} did not succeed")
                continue
            if task.kind == "run_job_task":
                ok = self._job(called_job(task), _sooner(deadline, task.timeout))
            else:
                self.bench.job = result
                ok = self._tried(name, job, task, deadline)
            done |= {task.key} if ok else set()
        return len(done) == len(tasks)

    def _tried(self, name: str, job: Any, task: Task, deadline: float) -> bool:
        """The task, again after a failure as often as it allows.

        A verdict on the data is not asked for twice: retries are for machines that go away, and
        here the same files on the same machine say the same.
        """
        what = f"{name}, task {task.key}"
        problem = ""
        for attempt in range(task.max_retries + 1):
            if attempt:
                self.reporter.say(f"{problem}; again in {task.pause:g} s")
                self.sleep(task.pause)
            try:
                with time_limit(_seconds_left(task, deadline, what), what):
                    self._perform(name, job, task)
                return True
            except (ConfigurationError, SparkFailed):
                # Of neither could another attempt or another task make anything better.
                raise
            except TaskFailed as verdict:
                problem = "" if self.bench.job.failures else str(verdict)
                break
            except TaskTimedOut as late:
                problem = str(late)
                if not task.retry_on_timeout:
                    break
            except Exception as error:
                problem = f"{what}: {error}"
                if attempt == task.max_retries and not isinstance(error, IotStreamingError):
                    raise
        self.bench.job.failures += [problem] if problem else []
        return False

    def _perform(self, name: str, job: Any, task: Task) -> None:
        if task.kind == "pipeline_task":
            self._pipeline(task)
        else:
            self._notebook(name, job, task)

    def _pipeline(self, task: Task) -> None:
        pipelines = self.bundle["resources"].get("pipelines", {})
        name = resource_named(str(task.spec.get("pipeline_id")), "pipelines")
        if name not in pipelines:
            raise ConfigurationError(f"task {task.key}: the bundle has no pipeline {name!r}")
        if task.spec.get("full_refresh"):
            raise ConfigurationError(
                f"task {task.key}: a full refresh loses what is no longer in landing; to begin "
                "anew, choose another --home"
            )
        self.bench.pipeline(self.root, pipelines[name])

    def _notebook(self, name: str, job: Any, task: Task) -> None:
        known = {
            "job.id": name,
            "job.name": name,
            "job.run_id": self.result.run_id,
            "task.name": task.key,
            "workspace.id": "local",
            "workspace.url": "local",
        }
        deployed = self.bundle["workspace"]["file_path"]
        widgets = {
            parameter: value.replace(deployed, str(self.root))
            for parameter, value in widgets_of(job, task.spec, known).items()
        }
        dbutils = LocalDbutils(widgets, self.bench)
        run_notebook(self.root, task.spec["notebook_path"], dbutils=dbutils, spark=None)

    def _count_events(self) -> None:
        """Where the event lines are that were good, or are by now."""
        silver = f"{self.settings.schema('silver')}.stg_iot_events"
        ledger = f"{self.settings.schema('quality')}.ledger"
        warehouse = self.bench.engine.warehouse
        if not warehouse.has(silver):
            return
        released = released_rows(warehouse, Place(self.settings.target), IOT_EVENTS)
        (counts,) = warehouse.ask(
            f"select (select count(*) from {silver}) as silver, "
            f"(select count(*) from {released}) as released, "
            f"(select coalesce(sum(good), 0) from {ledger} where source = 'iot_events') as good"
        )
        silver_rows, more, good = (int(counts[name]) for name in ("silver", "released", "good"))
        self.result.silver, self.result.released = silver_rows, more
        self.result.duplicates = good + more - silver_rows


def _sooner(deadline: float, seconds: float | None) -> float:
    """The deadline, or so many seconds from now if that is sooner; no seconds: no limit."""
    return min(deadline, time.monotonic() + (seconds or float("inf")))


def _seconds_left(task: Task, deadline: float, what: str) -> float:
    """Until the task's deadline; 0: it has none."""
    left = _sooner(deadline, task.timeout) - time.monotonic()
    if left <= 0:
        raise TaskTimedOut(f"{what}: its job's time was over before it began")
    return 0 if left == float("inf") else left
