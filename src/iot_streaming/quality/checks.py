"""dbt's results in, rows of the history of checks out: the same table on every engine."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from iot_streaming.contract import Column
from iot_streaming.transform import NodeResult

CHECK_COLUMNS = (
    Column("run_id", "string", "The run of jobs that checked."),
    Column("checked_at", "timestamp", "When its results were kept."),
    Column("check_name", "string", "dbt's name of the test."),
    Column("tags", "string", "Its tags with / between, `model` without any."),
    Column("severity", "string", "error or warn: what failing rows mean."),
    Column("status", "string", "pass, warn, fail, error or skipped."),
    Column("failures", "bigint", "Rows that broke it; NULL when it could not be asked."),
    Column("seconds", "double", "How long it took."),
    Column("message", "string", "What dbt said besides."),
)


def check_rows(run_id: str, at: datetime, nodes: Iterable[NodeResult]) -> list[tuple[Any, ...]]:
    """One row for each test among `nodes`, in the order of CHECK_COLUMNS."""
    return [
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
