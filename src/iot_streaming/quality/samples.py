"""dbt's results in, a verdict and its history out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from iot_streaming.errors import QueryFailed
from iot_streaming.quality.checks import CHECK_COLUMNS, check_rows
from iot_streaming.transform import DbtPlace, NodeResult, compiled_sql
from iot_streaming.warehouse import Warehouse

_SHOWN_ROWS = 3


def record_checks(
    warehouse: Warehouse, schema: str, run_id: str, at: datetime, nodes: Iterable[NodeResult]
) -> None:
    """Append the tests among `nodes` to `<schema>.check_results`, one row a check."""
    warehouse.append(f"{schema}.check_results", CHECK_COLUMNS, check_rows(run_id, at, nodes))


def offending_rows(warehouse: Warehouse, place: DbtPlace, test: NodeResult) -> list[dict[str, Any]]:
    """A few of the rows that a failed test returned; none when its SQL can't be run alone."""
    sql = compiled_sql(place, test.unique_id)
    if sql is None:
        return []
    try:
        return warehouse.ask(f"select * from ({sql}) limit {_SHOWN_ROWS}")
    except QueryFailed:
        return []
