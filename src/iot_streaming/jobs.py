"""Job names in, their outcomes out: what the bundle schedules, run on this machine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from iot_streaming.basis import last_basis, present_basis, record_basis
from iot_streaming.bronze.ingest import Ingested, create_tables, ingest
from iot_streaming.errors import ConfigurationError, IotStreamingError
from iot_streaming.home import writing
from iot_streaming.landing import refuse_missing, strangers, suffixes_of
from iot_streaming.project import dbt_project
from iot_streaming.quality import offending_rows, record_checks
from iot_streaming.reporter import Reporter, Silent
from iot_streaming.settings import Settings
from iot_streaming.sources import SOURCES
from iot_streaming.transform import Dbt, NodeResult, Transformed
from iot_streaming.warehouse import reading, show_bronze


@dataclass
class JobResult:
    """A job's outcome: what it did and what a person must see to.

    `failures` stop the jobs after it. `attention` doesn't: the data that could be read goes on,
    and the run still says that not all is well. `warnings` are checks that only want a look.
    """

    job: str
    seconds: float = 0
    failures: list[str] = field(default_factory=list)
    attention: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ingested: list[Ingested] = field(default_factory=list)
    transformed: list[Transformed] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.failures and not self.attention


@dataclass
class RunResult:
    """All jobs of one run, in order.

    `duplicates`: good event lines that silver has under another line's id, so far; None unless
    this run brought silver up to date.
    """

    run_id: str
    target: str
    jobs: list[JobResult] = field(default_factory=list)
    seconds: float = 0
    duplicates: int | None = None

    @property
    def ok(self) -> bool:
        return all(job.ok for job in self.jobs)

    def nodes(self, kind: str, *statuses: str) -> list[NodeResult]:
        """The dbt nodes of a kind that ended in one of the statuses (none: any).

        A test that two jobs ran is one node, as it ended last.
        """
        steps = [step for job in self.jobs for step in job.transformed]
        last = {node.unique_id: node for step in steps for node in step.nodes}
        return [
            node
            for node in last.values()
            if node.kind == kind and (not statuses or node.status in statuses)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for --json."""
        return asdict(self) | {"ok": self.ok}


class Run:
    """One run: its settings, its dbt, its clock; each job is a method."""

    def __init__(
        self,
        settings: Settings,
        reporter: Reporter | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.reporter = reporter or Silent()
        self.clock = clock
        self.dbt = Dbt(settings, self.reporter.progress)
        started = datetime.fromtimestamp(clock(), UTC)
        self.result = RunResult(f"{started:%Y%m%dT%H%M%S.%fZ}", settings.target)

    def jobs(self, names: Sequence[str] = ()) -> RunResult:
        """Run the jobs in the order given (none: all, in theirs); stop after one that failed."""
        for name in names:
            if name not in JOBS:
                raise ConfigurationError(f"unknown job {name!r}; known: {', '.join(JOBS)}")
        if not names or "iot_ingestion_job" in names:
            refuse_missing(self.settings.landing)
        started = time.monotonic()
        with writing(self.settings, self.reporter.say):
            # Whatever job runs first finds its tables, even where nothing ever landed.
            create_tables(self.settings)
            show_bronze(self.settings)
            for name in names or JOBS:
                job = self._job(name)
                if job.failures:
                    break
                if name == "dbt_transformation_job":
                    self.result.duplicates = self._duplicates()
        self.result.seconds = time.monotonic() - started
        return self.result

    def _job(self, name: str) -> JobResult:
        self.reporter.stage(name)
        result = JobResult(name)
        self.result.jobs.append(result)
        started = time.monotonic()
        try:
            JOBS[name](self, result)
        finally:
            result.seconds = time.monotonic() - started
        for problem in (*result.failures, *result.attention):
            self.reporter.problem(problem)
        return result

    def ingestion(self, result: JobResult) -> None:
        """Every source's new files into bronze; a source that fails doesn't stop the others."""
        for source in SOURCES:
            try:
                report = ingest(
                    self.settings, source, clock=self.clock, progress=self.reporter.progress
                )
            except ConfigurationError:
                raise
            except IotStreamingError as error:
                result.failures.append(str(error))
                continue
            result.ingested.append(report)
            result.attention += _file_problems(report)
            if report.ignored:
                self.reporter.say(
                    f"{source.name}: {_counted(report.ignored, 'file')} left alone, the names end "
                    f"in none of {', '.join(suffixes_of(source))} (or these and .gz): "
                    f"{_some(report.ignored)}"
                )
        self._say_what_nobody_reads()
        show_bronze(self.settings)

    def _say_what_nobody_reads(self) -> None:
        folders = [source.path for source in SOURCES]
        nobodys = strangers(self.settings.landing, folders)
        if nobodys:
            self.reporter.say(
                f"{_counted(nobodys, 'file')} in no source's folder, left alone: {_some(nobodys)}; "
                f"the folders are {', '.join(folders)}"
            )

    def transformation(self, result: JobResult) -> None:
        """Silver and gold: deps, build (each model's tests right after it), cross-layer tests."""
        # Unit tests prove the code, not the data: `make test` runs them.
        self._dbt(result, "deps")
        self._build(result)
        if not result.failures:
            self._dbt(result, "test", "--select", "tag:integration")

    def _build(self, result: JobResult) -> None:
        """What rests on something new since the last sound build."""
        basis = present_basis(self.settings, dbt_project())
        selection = basis.selection_since(last_basis(self.settings))
        if selection == []:
            self.reporter.say("nothing new since the last build: silver and gold stand as they are")
            return
        select = ["--select", *selection] if selection else []
        self._dbt(result, "build", "--exclude-resource-type", "unit_test", *select)
        if not result.failures:
            record_basis(self.settings, basis)

    def quality(self, result: JobResult) -> None:
        """The rules on the data itself, recorded with everything else that was checked."""
        self._dbt(result, "test", "--select", "tag:data_quality")

    def _dbt(self, result: JobResult, command: str, *arguments: str) -> None:
        self.reporter.stage(f"dbt {command}")
        step = self.dbt.run(command, *arguments)
        result.transformed.append(step)
        if step.nodes:
            at = datetime.fromtimestamp(self.clock(), UTC)
            record_checks(self.settings, self.result.run_id, at, step.nodes)
        for nodes, told in ((step.bad, result.failures), (step.warned, result.warnings)):
            with reading(self.settings) as connection:
                for node in nodes:
                    rows = offending_rows(connection, self.dbt.folder, node)
                    told.append(_node_problem(node, rows))
        skipped = step.count("model", "skipped")
        if skipped:
            result.failures.append(f"{skipped} models were skipped because of what failed above")

    def _duplicates(self) -> int | None:
        bronze = f"{self.settings.schema('bronze')}.iot_events"
        silver = f"{self.settings.schema('silver')}.stg_iot_events"
        ledger = f"{self.settings.schema('quality')}.ledger"
        with reading(self.settings) as connection:
            row = connection.execute(
                f"select (select coalesce(sum(good), 0) from {ledger} "
                f"where source = '{bronze.rpartition('.')[2]}') - count(*) from {silver}"
            ).fetchone()
        return int(row[0]) if row else None


def _file_problems(report: Ingested) -> list[str]:
    problems = [
        f"{report.source}: {key} was not ingested: {reason}; the other files were"
        for key, reason in report.rejected.items()
    ]
    problems += [
        f"{report.source}: {key} changed after it was ingested and was not read again; "
        "land the change as a new file and take this one away (or is this another landing than "
        "this home's? then choose another --home)"
        for key in report.changed
    ]
    return problems


def _node_problem(node: NodeResult, rows: list[dict[str, Any]]) -> str:
    if node.kind != "test" or node.failures is None:
        return f"{node.kind} {node.name}: {node.message or node.status}"
    shown = "; ".join(str({k: str(v) for k, v in row.items()}) for row in rows)
    rows_of_it = "1 row" if node.failures == 1 else f"{node.failures:,} rows"
    return f"{node.name}: {rows_of_it}" + (f", such as {shown}" if shown else "")


def _counted(things: Sequence[str], one: str) -> str:
    return f"1 {one}" if len(things) == 1 else f"{len(things):,} {one}s"


def _some(things: Sequence[str]) -> str:
    return ", ".join(things[:3]) + (" …" if len(things) > 3 else "")


JOBS: dict[str, Callable[[Run, JobResult], None]] = {
    "iot_ingestion_job": Run.ingestion,
    "dbt_transformation_job": Run.transformation,
    "data_quality_job": Run.quality,
}
