"""A run's engine on this machine: DuckDB ingests and transforms, bronze is Delta."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from iot_streaming.bronze.ingest import create_tables, ingest
from iot_streaming.bronze.ledger import open_ledger
from iot_streaming.bronze.quarantine import Releases
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.bucket_url import BucketUrl
from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError, IotStreamingError, LandingFailed
from iot_streaming.jobs.engine import Ingestion
from iot_streaming.landing.events import LandingEvents
from iot_streaming.landing.opened import landing_of
from iot_streaming.optimize import compact_due
from iot_streaming.release import EmbeddedReleases
from iot_streaming.reporter import Reporter
from iot_streaming.served import doubt, publish
from iot_streaming.settings import Settings, byte_count
from iot_streaming.sources import SOURCES
from iot_streaming.transform import DbtPlace
from iot_streaming.warehouse import EmbeddedWarehouse, Warehouse, show_bronze


@contextmanager
def embedded(
    settings: Settings, reporter: Reporter, clock: Callable[[], float]
) -> Iterator["Embedded"]:
    """The engine, with its tables there: whatever job runs first finds them."""
    create_tables(settings)
    show_bronze(settings)
    yield Embedded(settings, reporter, clock)


class Embedded:
    """The Engine of a run without Spark."""

    def __init__(self, settings: Settings, reporter: Reporter, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.reporter = reporter
        self.clock = clock
        self.warehouse: Warehouse = EmbeddedWarehouse(settings)
        self.releases: Releases = EmbeddedReleases(settings)

    def ingest(
        self, root: Path, pipeline: Mapping[str, Any], sources: Sequence[Source]
    ) -> Ingestion:
        settings = _bounded(self.settings, pipeline.get("configuration", {}))
        landing, events = landing_of(settings), self._events()
        ingestion = Ingestion()
        with open_ledger(settings) as ledger:
            for source in sources:
                # If one fails, the others go on.
                try:
                    report = ingest(
                        settings,
                        source,
                        ledger=ledger,
                        landing=landing,
                        events=events,
                        clock=self.clock,
                        progress=self.reporter.progress,
                    )
                    ingestion.reports.append(report)
                except ConfigurationError:
                    raise
                except IotStreamingError as error:
                    ingestion.failures[source.name] = str(error)
        if events is not None:
            done = {source.name for source in sources} - set(ingestion.failures)
            events.settle([source.path for source in SOURCES if source.name not in done])
        for one in compact_due(self.settings):
            self.reporter.say(f"{one.table}: {one.before:,} files made {one.after:,}")
        show_bronze(self.settings)
        return ingestion

    def _events(self) -> LandingEvents | None:
        """What the queue told of; where it can't be read, listings find the files."""
        queue, landing = self.settings.landing_events, self.settings.landing
        if queue is None or not isinstance(landing, BucketUrl):
            return None
        events = LandingEvents(queue, landing)
        try:
            events.drain()
        except LandingFailed as error:
            self.reporter.problem(f"{error}; the bucket is listed instead")
            return None
        if events.strange:
            self.reporter.say(
                f"{len(events.strange)} messages in the queue tell of no file below {landing}; "
                "they are left there: has the queue another reader?"
            )
        return events

    def bronze_versions(self) -> dict[str, int]:
        versions = {}
        for name in (source.name for source in SOURCES):
            released = DeltaStore(self.settings.released(name))
            versions[name] = DeltaStore(self.settings.bronze(name)).version()
            versions[name] += released.version() if released.exists() else 0
        return versions

    def place(self, project: Path) -> DbtPlace:
        return DbtPlace.embedded(self.settings, project)

    def publish(
        self,
        run_id: str,
        layers: Sequence[str],
        wanted: Callable[[str], bool] = lambda table: True,
        mended: tuple[date, date] | None = None,
    ) -> None:
        at = datetime.fromtimestamp(self.clock(), UTC)
        publish(self.settings, run_id, at, layers, wanted, mended)

    def doubt(self) -> bool:
        return doubt(self.settings)


def _bounded(settings: Settings, configuration: Mapping[str, str]) -> Settings:
    """The bounds of one batch, as the pipeline has them."""
    files = configuration.get("iot_streaming.max_files")
    size = configuration.get("iot_streaming.max_bytes")
    return replace(
        settings,
        max_files=int(files) if files else settings.max_files,
        max_bytes=byte_count(size) if size else settings.max_bytes,
    )
