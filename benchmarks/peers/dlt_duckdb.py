"""Landing files in, a DuckDB table out by dlt (dlthub): its filesystem source and its reader.

Tuned as its page on performance says: big pages, bounded intermediate files so that two processes
normalize, Parquet into the destination. Files by modification date; what a run left is loaded
first.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

import duckdb

from iot_streaming.sources import IOT_EVENTS

TITLE = "dlt, filesystem to DuckDB"
PACKAGES = ("dlt", "duckdb")
_TYPES = {"string": "text", "double": "double", "timestamp": "timestamp"}
_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "50000",
    "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "100000",
    "NORMALIZE__WORKERS": "2",
}


def ingest(landing: Path, out: Path) -> None:
    os.environ.update(_SETTINGS)
    # By name: the type checks see the same with and without it.
    dlt, source = import_module("dlt"), import_module("dlt.sources.filesystem")
    pipeline = dlt.pipeline(
        "events",
        pipelines_dir=str(out / "pipelines"),
        destination=dlt.destinations.duckdb(str(out / "events.duckdb")),
        dataset_name="landing",
    )
    files = source.filesystem(
        f"{landing}/iot_events",
        file_glob="**/*.ndjson",
        incremental=dlt.sources.incremental("modification_date"),
    )
    lines = (files | source.read_jsonl(chunksize=10_000)).with_name("iot_events")
    lines.apply_hints(
        columns={
            c.field: {"data_type": _TYPES[c.type]}
            for c in IOT_EVENTS.columns
            if c.encoding == "text"
        }
    )
    if pipeline.has_pending_data:
        pipeline.run()
    pipeline.run(lines, loader_file_format="parquet")


def rows(connection: duckdb.DuckDBPyConnection, out: Path) -> str:
    if not (out / "events.duckdb").exists():
        return ""
    connection.execute(f"attach or replace '{out}/events.duckdb' as events (read_only)")
    tables = connection.execute(
        "select 1 from duckdb_tables() where database_name = 'events' and table_name = 'iot_events'"
    ).fetchall()
    return "events.landing.iot_events" if tables else ""


if __name__ == "__main__":
    ingest(Path(sys.argv[1]), Path(sys.argv[2]))
