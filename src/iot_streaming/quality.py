"""dbt's results in, a verdict and its history out."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from iot_streaming.settings import Settings
from iot_streaming.transform import NodeResult, compiled_sql

_SHOWN_ROWS = 3


def record_checks(
    settings: Settings, run_id: str, at: datetime, nodes: Iterable[NodeResult]
) -> None:
    """Append the tests among `nodes` to `<prefix>_quality.check_results`, one row a check."""
    rows = [
        (
            run_id,
            at,
            node.name,
            "/".join(node.tags) or "model",
            node.severity,
            node.status,
            node.failures,
            node.seconds,
            node.message,
        )
        for node in nodes
        if node.kind == "test"
    ]
    table = f"{settings.schema('quality')}.check_results"
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"""
            create table if not exists {table} (
                run_id varchar, checked_at timestamptz, check_name varchar, tags varchar,
                severity varchar, status varchar, failures bigint, seconds double, message varchar
            )
            """
        )
        if rows:
            connection.executemany(f"insert into {table} values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def offending_rows(
    connection: duckdb.DuckDBPyConnection, dbt_folder: Path, test: NodeResult
) -> list[dict[str, Any]]:
    """A few of the rows that a failed test returned; none when its SQL can't be run alone."""
    sql = compiled_sql(dbt_folder, test.unique_id)
    if sql is None:
        return []
    try:
        found = connection.execute(f"select * from ({sql}) limit {_SHOWN_ROWS}")
    except duckdb.Error:
        return []
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
