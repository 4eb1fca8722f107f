"""A home in, its gold and quality tables as Parquet out, and what either engine answers on them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from iot_streaming.questions import LAYERS, Question, filled, for_duckdb
from iot_streaming.settings import Settings
from tests.questions.cases import Parameters

Row = dict[str, Any]

# What a small simulated fleet has none of: a file that is rejected, an alert that chatters.
_ADDED = {
    "ledger": """
        select 'iot_events' as source, 'iot_events/torn.json.gz' as file, 'rejected' as status,
            'it ends too early' as reason, 77 as size_bytes,
            timestamptz '2026-01-06 00:00:00+00' as modified_at,
            timestamptz '2026-01-06 00:00:00+00' as ingested_at
    """,
    "fct_alerts": """
        select fct_alerts.* replace (
            alert_id || '-' || later as alert_id,
            triggered_at + to_seconds(later * 630.5) as triggered_at
        ) from home.dev_gold.fct_alerts cross join range(1, 3) as more (later)
    """,
}


def put_tables(settings: Settings, folder: Path) -> None:
    """`<folder>/dev_<layer>/<table>.parquet` for each table; sums are BIGINT, as when served."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{settings.warehouse}' as home (read_only)")
        tables = connection.execute(
            """
            select table_schema, table_name, string_agg(
                case data_type
                    when 'HUGEINT' then format('cast("{0}" as bigint) as "{0}"', column_name)
                    else format('"{}"', column_name)
                end, ', ' order by ordinal_position)
            from information_schema.columns
            where table_catalog = 'home' and list_contains($schemas, table_schema)
            group by all
            """,
            {"schemas": [settings.schema(layer) for layer in LAYERS]},
        ).fetchall()
        for schema, table, columns in tables:
            (folder / schema).mkdir(parents=True, exist_ok=True)
            rows = f"select {columns} from home.{schema}.{table}"
            if table in _ADDED:
                rows += f" union all by name ({_ADDED[table]})"
            connection.execute(f"copy ({rows}) to '{folder}/{schema}/{table}.parquet'")


@contextmanager
def duckdb_over(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which `iot_streaming_dev.dev_gold` and `…dev_quality` are those files."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("attach ':memory:' as iot_streaming_dev")
        connection.execute("use iot_streaming_dev")
        for path in folder.glob("*/*.parquet"):
            connection.execute(f"create schema if not exists {path.parent.name}")
            connection.execute(f"create view {path.parent.name}.{path.stem} as from '{path}'")
        yield connection


def duckdb_rows(
    connection: duckdb.DuckDBPyConnection, asked: Question, parameters: Parameters
) -> list[Row]:
    """As the embedded side asks: the layer as search path, parameters bound."""
    connection.execute(f"use iot_streaming_dev.dev_{asked.layer}")
    answer = connection.execute(for_duckdb(asked.sql), dict(parameters))
    names = [column[0] for column in answer.description]
    return [_plain(zip(names, row, strict=True)) for row in answer.fetchall()]


def spark_rows(spark: Any, asked: Question, parameters: Parameters) -> list[Row]:
    """As Spark answers over views of the tables' names.

    With literals for parameters: behind Delta's parser Spark 4.2 binds none (apache/spark#55392).
    """
    answer = spark.sql(filled(asked.sql, lambda name: _literal(parameters[name])))
    # Of a list, as names that come twice would be lost in a dict.
    return [_plain(zip(answer.columns, row, strict=True)) for row in answer.collect()]


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


def _plain(cells: Iterable[tuple[str, Any]]) -> Row:
    """The row with instants in UTC and numbers of either engine's types alike."""
    return {name: _value(value) for name, value in cells}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        # Spark hands out the process's own time without a zone.
        return value.astimezone(UTC)
    return float(value) if isinstance(value, Decimal) else value
