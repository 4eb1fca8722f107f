"""Dates of a source in; the days of silver and gold that rest on them built again, and counted."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from iot_streaming.backfill.graph import Model, models_on, selection
from iot_streaming.backfill.results import BACKFILLS, Backfilled, Rows, compared, planned
from iot_streaming.backfill.wanted import Dates
from iot_streaming.errors import ConfigurationError, PipelineError
from iot_streaming.home import writing
from iot_streaming.jobs.bench import Workbench
from iot_streaming.jobs.engine import Engine
from iot_streaming.jobs.opened import engine_of
from iot_streaming.jobs.results import JobResult
from iot_streaming.project import dbt_project
from iot_streaming.reporter import Reporter, Silent
from iot_streaming.served import PUBLISHED_LAYERS
from iot_streaming.settings import Settings
from iot_streaming.warehouse import Warehouse

_NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
_TESTS_OF_ROWS = ("--exclude-resource-type", "unit_test")


def backfill(
    settings: Settings,
    dates: Dates,
    reporter: Reporter | None = None,
    is_dry_run: bool = False,
    clock: Callable[[], float] = time.time,
) -> Backfilled:
    """Plan, and unless it is a dry run build, test and record, under the home's lock.

    ConfigurationError when nothing was built here yet, or the source has no rows of these dates.
    A model or test that failed is in the result.
    """
    reporter = reporter or Silent()
    if settings.engine == "duckdb" and not settings.warehouse.is_file():
        raise ConfigurationError(_nothing_built(settings))
    started = time.monotonic()
    with writing(settings, reporter.say), engine_of(settings, reporter, clock) as engine:
        result = _Rebuild(settings, dates, reporter, clock, engine).done(is_dry_run)
    result.seconds = time.monotonic() - started
    return result


class _Rebuild:
    """One backfill at work in a home that it holds the lock of."""

    def __init__(
        self,
        settings: Settings,
        dates: Dates,
        reporter: Reporter,
        clock: Callable[[], float],
        engine: Engine,
    ) -> None:
        self.settings = settings
        self.dates = dates
        self.clock = clock
        self.engine = engine
        self.warehouse = engine.warehouse
        self.place = engine.place(dbt_project())
        self.id = f"{datetime.fromtimestamp(clock(), UTC):%Y%m%dT%H%M%S.%fZ}"
        self.bench = Workbench(settings, reporter, self.id, clock, engine)
        self.bench.job = JobResult("backfill")

    def done(self, is_dry_run: bool) -> Backfilled:
        source_rows = self._source_rows()
        models = self._models(is_dry_run)
        before = rows_of(self.warehouse, models)
        plan = planned(self.dates, list(source_rows), before)
        result = Backfilled(
            self.id,
            self.dates.source.name,
            self.dates.first,
            self.dates.last,
            is_dry_run,
            sum(source_rows.values()),
            plan,
        )
        if is_dry_run:
            return result
        # Also of one that is killed: what it built is looked at by the next publication.
        is_told = self.engine.doubt()
        self._build()
        result.counts = compared(plan, before, rows_of(self.warehouse, models))
        result.failures = self.bench.job.failures
        result.warnings = self.bench.job.warnings
        at = datetime.fromtimestamp(self.clock(), UTC)
        table = f"{self.settings.schema('quality')}.backfills"
        self.warehouse.append(table, BACKFILLS, result.history(at, self.settings.engine))
        if result.ok:
            days = (self.dates.first, self.dates.last) if is_told else None
            self.engine.publish(self.id, PUBLISHED_LAYERS, mended=days)
        return result

    def _source_rows(self) -> Mapping[date, int]:
        """Rows of bronze by date; refuses dates that neither bronze nor silver has rows of."""
        source = self.dates.source
        bronze = f"{self.settings.schema('bronze')}.{source.name}"
        silver = f"{self.settings.schema('silver')}.stg_{source.name.removeprefix('cdc_')}"
        if not self.warehouse.has(silver):
            raise ConfigurationError(_nothing_built(self.settings))
        when = self.dates.when(source.event_time)
        asked = (
            f"select cast({source.event_time} as date) as day, count(*) as row_count "
            f"from {bronze} where {when} group by 1"
        )
        found = {row["day"]: int(row["row_count"]) for row in self.warehouse.ask(asked)}
        kept = self.warehouse.ask(f"select count(*) as row_count from {silver} where {when}")
        if not found and not kept[0]["row_count"]:
            raise ConfigurationError(self._no_rows(silver))
        return found

    def _no_rows(self, silver: str) -> str:
        at = self.dates.source.event_time
        asked = f"select cast(min({at}) as date) as first, cast(max({at}) as date) as last"
        has = self.warehouse.ask(f"{asked} from {silver}")[0]
        what = f"silver has {has['first']} to {has['last']}" if has["first"] else "silver has none"
        return f"{self.dates}: there are no rows of these dates ({at}, UTC); {what}"

    def _models(self, is_dry_run: bool) -> list[Model]:
        if not self.place.packages.is_dir():
            self._dbt("deps")
        # With other variables dbt reads all files anew.
        self._dbt("parse", *(() if is_dry_run else self._variables))
        return models_on(self.dates, self.place.artifacts / "manifest.json")

    def _build(self) -> None:
        """Build, and then test: a check that fails says so, and holds no model back."""
        source = f"source:bronze.{self.dates.source.name}+"
        try:
            self._dbt("build", *selection(self.dates), *_NO_TESTS, *self._variables)
            self._dbt("test", "--select", source, *_TESTS_OF_ROWS, *self._variables)
        except PipelineError as error:
            if not self.bench.job.failures:
                self.bench.job.failures.append(str(error))

    def _dbt(self, command: str, *arguments: str) -> None:
        parameters = {
            "catalog": self.settings.catalog,
            "schema_prefix": self.settings.target,
            "project_dir": str(self.place.project),
        }
        self.bench.dbt(command, arguments, parameters)

    @property
    def _variables(self) -> tuple[str, str]:
        return ("--vars", self.dates.variables)


def rows_of(warehouse: Warehouse, models: Iterable[Model]) -> dict[Model, Rows]:
    """Rows now, by day where a model has days; of one that isn't there yet none."""
    return {model: _counted(warehouse, model) for model in models}


def _counted(warehouse: Warehouse, model: Model) -> Rows:
    if not warehouse.has(model.table):
        return {}
    # A name that dbt and a pattern have passed, no value.
    day = f"cast({model.day} as date)" if model.day else "cast(null as date)"
    rows: list[dict[str, Any]] = warehouse.ask(
        f"select {day} as day, count(*) as row_count from {model.table} group by 1"
    )
    return {row["day"]: int(row["row_count"]) for row in rows}


def _nothing_built(settings: Settings) -> str:
    return (
        f"silver was never built in {settings.root}; `iot run` builds it, a backfill builds parts "
        "of it again"
    )
