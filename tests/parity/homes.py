"""Rows as SQL in; two small homes as the engines leave them out, and their comparison."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
from deltalake import write_deltalake

from iot_streaming.parity import TableParity, compare_homes
from iot_streaming.settings import LAYERS, Settings

TABLE = "dev_silver.stg_orders"


@dataclass
class Homes:
    """A DuckDB home and a Spark home; `keys` as compare_homes wants them."""

    duckdb: Settings
    spark: Settings
    keys: dict[tuple[str, str], tuple[str, ...]]

    @classmethod
    def empty(cls, folder: Path) -> "Homes":
        homes = cls(
            Settings(folder / "duckdb", folder),
            Settings(folder / "spark", folder, engine="spark"),
            {},
        )
        homes.duckdb.make_folders()
        with duckdb.connect(homes.duckdb.warehouse) as connection:
            for layer in LAYERS:
                connection.execute(f"create schema {homes.duckdb.schema(layer)}")
        return homes

    def put_duckdb(self, select: str, table: str = TABLE) -> None:
        with duckdb.connect(self.duckdb.warehouse) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"create table {table} as {select}")

    def put_spark(self, select: str, table: str = TABLE) -> None:
        schema, _, name = table.partition(".")
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            rows = connection.execute(select).to_arrow_reader(100_000)
            folder = self.spark.spark / "tables" / schema / name.strip('"')
            write_deltalake(folder, rows)

    def compare(self) -> dict[str, TableParity]:
        return {
            parity.table: parity for parity in compare_homes(self.duckdb, self.spark, self.keys)
        }

    def compare_rows(self, left: str, right: str, *key: str) -> TableParity:
        """One table of these rows on either side."""
        schema, _, name = TABLE.partition(".")
        self.keys[(schema, name)] = key
        self.put_duckdb(left)
        self.put_spark(right)
        return self.compare()[TABLE]


def compare_and_measure(homes: Homes) -> tuple[TableParity, int]:
    """The one table's comparison and this process's peak memory in bytes, as Linux tells it.

    ru_maxrss would begin with the peak of the process that started this one.
    """
    parity = homes.compare()[TABLE]
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak
    return parity, int(peak[1]) * 1024
