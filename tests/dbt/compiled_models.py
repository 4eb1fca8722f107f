"""The SQL that dbt compiles for a model in, its table on bronze of one's own out: no dbt between.

A dbt command takes seconds; the SQL that it would run takes milliseconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from iot_streaming.bronze.duckdb import empty_select, register_functions, write_rows
from iot_streaming.bronze.plan import Batch
from iot_streaming.bronze.select import bronze_columns
from iot_streaming.contract import Source
from iot_streaming.landing import LandedFile
from tests.dbt.dbt_lakehouse import Lakehouse

START = 1_767_571_200_000_000
_HALF_HOUR = 1_800_000_000


@dataclass(frozen=True)
class CompiledModel:
    """One incremental model: its SQL from nothing, and on top of what is there.

    `key` is what delete+insert goes by; `increment` asks for what came after $seen.
    """

    relation: str
    key: str
    full: str
    increment: str


def compile_model(lakehouse: Lakehouse, name: str, key: str, *flags: str) -> CompiledModel:
    """Compile a model of a lakehouse in which it has been built, from some changes."""
    lakehouse.build("compile", "--select", name, "--full-refresh", *flags)
    full = _compiled(lakehouse, name)
    lakehouse.build("compile", "--select", name, *flags)
    increment = _compiled(lakehouse, name)
    [(relation,)] = lakehouse.rows(
        f"select table_schema || '.' || table_name from information_schema.tables "
        f"where table_name = '{name}'"
    )
    [(micros,)] = lakehouse.rows(f"select epoch_us(max(_ingested_at)) from {relation}")
    seen = datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    literal = f"cast('{seen}+00:00' as timestamptz)"
    assert literal in increment
    assert literal not in full
    return CompiledModel(relation, key, full, increment.replace(literal, "getvariable('seen')"))


def _compiled(lakehouse: Lakehouse, name: str) -> str:
    found = (lakehouse.dbt.scratch / "target" / "compiled").rglob(f"{name}.sql")
    # Unit tests, where they ran before, have left one each in a folder that is named after a file.
    [path] = [path for path in found if path.parent.suffix != ".yml"]
    return path.read_text(encoding="utf-8")


class BareWarehouse:
    """Bronze of one source and models on it, in a DuckDB in memory under the warehouse's name."""

    def __init__(self, source: Source, scratch: Path) -> None:
        self.source = source
        self.scratch = scratch
        self.connection = duckdb.connect()
        register_functions(self.connection)
        self.batches = 0
        # As if a quarter of a machine were enough: it is, for rows by the dozen.
        self.execute("set threads = 1")
        self.execute("set timezone = 'UTC'")
        self.execute("attach ':memory:' as iot_streaming_dev")
        self.execute("use iot_streaming_dev")
        for schema in ("dev_bronze", "dev_silver", "dev_gold"):
            self.execute(f"create schema {schema}")
        self.bronze = f"dev_bronze.{source.name}"
        self.clear()

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def clear(self) -> None:
        """An empty bronze; models stay until they are built anew."""
        columns = empty_select(bronze_columns(self.source))
        self.execute(f"create or replace table {self.bronze} as {columns}")

    def ingest(self, lines: list[str]) -> None:
        """The lines as one more batch, by bronze's own reading and judging."""
        self.ingest_file("lines.ndjson", "".join(f"{line}\n" for line in lines).encode())

    def ingest_file(self, name: str, content: bytes) -> None:
        """As a landing file of that name, one more batch."""
        self.batches += 1
        landed = self.scratch / name
        landed.write_bytes(content)
        file = LandedFile(START, landed.name, landed.stat().st_size)
        at = START + self.batches * _HALF_HOUR
        batch = Batch(self.source.name, self.batches, at, (file,))
        rows = self.scratch / "rows.parquet"
        write_rows(self.connection, self.source, batch, {file.key: landed}, rows)
        self.execute(f"insert into {self.bronze} by name from read_parquet('{rows}')")

    def build(self, model: CompiledModel) -> None:
        self.execute(f"create or replace table {model.relation} as {model.full}")

    def increment(self, model: CompiledModel) -> None:
        """As dbt's delete+insert, and the histories' post-hook."""
        self.execute(
            "set variable seen = (select coalesce(max(_ingested_at), '1900-01-01'::timestamptz) "
            f"from {model.relation})"
        )
        self.execute(f"create or replace temp table fresh as {model.increment}")
        self.execute(
            f"delete from {model.relation} "
            f"where {model.key} in (select {model.key} from fresh where {model.key} is not null)"
        )
        real = "where valid_from is not null" if "valid_from" in model.full else ""
        self.execute(f"insert into {model.relation} by name select * from fresh {real}")


@contextmanager
def bare_warehouse(source: Source, scratch: Path) -> Iterator[BareWarehouse]:
    warehouse = BareWarehouse(source, scratch)
    try:
        yield warehouse
    finally:
        warehouse.connection.close()
