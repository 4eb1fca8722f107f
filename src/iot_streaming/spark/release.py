"""A source's quarantined rows on Spark in, those that today's rules find good released out.

On this machine, on a cluster, on Databricks. One MERGE a replay and source, by the rows' ids:
killed before it nothing was released, after it all was, and what is released is left alone.
"""

from typing import TYPE_CHECKING

from iot_streaming.bronze.quarantine import (
    KEPT,
    Judged,
    Replay,
    lines_again,
    open_rows,
    released_columns,
)
from iot_streaming.bronze.spark import bronze_rows
from iot_streaming.bronze.spark_sql import spark_type
from iot_streaming.contract import Source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class SparkReleases:
    """Releases of a bronze schema; on Databricks a catalog's name is before it."""

    def __init__(self, session: "SparkSession", schema: str, engine: str = "spark") -> None:
        self.session = session
        self.schema = schema
        self.engine = engine
        self.judged: DataFrame

    def judge(self, source: Source, replay: Replay) -> list[Judged]:
        # Once: parsing costs more than all that is asked of its rows.
        self.judged = self._judged(source, replay).localCheckpoint()
        counted = (
            self.judged.groupBy("_source_file", "_reasons", "_errors")
            .count()
            .orderBy("_source_file", "_reasons", "_errors")
        )
        return [
            Judged(source.name, file, tuple(reasons), tuple(now), rows)
            for file, reasons, now, rows in counted.collect()
        ]

    def release(self, source: Source, replay: Replay) -> int:
        table = self._make(source)
        before = self.session.table(table).count()
        names = [column.name for column in released_columns(source)]
        good = self.judged.where("size(_errors) = 0").select(*names)
        self.session.sql(
            f"merge into {table} as released using {{good}} as good "
            "on released._row_id = good._row_id when not matched then insert *",
            good=good,
        )
        return self.session.table(table).count() - before

    def _judged(self, source: Source, replay: Replay) -> "DataFrame":
        from pyspark.sql import functions as f

        at = f"timestamp '{replay.at.isoformat(timespec='microseconds')}'"
        bronze, released = f"{self.schema}.{source.name}", self._table(source)
        if not self.session.catalog.tableExists(released):
            released = "(select cast(null as string) as _row_id where false)"
        rows = open_rows(bronze, released, replay.chosen)
        corrections = None
        if replay.corrections is not None:
            corrections = "corrected_lines"
            self.session.createDataFrame(
                list(replay.corrections.items()), "_row_id string, line string"
            ).createOrReplaceTempView(corrections)
        lines = self.session.sql(lines_again(source, rows, at, corrections))
        judged = bronze_rows(self.session, source, lines, KEPT)
        replayed_at = f.expr(at).alias("_replayed_at")
        return judged.select("*", f.lit(replay.replay_id).alias("_replay_id"), replayed_at)

    def _table(self, source: Source) -> str:
        return f"{self.schema}.{source.name}_released"

    def _make(self, source: Source) -> str:
        """The table, made where there is none and with the columns declared since."""
        table = self._table(source)
        columns = {column.name: spark_type(column) for column in released_columns(source)}
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.session.sql(f"create table if not exists {table} ({declared}) using delta")
        there = set(self.session.table(table).columns)
        missing = [f"{name} {kind}" for name, kind in columns.items() if name not in there]
        if missing:
            self.session.sql(f"alter table {table} add columns ({', '.join(missing)})")
        return table
