"""Bronze on Spark and the landing folder in, the ledger out: what each file became, and proof.

Spark keeps what it read in its checkpoint, and a pipeline that says COMPLETED proves nothing: so
every file that lay in landing before it began is held to the rows that bronze has of it, before it
enters the ledger. Killed in between, the next run takes in what bronze has and the ledger lacks.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from iot_streaming.bronze.ingest import Ingested
from iot_streaming.bronze.ledger import LEDGER_COLUMNS, LedgerEntry
from iot_streaming.bronze.lines import GZIP_TRAILER, exact_lines
from iot_streaming.contract import Source
from iot_streaming.errors import LinesLost
from iot_streaming.landing import LandedFile, suffixes_of
from iot_streaming.landing.discovery import discovered
from iot_streaming.landing.place import LISTED, Landing
from iot_streaming.settings import Settings
from iot_streaming.warehouse import Warehouse

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Held:
    """What bronze holds of one file; the time in microseconds since 1970."""

    file: str
    batch_id: int
    ingested_at: int
    lines: int
    good: int
    quarantined: int
    corrupt: int
    rescued: int
    line_bytes: int


def make_ledger(warehouse: Warehouse, settings: Settings) -> None:
    """The ledger's table, with every column, where there is none yet."""
    ledger = _ledger(settings)
    there = warehouse.ask(f"describe {ledger}") if warehouse.has(ledger) else []
    if not {column.name for column in LEDGER_COLUMNS} <= {row["col_name"] for row in there}:
        warehouse.append(ledger, LEDGER_COLUMNS, [])


def last_batches(warehouse: Warehouse, settings: Settings) -> dict[str, int]:
    """Of each source with rows: the micro-batch that brought its last."""
    rows = warehouse.ask(
        f"select source, max(batch_id) as last from {_ledger(settings)} "
        "where batch_id is not null group by source"
    )
    return {row["source"]: int(row["last"]) for row in rows}


class SparkAccounts:
    """One source's ledger: made before a pipeline's run, settled after it."""

    def __init__(
        self, warehouse: Warehouse, settings: Settings, source: Source, landing: Landing
    ) -> None:
        self.warehouse = warehouse
        self.settings = settings
        self.source = source
        self.landing = landing
        self.known = self._known()
        self.found = discovered(landing.listed(source.path), self.known, suffixes_of(source))
        self._new = {file.key: file for file in self.found.new}

    def settle(self, *, is_complete: bool) -> Ingested:
        """Enter what came in; LinesLost when a file is not in bronze whole and once.

        `is_complete`: the pipeline got to its end, so that no file may be missing.
        """
        held = self._held_since(last_batches(self.warehouse, self.settings))
        entries = [self._entry(self._file(rows.file), rows) for rows in held]
        if is_complete:
            there = {rows.file for rows in held}
            missing = [file for file in self.found.new if file.key not in there]
            entries += [self._without_lines(file) for file in missing]
        if entries:
            self.warehouse.append(_ledger(self.settings), LEDGER_COLUMNS, list(map(_row, entries)))
        report = Ingested(self.source.name)
        report.add(entries)
        report.changed = [file.key for file in self.found.changed]
        report.ignored = self.found.ignored
        report.rejected = dict(self.found.unreadable)
        return report

    def _known(self) -> pa.Table:
        rows = self.warehouse.ask(
            "select file as key, size_bytes as size, unix_micros(modified_at) as modified_at, etag "
            f"from {_ledger(self.settings)} where source = '{self.source.name}'"
        )
        return pa.Table.from_pylist(rows, schema=LISTED)

    def _held_since(self, last: dict[str, int]) -> list[_Held]:
        bronze = f"{self.settings.schema('bronze')}.{self.source.name}"
        if not self.warehouse.has(bronze):
            return []
        rows = self.warehouse.ask(
            f"""
            select
                _source_file as file,
                _batch_id as batch_id,
                unix_micros(max(_ingested_at)) as ingested_at,
                count(*) as lines,
                count_if(size(_errors) = 0) as good,
                count_if(size(_errors) > 0) as quarantined,
                count_if(_corrupt_record is not null) as corrupt,
                count_if(_rescued_data is not null) as rescued,
                coalesce(sum(_line_bytes), 0) as line_bytes
            from {bronze}
            where _batch_id > {last.get(self.source.name, 0)}
            group by _source_file, _batch_id
            order by _batch_id, _source_file
            """
        )
        held = [_Held(**row) for row in rows]
        seen = set(self.known["key"].to_pylist())
        for rows_of_file in held:
            if rows_of_file.file in seen:
                raise self._lost(rows_of_file.file, "is in bronze more than once")
            seen.add(rows_of_file.file)
        return held

    def _file(self, key: str) -> LandedFile:
        """As it was found, or as it is now when it landed while the pipeline ran."""
        if key not in self._new:
            landed = discovered(self.landing.found([key]), suffixes=suffixes_of(self.source))
            if not landed.new:
                raise self._lost(key, "is in bronze and gone from landing")
            self._new[key] = landed.new[0]
        return self._new[key]

    def _entry(self, file: LandedFile, held: _Held) -> LedgerEntry:
        self._refuse_lost_lines(file, held)
        return LedgerEntry(
            source=self.source.name,
            file=file.key,
            status="ingested",
            size_bytes=file.size,
            modified_at=file.modified_at,
            ingested_at=held.ingested_at,
            lines=held.lines,
            good=held.good,
            quarantined=held.quarantined,
            corrupt=held.corrupt,
            rescued=held.rescued,
            batch_id=held.batch_id,
            etag=file.etag or None,
        )

    def _refuse_lost_lines(self, file: LandedFile, held: _Held) -> None:
        """By its bytes where one line feed a line explains them all, else by counting its lines."""
        if self._content_size(file) - held.line_bytes in (held.lines, held.lines - 1):
            return
        there = self._count_lines(file)
        if there != held.lines:
            raise self._lost(file.key, f"has {there:,} lines and bronze {held.lines:,} of it")

    def _without_lines(self, file: LandedFile) -> LedgerEntry:
        lines = self._count_lines(file)
        if lines:
            raise self._lost(file.key, f"has {lines:,} lines and bronze none of it")
        at = file.modified_at
        return LedgerEntry(
            self.source.name, file.key, "ingested", file.size, at, at, etag=file.etag or None
        )

    def _content_size(self, file: LandedFile) -> int:
        if not file.is_gzip or file.size < GZIP_TRAILER:
            return file.size
        return int.from_bytes(self.landing.tail(file, GZIP_TRAILER), "little")

    def _count_lines(self, file: LandedFile) -> int:
        with self.landing.fetched([file]) as fetched:
            if reason := fetched.unreadable.get(file.key):
                raise self._lost(file.key, f"can't be counted ({reason})")
            return sum(1 for _ in exact_lines(fetched.paths[file.key], file.key))

    def _lost(self, key: str, what: str) -> LinesLost:
        return LinesLost(
            f"{self.source.name}: {key} {what}, though Spark's pipeline says that it completed; "
            f"nothing of this run is in the ledger. Its log is {self.settings.spark / 'logs'}; "
            "land the file again under a new name, or make a home anew (--home)"
        )


def _ledger(settings: Settings) -> str:
    return f"{settings.schema('quality')}.ledger"


def _row(entry: LedgerEntry) -> tuple[Any, ...]:
    values = asdict(entry)
    for name in ("modified_at", "ingested_at"):
        values[name] = _EPOCH + timedelta(microseconds=values[name])
    return tuple(values[column.name] for column in LEDGER_COLUMNS)
