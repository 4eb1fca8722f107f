"""Landing files in, bronze and the ledger out by this project's embedded engine."""

import sys
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from iot_streaming.bronze.ingest import create_tables
from iot_streaming.bronze.ingest import ingest as ingest_new
from iot_streaming.settings import Settings
from iot_streaming.sources import IOT_EVENTS, source_named

TITLE = "this project, bronze Delta"
PACKAGES = ("duckdb", "deltalake")


def ingest(landing: Path, out: Path, name: str = IOT_EVENTS.name) -> None:
    settings = Settings.from_environment(home=out, landing=landing)
    settings.make_folders()
    create_tables(settings)
    ingest_new(settings, source_named(name))


def rows(connection: duckdb.DuckDBPyConnection, out: Path, name: str = IOT_EVENTS.name) -> str:
    table = Settings(out, out).bronze(name)
    files = DeltaTable(table).file_uris() if DeltaTable.is_deltatable(str(table)) else []
    return f"read_parquet({files})" if files else ""


if __name__ == "__main__":
    ingest(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
