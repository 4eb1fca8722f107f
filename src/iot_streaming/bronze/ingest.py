"""A source's new files in, bronze rows and ledger entries out: exactly once, whatever happens.

Structured Streaming's protocol on one machine. A batch is planned durably; its rows are
committed to Delta together with its id; then its files enter the ledger, with the same id; then
the plan goes. Whoever starts next finishes an unfinished plan first, and each step asks its
table whether it was done already. Killed between any two instructions, nothing is lost or twice.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from iot_streaming.bronze.arrivals import Arrivals
from iot_streaming.bronze.changes import (
    refuse_encoded_decimals,
    refuse_two_formats,
    refuse_two_orders,
    refuse_unnumbered,
)
from iot_streaming.bronze.duckdb import (
    FileCounts,
    OddFiles,
    bounds_of,
    count_rows,
    empty_table,
    engine,
    refuse_failed,
    refuse_missing_bytes,
    refuse_wrong_expectations,
    write_rows,
)
from iot_streaming.bronze.ledger import Known, Ledger, LedgerEntry, open_ledger
from iot_streaming.bronze.lines import UnreadableFile
from iot_streaming.bronze.plan import Batch, read_plan, write_plan
from iot_streaming.bronze.select import bronze_columns
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.contract import Source
from iot_streaming.landing import LandedFile, first_batch
from iot_streaming.landing.discovery import Discovery
from iot_streaming.landing.events import LandingEvents
from iot_streaming.landing.opened import landing_of
from iot_streaming.landing.place import Landing
from iot_streaming.settings import Settings
from iot_streaming.sources import SOURCES

Progress = Callable[[str, int, int], None]


@dataclass
class Ingested:
    """What one run did for one source: counts of files, lines and bytes, and what it noticed.

    `looked` says how its files were found.
    """

    source: str
    looked: str = ""
    files: int = 0
    bytes: int = 0
    lines: int = 0
    good: int = 0
    quarantined: int = 0
    corrupt: int = 0
    rescued: int = 0
    rejected: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    batches: set[int] = field(default_factory=set)

    def add(self, entries: list[LedgerEntry]) -> None:
        for entry in entries:
            self.files += 1
            self.bytes += entry.size_bytes
            self.lines += entry.lines
            self.good += entry.good
            self.quarantined += entry.quarantined
            self.corrupt += entry.corrupt
            self.rescued += entry.rescued
            self.batches |= {entry.batch_id} if entry.batch_id is not None else set()


def create_tables(settings: Settings) -> None:
    """Make every source's bronze table and the ledger, or add columns declared since."""
    with engine(settings) as connection:
        for source in SOURCES:
            DeltaStore(settings.bronze(source.name)).create(
                partial(empty_table, connection, bronze_columns(source))
            )
        Ledger(settings, connection)


def ingest(
    settings: Settings,
    source: Source,
    *,
    ledger: Ledger | None = None,
    landing: Landing | None = None,
    events: LandingEvents | None = None,
    clock: Callable[[], float] = time.time,
    progress: Progress = lambda source, done, total: None,
) -> Ingested:
    """Bring every new landing file of the source into its bronze table.

    The caller holds the home's lock and has made the tables. `ledger` (of open_ledger) and
    `landing` are opened for it where they aren't yet; `events` tell of its new files. `clock` gives
    seconds since 1970; `progress` hears the source's name, bytes done and bytes in all.
    """
    landing = landing or landing_of(settings)
    with nullcontext(ledger) if ledger else open_ledger(settings) as ledger:
        return _Ingestion(settings, source, ledger, landing, events, clock, progress).run()


class _Ingestion:
    def __init__(
        self,
        settings: Settings,
        source: Source,
        ledger: Ledger,
        landing: Landing,
        events: LandingEvents | None,
        clock: Callable[[], float],
        progress: Progress,
    ) -> None:
        refuse_wrong_expectations(ledger.connection, source)
        self.settings = settings
        self.source = source
        self.connection = ledger.connection
        self.landing = landing
        self.events = events
        self.clock = clock
        self.progress = progress
        self.store = DeltaStore(settings.bronze(source.name))
        self.ledger = ledger
        self.report = Ingested(source.name)
        self.has_changes = source.format == "debezium"
        # What a bucket's files pass through holds no more than its limit.
        self.max_bytes = min(settings.max_bytes, settings.spool_bytes)

    def run(self) -> Ingested:
        unfinished = read_plan(self.settings.plan(self.source.name))
        if unfinished:
            self._finish(unfinished, self.ledger.known(self.source.name))
        known = self.ledger.known(self.source.name)
        arrivals = Arrivals(
            self.settings, self.source, self.landing, self.ledger, self.events, self.clock()
        )
        found = self._discover(arrivals, known)
        waiting, total = found.new, sum(file.size for file in found.new)
        last_ingested_at = max(known.last_ingested_at, self._last_released_at())
        while waiting:
            self.progress(self.source.name, total - sum(f.size for f in waiting), total)
            files = first_batch(waiting, self.settings.max_files, self.max_bytes)
            batch = self._plan(files, last_ingested_at)
            self._finish(batch, known)
            last_ingested_at = batch.ingested_at
            waiting = waiting[len(files) :]
        arrivals.remember()
        self.progress(self.source.name, total, total)
        return self.report

    def _last_released_at(self) -> int:
        released = DeltaStore(self.settings.released(self.source.name))
        return released.newest("_ingested_at") if released.exists() else 0

    def _discover(self, arrivals: Arrivals, known: Known) -> Discovery:
        found = arrivals.look(known)
        self.report.looked = arrivals.how
        self._note(found)
        if self.has_changes:
            refuse_two_formats(self.source, known, found.new)
        return found

    def _plan(self, files: tuple[LandedFile, ...], last_ingested_at: int) -> Batch:
        name = self.source.name
        batch = Batch(
            source=name,
            batch_id=max(self.store.committed(name), self.ledger.committed(name)) + 1,
            # Silver asks for what came after the last it saw: time must not stand still.
            ingested_at=max(int(self.clock() * 1e6), last_ingested_at + 1),
            files=files,
            # Their lines must be counted: no need to find that out batch by batch.
            odd=frozenset(f.key for f in files if "clock" in self._orders() and not f.is_records),
        )
        write_plan(self.settings.plan(name), batch)
        return batch

    def _finish(self, batch: Batch, known: Known) -> None:
        """Carry a plan to its end from wherever it stopped."""
        name, plan = self.source.name, self.settings.plan(self.source.name)
        counts: dict[str, FileCounts] | None = None
        if self.store.committed(name) < batch.batch_id and batch.files:
            batch, counts = self._bring_in(batch, known)
        if self.ledger.committed(name) < batch.batch_id and batch.files:
            entries = self._entries(batch, counts)
            self.ledger.append(entries, name, batch.batch_id)
            self.report.add(entries)
        plan.unlink()

    def _bring_in(self, batch: Batch, known: Known) -> tuple[Batch, dict[str, FileCounts] | None]:
        """Fetch the files and commit their rows; the plan shrinks by those that can't be read."""
        fitting = first_batch(batch.files, self.settings.max_files, self.max_bytes)
        if len(fitting) < len(batch.files):
            # Planned under a higher limit. What is left out will be found again.
            batch = self._planned_anew(replace(batch, files=fitting))
        with self.landing.fetched(batch.files) as fetched:
            for key, reason in fetched.unreadable.items():
                batch = self._without(batch, key, reason, known)
            while batch.files:
                try:
                    return batch, self._commit(batch, fetched.paths)
                except OddFiles as odd:
                    batch = self._planned_anew(batch.with_odd(odd.keys))
                except UnreadableFile as unreadable:
                    batch = self._without(batch, unreadable.key, unreadable.reason, known)
        return batch, None

    def _without(self, batch: Batch, key: str, reason: str, known: Known) -> Batch:
        file = next(f for f in batch.files if f.key == key)
        self._reject(file, reason, known, batch.ingested_at)
        return self._planned_anew(batch.without(key))

    def _planned_anew(self, batch: Batch) -> Batch:
        write_plan(self.settings.plan(batch.source), batch)
        return batch

    def _commit(self, batch: Batch, paths: Mapping[str, Path]) -> dict[str, FileCounts]:
        """Rows into a file, the file's bytes accounted for, then the file into the table."""
        connection = self.connection
        parquet = self.store.batch_file(batch.batch_id)
        write_rows(connection, self.source, batch, paths, parquet)
        counts = count_rows(connection, parquet)
        refuse_missing_bytes(batch, counts, paths)
        if self.has_changes:
            self._refuse_changes(batch, parquet)
        refuse_failed(connection, self.source, batch, parquet)
        rows = sum(count.lines for count in counts.values())
        bounds = bounds_of(connection, parquet, (self.source.event_time, "_ingested_at"))
        if self.has_changes:
            bounds |= bounds_of(connection, parquet, ("_ordered_by",))
        self.store.commit_file(self.source.name, batch.batch_id, rows, bounds)
        return counts

    def _refuse_changes(self, batch: Batch, parquet: Path) -> None:
        connection, source = self.connection, self.source
        refuse_unnumbered(connection, batch, parquet)
        refuse_two_orders(connection, source, batch, parquet, self._orders())
        refuse_encoded_decimals(connection, source, batch, parquet)

    def _orders(self) -> frozenset[str]:
        """What the table's changes are ordered by, so far."""
        return self.store.extremes("_ordered_by") if self.has_changes else frozenset()

    def _entries(self, batch: Batch, counts: dict[str, FileCounts] | None) -> list[LedgerEntry]:
        """What the table really holds of this batch, file by file; counted if it isn't yet."""
        if counts is None:
            counts = count_rows(self.connection, self.store.batch_file(batch.batch_id))
        entries = []
        for file in batch.files:
            count = counts.get(file.key, FileCounts())
            entries.append(
                LedgerEntry(
                    source=batch.source,
                    file=file.key,
                    status="ingested",
                    size_bytes=file.size,
                    modified_at=file.modified_at,
                    ingested_at=batch.ingested_at,
                    lines=count.lines,
                    good=count.good,
                    quarantined=count.quarantined,
                    corrupt=count.corrupt,
                    rescued=count.rescued,
                    batch_id=batch.batch_id,
                    etag=file.etag or None,
                )
            )
        return entries

    def _note(self, found: Discovery) -> None:
        self.report.changed = [file.key for file in found.changed]
        self.report.ignored = found.ignored
        for key, reason in found.unreadable.items():
            self.report.rejected[key] = reason

    def _reject(self, file: LandedFile, reason: str, known: Known, at: int) -> None:
        self.report.rejected[file.key] = reason
        name = self.source.name
        entry = LedgerEntry(
            source=name,
            file=file.key,
            status="rejected",
            size_bytes=file.size,
            modified_at=file.modified_at,
            ingested_at=at,
            reason=reason,
            etag=file.etag or None,
        )
        self.ledger.reject(entry, known)
