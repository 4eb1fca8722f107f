"""The ledger: one row per landed file, what was in it and what became of it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import duckdb
import pyarrow as pa

from iot_streaming.bronze.duckdb import engine, select_from
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.contract import Column
from iot_streaming.landing import RECORD_SUFFIXES, endings_of
from iot_streaming.settings import Settings

LEDGER_COLUMNS = (
    Column("source", "string", "The declared source."),
    Column("file", "string", "Landing file, relative to the landing root."),
    Column("status", "string", "ingested, or rejected: it could not be read to its end."),
    Column("reason", "string", "Why it was rejected."),
    Column("size_bytes", "bigint", "Size as it lay in landing."),
    Column("modified_at", "timestamp", "When it arrived."),
    Column("lines", "bigint", "Its lines that are not blank: good + quarantined."),
    Column("good", "bigint", "Lines that silver reads."),
    Column("quarantined", "bigint", "Lines kept in bronze with the reasons in `_errors`."),
    Column("corrupt", "bigint", "Quarantined lines that are no JSON object."),
    Column("rescued", "bigint", "Rows with `_rescued_data`."),
    Column("batch_id", "bigint", "The source's batch that brought it in."),
    Column("ingested_at", "timestamp", "When that batch was planned."),
    Column("etag", "string", "What an object store calls its content; null for a folder's."),
)
_ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
SCHEMA = pa.schema([(column.name, _ARROW[column.type]) for column in LEDGER_COLUMNS])


@dataclass(frozen=True)
class LedgerEntry:
    """A landed file. `lines` are its non-blank ones: lines = good + quarantined.

    Corrupt lines are among the quarantined; `rescued` counts rows with `_rescued_data`. Times
    are microseconds since 1970. A rejected file has no lines here, a `reason`, and no batch.
    """

    source: str
    file: str
    status: Literal["ingested", "rejected"]
    size_bytes: int
    modified_at: int
    ingested_at: int
    reason: str | None = None
    lines: int = 0
    good: int = 0
    quarantined: int = 0
    corrupt: int = 0
    rescued: int = 0
    batch_id: int | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Known:
    """What the ledger says of a source as a whole.

    `count` of its ingested files, the `oldest` and `newest` of them by key, one of lines and one
    of DMS's records. `rejected`: states (key, size, modified_at, reason) of files that could not
    be read, `outstanding` the keys of those that still are not in.
    """

    count: int = 0
    oldest: str = ""
    newest: str = ""
    lines_key: str | None = None
    records_key: str | None = None
    last_ingested_at: int = 0
    rejected: set[tuple[str, int, int, str]] = field(default_factory=set)
    outstanding: list[str] = field(default_factory=list)


class Ledger:
    """The Delta table `<prefix>_quality.ledger`, asked by a connection that is open anyway."""

    def __init__(self, settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
        self.store = DeltaStore(settings.ledger)
        self.connection = connection
        self.store.create(lambda: SCHEMA)
        self._shown = -1
        self._known: dict[str, Known] | None = None

    def known(self, source: str) -> Known:
        """All that was decided about this source's files so far.

        Asked for all sources at once, and again when the ledger has changed.
        """
        self._show()
        if self._known is None:
            self._known = self._known_of_all()
        return self._known.setdefault(source, Known())

    def files(self, source: str, since: str = "", keys: Sequence[str] | None = None) -> pa.Table:
        """The ingested files as landing.place.LISTED has them: all, those after a key, or these."""
        self._show()
        return self._ask(
            """
            select file as key, size_bytes as size, epoch_us(modified_at) as modified_at, etag
            from entries
            where source = $source
                and status = 'ingested'
                and file > $since
                and ($keys is null or file in (select unnest(cast($keys as varchar[]))))
            """,
            source=source,
            since=since,
            keys=keys,
        )

    def committed(self, source: str) -> int:
        """The last batch of the source that is in the ledger."""
        return self.store.committed(source)

    def append(self, entries: Iterable[LedgerEntry], source: str, batch_id: int) -> None:
        """A batch's files, in one commit that also says so."""
        self.store.append(_table(entries), source, batch_id)

    def reject(self, entry: LedgerEntry, known: Known) -> None:
        """A file that can't be read, once for each state of it; it is tried again every run."""
        state = (entry.file, entry.size_bytes, entry.modified_at, entry.reason or "")
        if state not in known.rejected:
            known.rejected.add(state)
            # Rejections belong to no batch: their own name keeps the batches' count untouched.
            name = f"{entry.source}/rejected"
            self.store.append(_table([entry]), name, self.store.committed(name) + 1)

    def _show(self) -> None:
        """Point the view `entries` at the present files, and forget what others said."""
        version = self.store.version()
        if version != self._shown:
            rows = select_from(self.connection, self.store.files(), LEDGER_COLUMNS)
            self.connection.execute(f"create or replace temp view entries as {rows}")
            self._shown, self._known = version, None

    def _known_of_all(self) -> dict[str, Known]:
        is_records = f"regexp_matches(file, '({'|'.join(endings_of(RECORD_SUFFIXES))})$')"
        ingested = "filter (status = 'ingested'"
        summaries = self._ask(
            f"""
            select
                source,
                count(*) {ingested}) as count,
                coalesce(min(file) {ingested}), '') as oldest,
                coalesce(max(file) {ingested}), '') as newest,
                any_value(file) {ingested} and not {is_records}) as lines_key,
                any_value(file) {ingested} and {is_records}) as records_key,
                coalesce(max(epoch_us(ingested_at)), 0) as last_ingested_at
            from entries
            group by source
            """
        ).to_pylist()
        known = {summary.pop("source"): Known(**summary) for summary in summaries}
        rejected = self._ask(
            """
            select
                source,
                file,
                size_bytes,
                epoch_us(modified_at) as modified_at,
                reason,
                (source, file) not in (
                    select (source, file) from entries where status = 'ingested'
                ) as is_outstanding
            from entries
            where status = 'rejected'
            order by source, file
            """
        ).to_pylist()
        for row in rejected:
            of_source = known[row["source"]]
            state = (row["file"], row["size_bytes"], row["modified_at"], row["reason"])
            of_source.rejected.add(state)
            if row["is_outstanding"] and of_source.outstanding[-1:] != [row["file"]]:
                of_source.outstanding.append(row["file"])
        return known

    def _ask(self, sql: str, **parameters: object) -> pa.Table:
        return self.connection.execute(sql, parameters).to_arrow_table()


@contextmanager
def open_ledger(settings: Settings) -> Iterator[Ledger]:
    """With an engine() for its connection: what ingestion works by."""
    with engine(settings) as connection:
        yield Ledger(settings, connection)


def _table(entries: Iterable[LedgerEntry]) -> pa.Table:
    rows = [vars(entry) for entry in entries]
    return pa.table([[row[name] for row in rows] for name in SCHEMA.names], schema=SCHEMA)
