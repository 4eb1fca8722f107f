"""dbt's results in, rows of the history of checks out: the same table on every engine."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from iot_streaming.transform import NodeResult

_COLUMNS = {
    "run_id": "text",
    "checked_at": "instant",
    "check_name": "text",
    "tags": "text",
    "severity": "text",
    "status": "text",
    "failures": "bigint",
    "seconds": "double",
    "message": "text",
}


def check_columns(text: str, instant: str) -> str:
    """`name type, …` of check_results, for an engine that calls text and instants so."""
    types = {"text": text, "instant": instant}
    return ", ".join(f"{name} {types.get(kind, kind)}" for name, kind in _COLUMNS.items())


def check_rows(run_id: str, at: datetime, nodes: Iterable[NodeResult]) -> list[tuple[Any, ...]]:
    """One row for each test among `nodes`, in the order of check_columns."""
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
