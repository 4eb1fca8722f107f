"""dbt's results in, rows of `check_results` out: the same table on every engine."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iot_streaming.transform import NodeResult

KINDS = ("data_quality", "integration")
LAYERS = ("bronze", "silver", "gold", "quality")

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Asked:
    """Who asked for checks, when, on which engine: what all of their rows say."""

    run_id: str
    at: datetime
    job: str
    engine: str


def is_check(node: NodeResult) -> bool:
    """Whether it is a test, or a source that was asked how fresh it is."""
    return node.kind in ("test", "source")


def check_rows(
    asked: Asked,
    nodes: Iterable[NodeResult],
    known: Mapping[str, Mapping[str, Any]],
    samples: Mapping[str, Rows],
) -> list[tuple[Any, ...]]:
    """One row for each check among `nodes`, in the order of CHECK_RESULTS.

    `known` is dbt's manifest by unique id, `samples` has a few offending rows of those that have.
    """
    return [
        _row(asked, node, known, samples.get(node.unique_id)) for node in filter(is_check, nodes)
    ]


def _row(
    asked: Asked, node: NodeResult, known: Mapping[str, Mapping[str, Any]], sample: Rows | None
) -> tuple[Any, ...]:
    layer, table = checked_table(node, known)
    value = node.age if node.kind == "source" else node.failures
    return (
        asked.run_id,
        asked.at,
        asked.job,
        node.name,
        kind_of(node),
        layer,
        table,
        node.severity,
        node.status,
        None if value is None else float(value),
        node.limit,
        node.failures,
        json.dumps(sample, default=str, ensure_ascii=False) if sample else None,
        node.message,
        node.seconds,
        asked.engine,
    )


def kind_of(node: NodeResult) -> str:
    """generic, integration, data_quality or freshness."""
    if node.kind == "source":
        return "freshness"
    return next((kind for kind in KINDS if kind in node.tags), "generic")


def checked_table(
    node: NodeResult, known: Mapping[str, Mapping[str, Any]]
) -> tuple[str | None, str | None]:
    """Layer and name of what a check is about.

    Of a source it is the source, of a generic test the model that it hangs on; of other tests the
    first that they name among those furthest along.
    """
    about = [node.unique_id] if node.kind == "source" else list(node.depends_on)
    if node.attached in known:
        about = [node.attached or ""]
    places = [_place(known[name]) for name in about if name in known]
    placed = [place for place in places if place[0] in LAYERS]
    return max(placed, key=lambda place: LAYERS.index(place[0]), default=(None, None))


def _place(node: Mapping[str, Any]) -> tuple[str, str]:
    """A schema is named <prefix>_<layer>."""
    layer = str(node.get("schema", "")).rpartition("_")[2]
    return layer, str(node.get("identifier") or node.get("alias") or node.get("name"))
