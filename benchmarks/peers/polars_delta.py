"""Landing files in, a Delta table out by Polars: a lazy typed scan, appended.

`ignore_errors` makes a value of another type NULL. For what it appended before it has no memory.
"""

import sys
from importlib import import_module
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from iot_streaming.sources import IOT_EVENTS

TITLE = "Polars, scan_ndjson to Delta"
PACKAGES = ("polars", "deltalake")


def ingest(landing: Path, out: Path) -> None:
    # By name: the type checks see the same with and without it.
    pl = import_module("polars")
    types = {"string": pl.String, "double": pl.Float64, "timestamp": pl.String}
    schema = {c.field: types[c.type] for c in IOT_EVENTS.columns if c.encoding == "text"}
    instants = [c.field for c in IOT_EVENTS.columns if c.type == "timestamp"]
    lines = pl.scan_ndjson(
        f"{landing}/iot_events/**/*.ndjson",
        schema=schema,
        ignore_errors=True,
        include_file_paths="file",
    )
    typed = lines.with_columns(
        pl.col(instants).str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    )
    typed.sink_delta(out / "events", mode="append")


def rows(connection: duckdb.DuckDBPyConnection, out: Path) -> str:
    table = out / "events"
    files = DeltaTable(table).file_uris() if DeltaTable.is_deltatable(str(table)) else []
    return f"read_parquet({files})" if files else ""


if __name__ == "__main__":
    ingest(Path(sys.argv[1]), Path(sys.argv[2]))
