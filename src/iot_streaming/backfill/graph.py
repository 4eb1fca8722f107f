"""dbt's manifest in, the models that rest on a source out, in the order that they are built in."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from iot_streaming.backfill.wanted import Dates
from iot_streaming.errors import ConfigurationError

# The settings that readings are judged by: they come from seeds, too. And which of them have
# reached all days: a backfill of events brings them to some.
_SETTINGS = "int_sensor_settings"
_SETTINGS_APPLIED = "int_settings_applied"
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Model:
    """A model of silver, gold or quality; `day` is the column that has its rows' day.

    Without one it is built as a whole, or by keys. `days_before` and `days_after` say how far
    beyond a backfill's dates its days are built too.
    """

    name: str
    table: str
    day: str | None = None
    days_before: int = 0
    days_after: int = 0

    def reach(self, dates: Dates) -> tuple[date, date]:
        """First and last day that are built for these dates."""
        return (
            dates.first - min(timedelta(self.days_before), dates.first - date.min),
            dates.last + min(timedelta(self.days_after), date.max - dates.last),
        )


def models_on(dates: Dates, manifest: Path) -> list[Model]:
    """All that `selection` has dbt build, but for seeds."""
    graph = json.loads(manifest.read_text(encoding="utf-8"))
    roots = [
        name
        for name, source in graph["sources"].items()
        if source["source_name"] == "bronze" and source["name"] == dates.source.name
    ]
    below = _below(roots, graph["child_map"])
    models = {n: node for n, node in graph["nodes"].items() if node["resource_type"] == "model"}
    wanted = {n: node for n, node in models.items() if _is_built(node["name"], n in below, dates)}
    order = TopologicalSorter({n: node["depends_on"]["nodes"] for n, node in wanted.items()})
    return [_model(wanted[name], dates) for name in order.static_order() if name in wanted]


def selection(dates: Dates) -> list[str]:
    """The same for dbt: what rests on the source, and the seeds that it rests on, too."""
    source = f"source:bronze.{dates.source.name}"
    chosen = ["--select", f"{source}+", f"@{source},resource_type:seed"]
    if dates.is_of_changes:
        return chosen
    return [*chosen, _SETTINGS, "--exclude", _SETTINGS_APPLIED]


def _is_built(name: str, is_below: bool, dates: Dates) -> bool:
    if dates.is_of_changes:
        return is_below
    return name == _SETTINGS or (is_below and name != _SETTINGS_APPLIED)


def _below(roots: Sequence[str], children: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    left = list(roots)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += children.get(name, ())
    return found


def _model(node: Mapping[str, Any], dates: Dates) -> Model:
    table = f"{node['schema']}.{node['alias']}"
    told = dict(node["config"].get("meta", {}).get("backfill", {}))
    of_changes = told.pop("changes", False)
    if not told or (dates.is_of_changes and not of_changes):
        return Model(node["name"], table)
    if not _NAME.fullmatch(str(told.get("day"))) or not told.keys() <= {
        "day",
        "days_before",
        "days_after",
    }:
        raise ConfigurationError(
            f"model {node['name']}: meta.backfill is {told}; it has the column `day`, and maybe "
            "days_before and days_after"
        )
    days = {name: int(told.get(name, 0)) for name in ("days_before", "days_after")}
    return Model(node["name"], table, str(told["day"]), **days)
