"""Tasks of jobs in, done by an engine and dbt on this machine: what a cluster does there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iot_streaming.basis import Basis, forget_basis, last_basis, present_basis, record_basis
from iot_streaming.bronze.ingest import Ingested
from iot_streaming.bronze.spark import Declarations
from iot_streaming.bundle.files import sources_of
from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError, LandingFailed, TaskFailed
from iot_streaming.jobs.engine import Engine
from iot_streaming.jobs.notebooks import run_notebook
from iot_streaming.jobs.results import JobResult
from iot_streaming.landing import suffixes_of
from iot_streaming.landing.opened import landing_of
from iot_streaming.quality.checks import Asked
from iot_streaming.quality.expectations import record_expectations
from iot_streaming.quality.place import Place
from iot_streaming.quality.replay import Wanted, replay
from iot_streaming.quality.samples import problem_of, record_checks
from iot_streaming.reporter import Reporter
from iot_streaming.settings import Settings
from iot_streaming.sources import SOURCES
from iot_streaming.transform import Dbt

_INTEGRATION_TESTS = ["--select", "tag:integration"]


class Workbench:
    """The Bench of a run on this machine; what its tasks find goes into `job`, the present one.

    `waits`: whether files are expected to come as time goes by; simulated ones are not. `checks`:
    whether tests are asked, of models too.
    """

    def __init__(
        self,
        settings: Settings,
        reporter: Reporter,
        run_id: str,
        clock: Callable[[], float],
        engine: Engine,
        *,
        waits: bool = True,
        checks: bool = True,
    ) -> None:
        self.settings = settings
        self.reporter = reporter
        self.run_id = run_id
        self.clock = clock
        self.engine = engine
        self.waits = waits
        self.checks = checks
        self.job = JobResult("")
        self._quality = settings.schema("quality")
        self._dbts: dict[str, Dbt] = {}
        self._basis: Basis | None = None

    def pipeline(self, root: Path, pipeline: Mapping[str, Any]) -> None:
        """New files into bronze, of every source that the pipeline's notebooks declare."""
        declared = Declarations()
        for path in sources_of(pipeline):
            run_notebook(root, path, spark=declared)
        ingestion = self.engine.ingest(root, pipeline, declared.sources)
        for report in ingestion.reports:
            self._note(report)
        self._say_what_nobody_reads()
        self.job.failures += ingestion.failures.values()
        if ingestion.failures:
            raise TaskFailed(f"not ingested: {', '.join(ingestion.failures)}")

    def _note(self, report: Ingested) -> None:
        self.job.ingested.append(report)
        self.job.attention += _file_problems(report)
        source = next(source for source in SOURCES if source.name == report.source)
        if report.ignored:
            self.reporter.say(_left_alone(source, report.ignored))
        warehouse, prefix = self.engine.warehouse, self.settings.target
        record_expectations(warehouse, prefix, self._asked(), source, report.batches)

    def _say_what_nobody_reads(self) -> None:
        folders = [source.path for source in SOURCES]
        try:
            nobodys = landing_of(self.settings).strangers(folders)
        except LandingFailed as error:
            self.reporter.say(f"what lies in no source's folder is not known: {error}")
            return
        if nobodys:
            self.reporter.say(
                f"{_counted(nobodys, 'file')} in no source's folder, left alone: {_some(nobodys)}; "
                f"the folders are {', '.join(folders)}"
            )

    def dbt(self, command: str, arguments: Sequence[str], parameters: Mapping[str, str]) -> None:
        """Run it in this home, record its tests; TaskFailed when a model or test failed."""
        dbt = self._dbt_for(parameters)
        if not self.checks and command in ("test", "source freshness"):
            return
        if command == "deps":
            self.job.transformed.append(dbt.install())
        elif command == "build" and "--select" not in arguments:
            self._build(dbt, arguments)
        elif command == "test" and list(arguments) == _INTEGRATION_TESTS:
            self._test(dbt, arguments)
        else:
            self._run(dbt, command, arguments)

    def replay(self, parameters: Mapping[str, str]) -> None:
        """Release quarantined rows of this home that are good by now."""
        self._refuse_elsewhere(parameters)
        place, wanted = Place(self.settings.target), Wanted.told(parameters)
        replayed = replay(self.engine, place, wanted, self.clock, self.reporter.progress)
        self.reporter.say(replayed.summary)

    def _build(self, dbt: Dbt, arguments: Sequence[str]) -> None:
        """The whole project: of it what rests on something new since the last sound build."""
        warehouse = self.engine.warehouse
        basis = present_basis(dbt.place.project, self.engine.bronze_versions())
        anew = "--full-refresh" in arguments
        last = None if anew else last_basis(warehouse, self._quality, basis)
        selection = basis.selection_since(last)
        if selection == []:
            self._basis = last
            self.reporter.say("nothing new since the last build: silver and gold stand as they are")
            return
        selected = ["--select", *selection] if selection else []
        if not self.checks:
            self._run(dbt, "build", [*arguments, *selected, "--exclude-resource-type", "test"])
            return
        self._run(dbt, "build", [*arguments, *selected])
        self._basis = basis
        record_basis(warehouse, self._quality, basis)

    def _test(self, dbt: Dbt, arguments: Sequence[str]) -> None:
        """What holds one layer to the next, unless it did for the very same rows."""
        basis = self._basis
        if basis and basis.is_tested:
            return
        self._run(dbt, "test", arguments)
        if basis:
            record_basis(self.engine.warehouse, self._quality, replace(basis, is_tested=True))

    def _run(self, dbt: Dbt, command: str, arguments: Sequence[str]) -> None:
        self.reporter.stage(f"dbt {command}")
        step = dbt.run(command, *arguments, IOT_FRESHNESS_AS_OF=self._fresh_as_of())
        self.job.transformed.append(step)
        warehouse, table = self.engine.warehouse, f"{self._quality}.check_results"
        rows = record_checks(warehouse, table, self._asked(), dbt.nodes(), step.nodes)
        for nodes, told in ((step.bad, self.job.failures), (step.warned, self.job.warnings)):
            told += [problem_of(node, rows.get(node.unique_id, ())) for node in nodes]
        if command == "test" and step.bad:
            forget_basis(warehouse, self._quality)
        skipped = step.count("model", "skipped")
        if skipped:
            self.job.failures.append(f"{skipped} models were skipped because of what failed above")
        if step.bad or skipped:
            raise TaskFailed(f"dbt {command}: {len(step.bad)} nodes failed")

    def _asked(self) -> Asked:
        at = datetime.fromtimestamp(self.clock(), UTC)
        return Asked(self.run_id, at, self.job.job, self.settings.engine)

    def _fresh_as_of(self) -> str:
        """Sources are as old as the run's clock says, or as the newest of them, in UTC text."""
        now = datetime.fromtimestamp(self.clock(), UTC)
        if not self.waits:
            ledger = f"{self._quality}.ledger"
            newest = self.engine.warehouse.ask(f"select max(ingested_at) as newest from {ledger}")
            now = newest[0]["newest"] or now
        return f"{now:%Y-%m-%d %H:%M:%S.%f}"

    def _dbt_for(self, parameters: Mapping[str, str]) -> Dbt:
        """One started and parsed dbt a project, for all tasks of the run."""
        self._refuse_elsewhere(parameters)
        project = parameters["project_dir"]
        if project not in self._dbts:
            place = self.engine.place(Path(project))
            self._dbts[project] = Dbt(place, self.reporter.progress)
        return self._dbts[project]

    def _refuse_elsewhere(self, parameters: Mapping[str, str]) -> None:
        here = {"catalog": self.settings.catalog, "schema_prefix": self.settings.target}
        for name, value in here.items():
            if parameters[name] != value:
                raise ConfigurationError(
                    f"{name} is {parameters[name]!r} in the bundle; on this machine target "
                    f"{self.settings.target} has {value!r} and no other"
                )


def _left_alone(source: Source, ignored: Sequence[str]) -> str:
    return (
        f"{source.name}: {_counted(ignored, 'file')} left alone, the names end "
        f"in none of {', '.join(suffixes_of(source))} (or these and .gz): {_some(ignored)}"
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


def _counted(things: Sequence[str], one: str) -> str:
    return f"1 {one}" if len(things) == 1 else f"{len(things):,} {one}s"


def _some(things: Sequence[str]) -> str:
    return ", ".join(things[:3]) + (" …" if len(things) > 3 else "")
