"""dbt's results in, a verdict in words and its history out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iot_streaming.errors import QueryFailed
from iot_streaming.quality.checks import Asked, check_rows, is_check
from iot_streaming.quality.tables import CHECK_RESULTS
from iot_streaming.transform import NodeResult

if TYPE_CHECKING:
    from iot_streaming.warehouse import Warehouse

_SHOWN_ROWS = 3
_DAY, _HOUR = 86_400, 3_600


def record_checks(
    warehouse: "Warehouse",
    table: str,
    asked: Asked,
    known: Mapping[str, Mapping[str, Any]],
    nodes: Sequence[NodeResult],
) -> dict[str, list[dict[str, Any]]]:
    """Append the checks among `nodes` to `table`, one row each; offending rows by unique id.

    `known` is dbt's manifest by unique id.
    """
    checks = [node for node in nodes if is_check(node)]
    if not checks:
        return {}
    samples = {
        node.unique_id: offending_rows(warehouse, known, node)
        for node in checks
        if node.status not in ("pass", "skipped")
    }
    warehouse.append(table, CHECK_RESULTS, check_rows(asked, checks, known, samples))
    return samples


def offending_rows(
    warehouse: "Warehouse", known: Mapping[str, Mapping[str, Any]], test: NodeResult
) -> list[dict[str, Any]]:
    """A few of the rows that a failed test returned; none when its SQL can't be run alone."""
    sql = known.get(test.unique_id, {}).get("compiled_code")
    if not sql:
        return []
    try:
        return warehouse.ask(f"select * from ({sql}) limit {_SHOWN_ROWS}")
    except QueryFailed:
        return []


def problem_of(node: NodeResult, rows: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with a node that did not pass, in one line."""
    if node.kind == "source" and node.status in ("warn", "error"):
        return f"{node.name} is stale: {_staleness(node)}"
    if node.kind != "test" or node.failures is None:
        return f"{node.kind} {node.name}: {node.message or node.status}"
    shown = "; ".join(str({k: str(v) for k, v in row.items()}) for row in rows)
    rows_of_it = "1 row" if node.failures == 1 else f"{node.failures:,} rows"
    return f"{node.name}: {rows_of_it}" + (f", such as {shown}" if shown else "")


def _staleness(node: NodeResult) -> str:
    if node.age is None:
        return "nothing of it has ever come"
    allowed = f", allowed are {_span(node.limit)}" if node.limit else ""
    return f"its newest row came {_span(node.age)} ago{allowed}"


def _span(seconds: float) -> str:
    """
    >>> _span(90_000)
    '25.0 h'
    """
    if seconds >= 3 * _DAY:
        return f"{seconds / _DAY:.1f} days"
    return f"{seconds / _HOUR:.1f} h"
