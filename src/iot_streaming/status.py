"""The warehouse in, one page about it out: rows, quarantine, freshness, budgets left."""

from collections.abc import Callable
from typing import Any

import duckdb

from iot_streaming.query import plain
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.warehouse import reading

_NEWEST = ("_ingested_at", "checked_at", "ingested_at")


def status_of(settings: Settings, say: Callable[[str], None]) -> dict[str, Any]:
    """`as_of`: the newest event's time; `tables`: name, rows, newest change, quarantined rows.

    `objectives`: rows of error_budgets, those with the least left first; [] before it is built.
    """
    with reading(settings, say) as connection:
        tables = _tables(connection, settings)
        names = {(schema, name) for schema, name, _ in tables}
        return {
            "catalog": settings.catalog,
            "as_of": _as_of(connection, settings, names),
            "tables": [_table(connection, *table) for table in tables],
            "objectives": _objectives(connection, settings, names),
        }


def _tables(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> list[tuple[str, str, list[str]]]:
    """Schema, name and columns of each table, layer by layer."""
    # A parameter would have DuckDB import pandas where there is one: as long as all the rest takes.
    found = connection.execute(
        "select table_catalog, table_schema, table_name, list(column_name) "
        "from information_schema.columns group by all order by all"
    ).fetchall()
    schemas = [settings.schema(layer) for layer in LAYERS]
    tables = [row[1:] for row in found if row[0] == settings.catalog and row[1] in schemas]
    return sorted(tables, key=lambda table: schemas.index(table[0]))


def _as_of(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tables: set[tuple[str, str]]
) -> Any:
    if (settings.schema("silver"), "stg_iot_events") not in tables:
        return None
    events = f"{settings.schema('silver')}.stg_iot_events"
    row = connection.execute(f"select max(event_at) from {events}").fetchone()
    return plain(row[0]) if row else None


def _objectives(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tables: set[tuple[str, str]]
) -> list[dict[str, Any]]:
    budgets = (settings.schema("quality"), "error_budgets")
    if budgets not in tables:
        return []
    found = connection.execute(
        f"select * from {'.'.join(budgets)} order by budget_left nulls last, objective"
    )
    columns = [column[0] for column in found.description or ()]
    return [
        {name: plain(value) for name, value in zip(columns, row, strict=True)}
        for row in found.fetchall()
    ]


def _table(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, columns: list[str]
) -> dict[str, Any]:
    newest = next((column for column in _NEWEST if column in columns), None)
    wanted = [
        "count(*)",
        f"max({newest})" if newest else "null",
        "count(*) filter (len(_errors) > 0)" if "_errors" in columns else "null",
    ]
    row = connection.execute(f'select {", ".join(wanted)} from {schema}."{name}"').fetchone()
    rows, latest, quarantined = row or (0, None, None)
    return {
        "table": f"{schema}.{name}",
        "rows": rows,
        "newest": plain(latest),
        "quarantined": quarantined,
    }
