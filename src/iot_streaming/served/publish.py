"""A finished run's warehouse in, its gold and quality tables published as Delta out.

Only what changed is written: of a table with days the days that differ, of those that merely grew
the new rows, any other table whole when a row differs. What differs is found by comparing counts
and digests with those of what was published before, so it doesn't matter how a row came to change.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import duckdb
from deltalake.exceptions import DeltaError

from iot_streaming.bronze.store import DeltaStore
from iot_streaming.errors import PipelineError
from iot_streaming.served.snapshot import Snapshot, Table
from iot_streaming.served.store import Change, PublishedStore, clean
from iot_streaming.settings import Settings
from iot_streaming.sources import SOURCES
from iot_streaming.warehouse import reading

PUBLISHED_LAYERS = ("gold", "quality")
# What dbt and runs note for themselves.
_NOT_SERVED = {"built_from", "event_keys", "touched_since"}
# Of the tables with most rows: what differs in a row that is another than it was, all else follows
# from it. To digest all of every reading that ever was takes ten times as long. With another dbt
# project, where something else may follow, they are written anew.
_JUDGED = {
    "fct_iot_events": ("_ingested_at", "threshold_id", "is_breach", "breach_severity"),
    "int_hourly_readings": (
        "_ingested_at",
        "readings",
        "sum_value",
        "sum_squares",
        "breaches",
        "filled_slots",
        "outliers",
        "spikes_inside",
        "outliers_or_spikes_inside",
        "flat_line_readings_inside",
    ),
}
_MANY = 32
_CLEANED_EVERY = timedelta(hours=24)


@dataclass(frozen=True)
class Published:
    """Tables of which something was written, and how many rows."""

    tables: list[str]
    rows: int


def publish(
    settings: Settings,
    run_id: str,
    at: datetime,
    layers: Container[str] = PUBLISHED_LAYERS,
    wanted: Callable[[str], bool] = lambda table: True,
    mended: tuple[date, date] | None = None,
) -> Published:
    """Bring what is served up to the warehouse; the caller holds the home's lock.

    `layers`: without gold, gold stays as of the run that it is of. `wanted`: which of their tables,
    by name. `mended`: the first and last day on which, and on no other, readings may say something
    else than they did (see `doubt`). PipelineError where it can't be done: all stays as it was.
    """
    last = Snapshot.read(settings)
    try:
        with reading(settings) as connection:
            publication = _Publication(settings, connection, last, run_id, mended)
            for (layer, table), columns in _tables(settings, connection).items():
                if layer in layers and wanted(table):
                    publication.take(layer, table, columns)
        publication.snapshot(at, has_gold="gold" in layers).write(settings)
    except (duckdb.Error, DeltaError, OSError) as error:
        raise PipelineError(
            f"{settings.root} could not be published: {error}; what is served stays as it was, "
            "and the next run publishes all that is new"
        ) from error
    return Published(publication.written, publication.rows)


def doubt(settings: Settings) -> bool:
    """Before readings are made to say something else: the next publication looks at all of them.

    Unless it is told which days were mended. Whether that is allowed is returned: not where there
    is doubt already, or nothing is published.
    """
    snapshot = Snapshot.read(settings)
    if snapshot is None or snapshot.project is None:
        return False
    replace(snapshot, project=None).write(settings)
    return True


def pin(settings: Settings) -> None:
    """Serve bronze and the ledger as they are now: what they were may be gone one day."""
    snapshot = Snapshot.read(settings)
    if snapshot:
        replace(snapshot, tables=dict(snapshot.tables) | _pinned(settings)).write(settings)


def _tables(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> dict[tuple[str, str], dict[str, str]]:
    """Layer and name of every table that is served, with its columns' types."""
    layers = {settings.schema(layer): layer for layer in PUBLISHED_LAYERS}
    found = connection.execute(
        "select columns.schema_name, columns.table_name, column_name, data_type "
        "from duckdb_columns() as columns semi join duckdb_tables() as tables using (table_oid) "
        "order by columns.schema_name, columns.table_name, column_index"
    ).fetchall()
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in found:
        if schema in layers and table not in _NOT_SERVED:
            tables.setdefault((layers[schema], table), {})[column] = kind
    return tables


class _Publication:
    """One publication under way: the tables so far, and what was written."""

    def __init__(
        self,
        settings: Settings,
        connection: duckdb.DuckDBPyConnection,
        last: Snapshot | None,
        run_id: str,
        mended: tuple[date, date] | None,
    ) -> None:
        self.settings = settings
        self.connection = connection
        self.last = last
        self.run_id = run_id
        self.mended = mended
        self.project = _project(settings, connection)
        self.tables = dict(last.tables) if last else {}
        self.written: list[str] = []
        self.rows = 0

    def take(self, layer: str, table: str, columns: Mapping[str, str]) -> None:
        """Publish what of the table is not published yet."""
        name = f"{self.settings.schema(layer)}.{table}"
        path = self.settings.published(layer, table)
        store = PublishedStore(path, self.connection, name, columns, _JUDGED.get(table))
        last = self.tables.get(name)
        is_judged = table in _JUDGED
        known = last if not is_judged or self._is_known() else None
        now, before, until = store.parts(known.until if known else None)
        was = dict(known.parts) if known else {}
        if is_judged and self.mended:
            was = {part: found for part, found in was.items() if not _lies_on(part, self.mended)}
        if known and was == now:
            return
        delta = store.at(last.version if last else None)
        if delta is None:
            delta, known, was = store.anew(), None, {}
        files = store.files(delta)
        changes = [
            # A part that merely grew gets a file more; of many files one is made.
            Change(part, known.until)
            if known and part in was and before.get(part) == was[part] and len(files[part]) < _MANY
            else Change(part, is_gone=part not in now)
            for part in sorted(now.keys() | files.keys())
            if part not in was or now.get(part) != was[part]
        ]
        self.rows += store.write(delta, changes, self.run_id)
        self.written.append(name)
        within = path.relative_to(self.settings.root).as_posix()
        self.tables[name] = Table(within, delta.version(), store.partition, until, now)

    def _is_known(self) -> bool:
        """Whether of readings only what is compared can be another than it was published."""
        is_same = self.last is not None and self.last.project == self.project
        return is_same or self.mended is not None

    def snapshot(self, at: datetime, *, has_gold: bool) -> Snapshot:
        """What is served from now on, with bronze and the ledger as they are."""
        cleaned_at = self._cleaned_at(at)
        tables = self.tables | _pinned(self.settings)
        fresh = Snapshot(self.run_id, at, self.run_id, at, self.project, cleaned_at, tables)
        if has_gold:
            return fresh
        if self.last is None:
            return replace(fresh, gold_run_id=None, gold_at=None, project=None)
        last = self.last
        return replace(
            fresh, gold_run_id=last.gold_run_id, gold_at=last.gold_at, project=last.project
        )

    def _cleaned_at(self, at: datetime) -> datetime:
        """Once a day what no reader needs any more is removed."""
        if self.last is None or at - self.last.cleaned_at < _CLEANED_EVERY:
            return self.last.cleaned_at if self.last else at
        for name, table in self.tables.items():
            # Where a killed publication is ahead, what it took away is what is still served.
            if table.parts and (version := clean(self.settings.root / table.path, table.version)):
                self.tables[name] = replace(table, version=version)
        return at


def _lies_on(part: str, days: tuple[date, date]) -> bool:
    """Whether one of the days is in the part: a date, a month, or everything."""
    first, last = (day.isoformat()[: len(part)] for day in days)
    return first <= part <= last


def _pinned(settings: Settings) -> dict[str, Table]:
    """Tables that are Delta from the start, at their versions of now."""
    stores = {f"{settings.schema('quality')}.ledger": settings.ledger}
    for source in SOURCES:
        bronze = f"{settings.schema('bronze')}.{source.name}"
        stores[bronze] = settings.bronze(source.name)
        if DeltaStore(settings.released(source.name)).exists():
            stores[f"{bronze}_released"] = settings.released(source.name)
    return {
        name: Table(path.relative_to(settings.root).as_posix(), DeltaStore(path).version())
        for name, path in stores.items()
    }


def _project(settings: Settings, connection: duckdb.DuckDBPyConnection) -> str | None:
    """The dbt project of the last sound build; None where there was none."""
    schema = settings.schema("quality")
    found = connection.execute(
        "select count(*) from duckdb_tables() "
        f"where schema_name = '{schema}' and table_name = 'built_from'"
    ).fetchone()
    if not found or not found[0]:
        return None
    row = connection.execute(
        f"select max(state) from {schema}.built_from where input = 'dbt project'"
    ).fetchone()
    return row[0] if row else None
