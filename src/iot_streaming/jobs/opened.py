"""Settings in, an engine's warehouse to ask out: for commands that are no runs of jobs."""

from collections.abc import Iterator
from contextlib import contextmanager

from iot_streaming.home import writing
from iot_streaming.reporter import Reporter
from iot_streaming.settings import Settings
from iot_streaming.warehouse import EmbeddedWarehouse, Warehouse


@contextmanager
def opened(settings: Settings, reporter: Reporter) -> Iterator[Warehouse]:
    """The warehouse of the settings' engine. DuckDB's needs no lock, Spark's server holds it."""
    if settings.engine == "spark":
        from iot_streaming.jobs.on_spark import on_spark

        with writing(settings, reporter.say), on_spark(settings, reporter) as engine:
            yield engine.warehouse
    else:
        yield EmbeddedWarehouse(settings)
