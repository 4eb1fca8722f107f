"""Settings in, an engine at work in their home out: for runs of jobs, and to ask a warehouse."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from iot_streaming.home import writing
from iot_streaming.jobs.embedded import embedded
from iot_streaming.jobs.engine import Engine
from iot_streaming.reporter import Reporter
from iot_streaming.settings import Settings
from iot_streaming.warehouse import EmbeddedWarehouse, Warehouse


def engine_of(
    settings: Settings, reporter: Reporter, clock: Callable[[], float] = time.time
) -> AbstractContextManager[Engine]:
    """The settings' engine. The caller holds the home's lock."""
    if settings.engine == "spark":
        from iot_streaming.jobs.on_spark import on_spark

        return on_spark(settings, reporter)
    return embedded(settings, reporter, clock)


@contextmanager
def opened(settings: Settings, reporter: Reporter) -> Iterator[Warehouse]:
    """The engine's warehouse, to read. DuckDB's needs no lock, Spark's server holds it."""
    if settings.engine == "spark":
        with writing(settings, reporter.say), engine_of(settings, reporter) as engine:
            yield engine.warehouse
    else:
        yield EmbeddedWarehouse(settings)
