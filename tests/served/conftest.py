"""A home whose warehouse is written by hand, and what is published of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from iot_streaming.bronze.ingest import create_tables
from iot_streaming.served import Published, publish, served
from iot_streaming.settings import Settings
from iot_streaming.warehouse import show_bronze

FACTS, DEVICES = "dev_gold.fct_iot_events", "dev_gold.dim_devices"
AT = datetime(2026, 1, 10, 12, tzinfo=UTC)
_TABLES = f"""
create table {FACTS} (
    event_id varchar, device_id varchar, event_at timestamptz, event_date date, value double,
    threshold_id integer, is_breach boolean, breach_severity varchar, _ingested_at timestamptz
);
create table {DEVICES} (
    device_id varchar, readings hugeint, revenue decimal(38,2), seen_at timestamptz
);
create table dev_gold.int_unused (nothing integer);
create table dev_quality.check_results (check_name varchar, checked_at timestamptz);
create table dev_quality.touched_since (is_settled boolean);
create table dev_quality.built_from as select 'dbt project' as input, 'v1' as state;
"""


class Home:
    """A home whose warehouse is written by hand."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder / "a home", landing=folder / "landing")
        self.settings.make_folders()
        create_tables(self.settings)
        show_bronze(self.settings)
        self.write(_TABLES)
        self.days(1, 3, minute=0)
        self.write(
            f"insert into {DEVICES} values ('d1', 5, 12.34, '2026-01-03'), ('d2', null, 0, null)"
        )

    def write(self, sql: str) -> None:
        with duckdb.connect(self.settings.warehouse) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(sql)

    def days(self, first: int, last: int, minute: int, readings: int = 4) -> None:
        """Readings of January's days, ingested in the same minute."""
        self.write(
            f"insert into {FACTS} select 'e' || day || '-{minute}-' || number, 'd' || number % 2, "
            "make_timestamptz(2026, 1, day, number, 0, 0), make_date(2026, 1, day), number / 3, "
            f"7, false, null, timestamptz '2026-01-09 00:{minute:02}:00Z' "
            f"from range({first}, {last + 1}) as days(day), range({readings}) as n(number)"
        )

    def publish(self, *layers: str, run: str = "run") -> Published:
        return publish(self.settings, run, AT, layers or ("gold", "quality"))

    def served(self, sql: str) -> list[tuple[Any, ...]]:
        with served(self.settings) as (connection, _):
            return connection.execute(sql).fetchall()

    def warehouse(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.settings.warehouse) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()

    def same(self, table: str) -> bool:
        asked = f"from {table} order by all"
        return self.served(asked) == self.warehouse(asked)

    def files(self, table: str = "fct_iot_events", layer: str = "gold") -> dict[str, list[str]]:
        """Of the present version, by day."""
        actions = pa.table(DeltaTable(self.settings.published(layer, table)).get_add_actions())
        found: dict[str, list[str]] = {}
        for path in sorted(actions["path"].to_pylist()):
            found.setdefault(path.partition("/")[0], []).append(path)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.publish()
    return home
