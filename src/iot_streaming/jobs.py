"""Job names in, their outcomes out: what the bundle schedules, run on this machine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from iot_streaming.bronze.ingest import Ingested, create_tables, ingest
from iot_streaming.errors import ConfigurationError, IotStreamingError
from iot_streaming.home import writing
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
    and the run still says that not all is well.
    """

    job: str
    seconds: float = 0
    failures: list[str] = field(default_factory=list)
    attention: list[str] = field(default_factory=list)
    ingested: list[Ingested] = field(default_factory=list)
    transformed: list[Transformed] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.failures and not self.attention


@dataclass
class RunResult:
    """All jobs of one run, in order. `duplicates`: good event lines that silver already had."""

    run_id: str
    target: str
    jobs: list[JobResult] = field(default_factory=list)
    seconds: float = 0
    duplicates: int | None = None

    @property
    def ok(self) -> bool:
        return all(job.ok for job in self.jobs)

    def total(self, count: str) -> int:
        """Sum of one of Ingested's counts over all sources."""
        return sum(getattr(source, count) for job in self.jobs for source in job.ingested)

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
        started = time.monotonic()
        with writing(self.settings, self.reporter.say):
            # Whatever job runs first finds its tables, even where nothing ever landed.
            create_tables(self.settings)
            show_bronze(self.settings)
            for name in names or JOBS:
                if self._job(name).failures:
                    break
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
                some = ", ".join(report.ignored[:3])
                self.reporter.say(
                    f"{source.name}: {len(report.ignored)} files are no "
                    f".json, .ndjson, .jsonl or .gz of these and were left alone: {some}"
                )
        show_bronze(self.settings)

    def transformation(self, result: JobResult) -> None:
        """Silver and gold: deps, build (each model's tests right after it), cross-layer tests."""
        # Unit tests prove the code, not the data: `make test` runs them.
        self._dbt(result, "deps")
        self._dbt(result, "build", "--exclude-resource-type", "unit_test")
        if not result.failures:
            self._dbt(result, "test", "--select", "tag:integration")

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
        if step.bad:
            with reading(self.settings) as connection:
                for node in step.bad:
                    rows = offending_rows(connection, self.dbt.folder, node)
                    result.failures.append(_node_problem(node, rows))
        skipped = step.count("model", "skipped")
        if skipped:
            result.failures.append(f"{skipped} models were skipped because of what failed above")

    def _duplicates(self) -> int | None:
        bronze = f"{self.settings.schema('bronze')}.iot_events"
        silver = f"{self.settings.schema('silver')}.stg_iot_events"
        ledger = f"{self.settings.schema('quality')}.ledger"
        if not self.settings.warehouse.is_file():
            return None
        with reading(self.settings) as connection:
            there = connection.execute(
                "select count(*) from information_schema.tables "
                "where table_schema = $schema and table_name = 'stg_iot_events'",
                {"schema": self.settings.schema("silver")},
            ).fetchone()
            if there == (0,):
                return None
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
        "land the change as a new file (or is this another landing than this home's? "
        "then choose another --home)"
        for key in report.changed
    ]
    return problems


def _node_problem(node: NodeResult, rows: list[dict[str, Any]]) -> str:
    text = f"{node.kind} {node.name}: {node.message or node.status}"
    shown = "; ".join(str({k: str(v) for k, v in row.items()}) for row in rows)
    return f"{text}. Rows: {shown}" if shown else text


JOBS: dict[str, Callable[[Run, JobResult], None]] = {
    "iot_ingestion_job": Run.ingestion,
    "dbt_transformation_job": Run.transformation,
    "data_quality_job": Run.quality,
}
