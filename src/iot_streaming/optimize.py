"""A home's Delta tables in, the same rows in fewer and larger files out.

Each batch leaves a file, and every reader opens every file. What replaces them is one commit, and
files that are no longer in a table stay for as long as a reader of an older version may need them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from iot_streaming.bronze.store import DeltaStore
from iot_streaming.errors import ConfigurationError
from iot_streaming.served import pin
from iot_streaming.settings import Settings
from iot_streaming.sources import SOURCES
from iot_streaming.warehouse import show_bronze

RETAIN_HOURS = 168.0
# A run compacts what has so many small files: often enough for readers, seldom enough for writers.
DUE_FILES = 100


@dataclass(frozen=True)
class Optimized:
    """Files of a table before and after; `removed` are those that no reader needs any more."""

    table: str
    before: int
    after: int
    removed: int = 0


def compact_due(settings: Settings) -> list[Optimized]:
    """Compact tables with DUE_FILES small files and more. The caller holds the home's lock."""
    return [
        _compacted(name, store)
        for name, store in _tables(settings)
        if store.small_files() >= DUE_FILES
    ]


def optimize(settings: Settings, retain_hours: float = RETAIN_HOURS) -> list[Optimized]:
    """Compact every table, then remove files that left it `retain_hours` ago or were never in it.

    The caller holds the home's lock. ConfigurationError for less than a day.
    """
    if not retain_hours >= 24:
        raise ConfigurationError(
            f"--retain-hours is {retain_hours:g}; a reader may still be at an older version of a "
            "table: keep its files for 24 hours at least"
        )
    done = []
    for name, store in _tables(settings):
        one = _compacted(name, store)
        done.append(Optimized(name, one.before, one.after, store.vacuum(retain_hours)))
    show_bronze(settings)
    pin(settings)
    return done


def _compacted(name: str, store: DeltaStore) -> Optimized:
    before = len(store.files())
    store.compact()
    return Optimized(name, before, len(store.files()))


def _tables(settings: Settings) -> Iterator[tuple[str, DeltaStore]]:
    """Those that are there, but for those that a killed run's batch is still to be finished in."""
    for source in SOURCES:
        if settings.plan(source.name).exists():
            continue
        yield f"{settings.schema('bronze')}.{source.name}", DeltaStore(settings.bronze(source.name))
        released = DeltaStore(settings.released(source.name))
        if released.exists():
            yield f"{settings.schema('bronze')}.{source.name}_released", released
    yield f"{settings.schema('quality')}.ledger", DeltaStore(settings.ledger)
