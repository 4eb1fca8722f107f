"""A run's engine on Spark: this machine's own or a cluster's, spoken to by Spark Connect."""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from iot_streaming.bronze.quarantine import Releases
from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError, PipelineError
from iot_streaming.jobs.engine import Ingestion
from iot_streaming.landing.opened import landing_of
from iot_streaming.reporter import Reporter
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.sources import SOURCES
from iot_streaming.spark.accounts import SparkAccounts, last_batches, make_ledger
from iot_streaming.spark.pipeline import run_pipeline
from iot_streaming.spark.release import SparkReleases
from iot_streaming.spark.remote import refuse_unfit
from iot_streaming.spark.server import connect_server
from iot_streaming.spark.warehouse import SparkWarehouse
from iot_streaming.transform import DbtPlace
from iot_streaming.warehouse import Warehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@contextmanager
def on_spark(settings: Settings, reporter: Reporter) -> Iterator["OnSpark"]:
    """The engine, with its schemas and ledger there and its server up."""
    if quote(str(settings.spark)) != str(settings.spark):
        # Spark would write the checkpoints beside it, under the name as a URL has it.
        raise ConfigurationError(
            f"Spark can't keep its state in {settings.spark}: choose a --home whose path has "
            "letters, digits and any of / . _ - ~ only"
        )
    with connect_server(settings, reporter) as url:
        from iot_streaming.spark.client import REMOTE, session_at

        # What a query said is in the error that it raises; PySpark would print it too.
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
        # dbt-spark asks for Hive's catalog with every statement; the server has it from its start.
        warnings.filterwarnings(
            "ignore", message=r"Failed to set spark\.sql\.catalogImplementation"
        )
        # Its own error says what this warning does.
        warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")
        with session_at(url) as session:
            if settings.remote is not None:
                refuse_unfit(session, settings)
            engine = OnSpark(settings, reporter, session, {REMOTE: url})
            engine.prepare()
            yield engine


class OnSpark:
    """The Engine of a run on Spark. `environment` tells other clients where it is."""

    def __init__(
        self,
        settings: Settings,
        reporter: Reporter,
        session: "SparkSession",
        environment: Mapping[str, str],
    ) -> None:
        self.settings = settings
        self.reporter = reporter
        self.session = session
        self.environment = environment
        self.warehouse: Warehouse = SparkWarehouse(session)
        self.releases: Releases = SparkReleases(session, settings.schema("bronze"))

    def prepare(self) -> None:
        """Schemas whose tables lie in the home, and the ledger."""
        for layer in LAYERS:
            schema = self.settings.schema(layer)
            place = str(self.settings.spark / "tables" / schema)
            quoted = place.replace("\\", "\\\\").replace("'", "\\'")
            self.session.sql(f"create schema if not exists {schema} location 'file://{quoted}'")
        make_ledger(self.warehouse, self.settings)

    def ingest(
        self, root: Path, pipeline: Mapping[str, Any], sources: Sequence[Source]
    ) -> Ingestion:
        landing = landing_of(self.settings)
        accounts = [
            SparkAccounts(self.warehouse, self.settings, source, landing) for source in sources
        ]
        ingestion = Ingestion()
        from iot_streaming.spark.client import REMOTE, answering

        try:
            run_pipeline(self.settings, root, pipeline, self.environment, self._progress(sources))
        except PipelineError as error:
            ingestion.failures["pipeline"] = str(error)
            # Where the server is gone, nothing that comes after can do better.
            answering(self.environment[REMOTE])
        is_complete = not ingestion.failures
        for account in accounts:
            try:
                ingestion.reports.append(account.settle(is_complete=is_complete))
            except PipelineError as error:
                ingestion.failures[account.source.name] = str(error)
        return ingestion

    def _progress(self, sources: Sequence[Source]) -> Any:
        done: set[str] = set()

        def heard(line: str) -> None:
            for source in sources:
                if f".{source.name} has COMPLETED" in line:
                    done.add(source.name)
                    self.reporter.progress(source.name, len(done), len(sources))

        return heard

    def bronze_versions(self) -> dict[str, int]:
        last = last_batches(self.warehouse, self.settings)
        return {s.name: last.get(s.name, 0) + self._released(s) for s in SOURCES}

    def _released(self, source: Source) -> int:
        table = f"{self.settings.schema('bronze')}.{source.name}_released"
        if not self.warehouse.has(table):
            return 0
        return int(self.warehouse.ask(f"select count(*) as released from {table}")[0]["released"])

    def place(self, project: Path) -> DbtPlace:
        return DbtPlace.on_spark(self.settings, project, self.environment)

    def publish(
        self,
        run_id: str,
        layers: Sequence[str],
        wanted: Callable[[str], bool] = lambda table: True,
        mended: tuple[date, date] | None = None,
    ) -> None:
        """Spark's tables are Delta, and open to readers, from the start."""

    def doubt(self) -> bool:
        return False
