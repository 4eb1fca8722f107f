"""Rows in, a home that has published them out: known numbers, in a second.

Each table has the columns that a run gives it; what a row does not say is NULL.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from iot_streaming.bronze.ingest import create_tables
from iot_streaming.bronze.ledger import SCHEMA
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.served import publish
from iot_streaming.settings import LAYERS, Settings

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
TABLES = (Path(__file__).parent / "tables.sql").read_text(encoding="utf-8")
PUBLISHED_AT = datetime(2026, 3, 9, 6, 5, tzinfo=UTC)


def make_home(home: Path, rows: Rows, run_id: str = "20260309T060000.000000Z") -> Settings:
    """A home that serves these rows as of that run; all other tables are empty."""
    settings = Settings(home=home, landing=home / "landing")
    settings.make_folders()
    create_tables(settings)
    landed = pa.Table.from_pylist([*rows.get("quality.ledger", ())], SCHEMA)
    DeltaStore(settings.ledger).append(landed, "iot_events", 1)
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute("set timezone = 'UTC'")
        for layer in LAYERS:
            connection.execute(f"create schema if not exists {settings.schema(layer)}")
        connection.execute(TABLES)
        for table, each in rows.items():
            if table != "quality.ledger":
                insert(connection, table, each)
    publish(settings, run_id, PUBLISHED_AT)
    return settings


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """The rows into `gold.dim_devices` or the like."""
    for row in rows:
        names = ", ".join(row)
        places = ", ".join("?" for _ in row)
        connection.execute(f"insert into dev_{table} ({names}) values ({places})", [*row.values()])
