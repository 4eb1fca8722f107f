"""A source's quarantined rows in, those that today's rules find good into its released table.

One Delta commit a replay and source: killed before it nothing was released, after it all was. Which
rows are released is asked of the table itself, so that none is released twice.
"""

from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from iot_streaming.bronze.duckdb import bounds_of, empty_table, engine, select_from
from iot_streaming.bronze.duckdb_sql import DuckDBDialect
from iot_streaming.bronze.quarantine import (
    KEPT,
    Judged,
    Replay,
    lines_again,
    open_rows,
    released_columns,
)
from iot_streaming.bronze.select import bronze_columns, bronze_select
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.contract import Source
from iot_streaming.settings import Settings
from iot_streaming.warehouse import show_bronze

_APPLICATION = "replay"


class EmbeddedReleases:
    """Releases of bronze on this machine."""

    engine = "duckdb"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def judge(self, source: Source, replay: Replay) -> list[Judged]:
        with engine(self.settings) as connection:
            at = f"timestamptz '{replay.at.isoformat(timespec='microseconds')}'"
            corrections = None
            if replay.corrections is not None:
                corrections = "corrections"
                connection.register(corrections, _table_of(replay.corrections))
            rows = open_rows(
                f"({self._bronze(connection, source)})",
                f"({self._released(connection, source)})",
                replay.chosen,
            )
            lines = lines_again(source, rows, at, corrections)
            judged = bronze_select(source, DuckDBDialect(source), lines, KEPT)
            path = str(self._judged).replace("'", "''")
            select = f"select *, '{replay.replay_id}' as _replay_id, {at} as _replayed_at"
            connection.execute(f"copy ({select} from ({judged})) to '{path}' (format parquet)")
            found = connection.execute(
                "select _source_file, _reasons, _errors, count(*) from read_parquet($judged) "
                "group by all order by all",
                {"judged": str(self._judged)},
            ).fetchall()
        return [
            Judged(source.name, file, tuple(reasons), tuple(now), rows)
            for file, reasons, now, rows in found
        ]

    def release(self, source: Source, replay: Replay) -> int:
        columns = released_columns(source)
        store = DeltaStore(self.settings.released(source.name))
        with engine(self.settings) as connection:
            names = ", ".join(column.name for column in columns)
            good = f"select {names} from read_parquet($judged) where len(_errors) = 0"
            judged = {"judged": str(self._judged)}
            counted = connection.execute(f"select count(*) from ({good})", judged).fetchone()
            rows = int(counted[0]) if counted else 0
            if rows:
                store.create(partial(empty_table, connection, columns))
                number = store.committed(_APPLICATION) + 1
                parquet = store.batch_file(number)
                path = str(parquet).replace("'", "''")
                connection.execute(f"copy ({good}) to '{path}' (format parquet)", judged)
                bounds = bounds_of(connection, parquet, ("_ingested_at",))
                store.commit_file(_APPLICATION, number, rows, bounds)
                show_bronze(self.settings)
        return rows

    @property
    def _judged(self) -> Path:
        return self.settings.scratch / "judged.parquet"

    def _bronze(self, connection: duckdb.DuckDBPyConnection, source: Source) -> str:
        files = DeltaStore(self.settings.bronze(source.name)).files()
        return select_from(connection, files, bronze_columns(source))

    def _released(self, connection: duckdb.DuckDBPyConnection, source: Source) -> str:
        store = DeltaStore(self.settings.released(source.name))
        files = store.files() if store.exists() else []
        return select_from(connection, files, released_columns(source))


def _table_of(corrections: dict[str, str]) -> pa.Table:
    ids, lines = list(corrections), list(corrections.values())
    return pa.table({"_row_id": pa.array(ids, pa.string()), "line": pa.array(lines, pa.string())})
