"""The Warehouse on a Spark session, of this machine, a cluster or Databricks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from iot_streaming.bronze.spark_sql import spark_type
from iot_streaming.contract import Column
from iot_streaming.errors import QueryFailed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkWarehouse:
    """The Warehouse of a Spark catalog; on Databricks a table has a catalog's name before it."""

    def __init__(self, session: "SparkSession") -> None:
        self.session = session

    def ask(self, sql: str) -> list[dict[str, Any]]:
        from pyspark.errors import PySparkException

        try:
            return [row.asDict() for row in self.session.sql(sql).collect()]
        except PySparkException as error:
            # The rest is the query's plan and Spark's own stack.
            raise QueryFailed(str(error).partition("\n")[0]) from error

    def has(self, table: str) -> bool:
        return self.session.catalog.tableExists(table)

    def append(
        self, table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        self._write("append", table, columns, rows)

    def replace(
        self, table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        self._write("overwrite", table, columns, rows)

    def _write(
        self, mode: str, table: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        schema = ", ".join(f"{column.name} {spark_type(column)}" for column in columns)
        frame = self.session.createDataFrame(list(rows), schema)
        # A table that is older than a column gets it.
        frame.write.mode(mode).option("mergeSchema", "true").saveAsTable(table)
