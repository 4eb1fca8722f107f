"""Tasks of jobs in, done by DuckDB, Delta and dbt on this machine: what a cluster does there."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iot_streaming.basis import last_basis, present_basis, record_basis
from iot_streaming.bronze.ingest import Ingested, ingest
from iot_streaming.bronze.spark import Declarations
from iot_streaming.bundle.files import sources_of
from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError, IotStreamingError, TaskFailed
from iot_streaming.jobs.notebooks import run_notebook
from iot_streaming.jobs.results import JobResult
from iot_streaming.landing import strangers, suffixes_of
from iot_streaming.quality import offending_rows, record_checks
from iot_streaming.reporter import Reporter
from iot_streaming.settings import Settings, byte_count
from iot_streaming.sources import SOURCES
from iot_streaming.transform import Dbt, DbtPlace, NodeResult
from iot_streaming.warehouse import reading, show_bronze


class Embedded:
    """The Bench of a run on this machine; what its tasks find goes into `job`, the present one."""

    def __init__(
        self,
        settings: Settings,
        reporter: Reporter,
        run_id: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.reporter = reporter
        self.run_id = run_id
        self.clock = clock
        self.job = JobResult("")
        self._dbts: dict[str, Dbt] = {}

    def pipeline(self, root: Path, pipeline: Mapping[str, Any]) -> None:
        """New files into bronze, of every source that the pipeline's notebooks declare."""
        declared = Declarations()
        for path in sources_of(pipeline):
            run_notebook(root, path, spark=declared)
        settings = _bounded(self.settings, pipeline.get("configuration", {}))
        failed = [source.name for source in declared.sources if not self._ingest(settings, source)]
        self._say_what_nobody_reads()
        show_bronze(self.settings)
        if failed:
            raise TaskFailed(f"not ingested: {', '.join(failed)}")

    def _ingest(self, settings: Settings, source: Source) -> bool:
        """One source; if it fails, the others go on."""
        try:
            report = ingest(settings, source, clock=self.clock, progress=self.reporter.progress)
        except ConfigurationError:
            raise
        except IotStreamingError as error:
            self.job.failures.append(str(error))
            return False
        self.job.ingested.append(report)
        self.job.attention += _file_problems(report)
        if report.ignored:
            self.reporter.say(
                f"{source.name}: {_counted(report.ignored, 'file')} left alone, the names end "
                f"in none of {', '.join(suffixes_of(source))} (or these and .gz): "
                f"{_some(report.ignored)}"
            )
        return True

    def _say_what_nobody_reads(self) -> None:
        folders = [source.path for source in SOURCES]
        nobodys = strangers(self.settings.landing, folders)
        if nobodys:
            self.reporter.say(
                f"{_counted(nobodys, 'file')} in no source's folder, left alone: {_some(nobodys)}; "
                f"the folders are {', '.join(folders)}"
            )

    def dbt(self, command: str, arguments: Sequence[str], parameters: Mapping[str, str]) -> None:
        """Run it in this home, record its tests; TaskFailed when a model or test failed."""
        dbt = self._dbt_for(parameters)
        if command == "build" and not {"--select", "--exclude"}.intersection(arguments):
            self._build(dbt, arguments)
        else:
            self._run(dbt, command, arguments)

    def _build(self, dbt: Dbt, arguments: Sequence[str]) -> None:
        """The whole project: of it what rests on something new since the last sound build."""
        basis = present_basis(self.settings, dbt.place.project)
        last = None if "--full-refresh" in arguments else last_basis(self.settings)
        selection = basis.selection_since(last)
        if selection == []:
            self.reporter.say("nothing new since the last build: silver and gold stand as they are")
            return
        self._run(dbt, "build", [*arguments, *(["--select", *selection] if selection else [])])
        record_basis(self.settings, basis)

    def _run(self, dbt: Dbt, command: str, arguments: Sequence[str]) -> None:
        self.reporter.stage(f"dbt {command}")
        step = dbt.run(command, *arguments)
        self.job.transformed.append(step)
        if step.nodes:
            at = datetime.fromtimestamp(self.clock(), UTC)
            record_checks(self.settings, self.run_id, at, step.nodes)
        for nodes, told in ((step.bad, self.job.failures), (step.warned, self.job.warnings)):
            with reading(self.settings) as connection:
                for node in nodes:
                    rows = offending_rows(connection, dbt.place, node)
                    told.append(_node_problem(node, rows))
        skipped = step.count("model", "skipped")
        if skipped:
            self.job.failures.append(f"{skipped} models were skipped because of what failed above")
        if step.bad or skipped:
            raise TaskFailed(f"dbt {command}: {len(step.bad)} nodes failed")

    def _dbt_for(self, parameters: Mapping[str, str]) -> Dbt:
        """One started and parsed dbt a project, for all tasks of the run."""
        here = {"catalog": self.settings.catalog, "schema_prefix": self.settings.target}
        for name, value in here.items():
            if parameters[name] != value:
                raise ConfigurationError(
                    f"{name} is {parameters[name]!r} in the bundle; on this machine target "
                    f"{self.settings.target} has {value!r} and no other"
                )
        project = parameters["project_dir"]
        if project not in self._dbts:
            place = DbtPlace.embedded(self.settings, Path(project))
            self._dbts[project] = Dbt(place, self.reporter.progress)
        return self._dbts[project]


def _bounded(settings: Settings, configuration: Mapping[str, str]) -> Settings:
    """The bounds of one batch, as the pipeline has them."""
    files = configuration.get("iot_streaming.max_files")
    size = configuration.get("iot_streaming.max_bytes")
    return replace(
        settings,
        max_files=int(files) if files else settings.max_files,
        max_bytes=byte_count(size) if size else settings.max_bytes,
    )


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
