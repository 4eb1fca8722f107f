"""The ledger: one row per landed file, what was in it and what became of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import duckdb
import pyarrow as pa

from iot_streaming.bronze.store import DeltaStore
from iot_streaming.contract import Column
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


@dataclass(frozen=True)
class Known:
    """What the ledger says of a source: key → (size, modified_at) of ingested files."""

    ingested: dict[str, tuple[int, int]]
    rejected: set[tuple[str, int, int, str]]
    last_ingested_at: int


class Ledger:
    """The Delta table `<prefix>_quality.ledger`."""

    def __init__(self, settings: Settings) -> None:
        self.store = DeltaStore(settings.ledger)
        self.store.create(lambda: SCHEMA)

    def known(self, source: str) -> Known:
        """All that was decided about this source's files so far."""
        columns = "file, size_bytes, epoch_us(modified_at), status, reason, epoch_us(ingested_at)"
        rows = self._rows(columns, source)
        return Known(
            ingested={row[0]: (row[1], row[2]) for row in rows if row[3] == "ingested"},
            rejected={(row[0], row[1], row[2], row[4]) for row in rows if row[3] == "rejected"},
            last_ingested_at=max((row[5] for row in rows), default=0),
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

    def _rows(self, columns: str, source: str) -> list[tuple]:  # type: ignore[type-arg]
        files = self.store.files()
        if not files:
            return []
        with duckdb.connect() as connection:
            return connection.execute(
                f"select {columns} from read_parquet($files) where source = $source",
                {"files": files, "source": source},
            ).fetchall()


def _table(entries: Iterable[LedgerEntry]) -> pa.Table:
    return pa.Table.from_pylist([asdict(entry) for entry in entries], schema=SCHEMA)
