"""dbt's results in, a verdict and its history out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb

from iot_streaming.checks import check_columns, check_rows
from iot_streaming.settings import Settings
from iot_streaming.transform import DbtPlace, NodeResult, compiled_sql

_SHOWN_ROWS = 3


def record_checks(
    settings: Settings, run_id: str, at: datetime, nodes: Iterable[NodeResult]
) -> None:
    """Append the tests among `nodes` to `<prefix>_quality.check_results`, one row a check."""
    rows = check_rows(run_id, at, nodes)
    table = f"{settings.schema('quality')}.check_results"
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"create table if not exists {table} ({check_columns('varchar', 'timestamptz')})"
        )
        if rows:
            connection.executemany(f"insert into {table} values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def offending_rows(
    connection: duckdb.DuckDBPyConnection, place: DbtPlace, test: NodeResult
) -> list[dict[str, Any]]:
    """A few of the rows that a failed test returned; none when its SQL can't be run alone."""
    sql = compiled_sql(place, test.unique_id)
    if sql is None:
        return []
    try:
        found = connection.execute(f"select * from ({sql}) limit {_SHOWN_ROWS}")
    except duckdb.Error:
        return []
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
