"""A home that dbt worked in, what tells the rows of its tables apart out."""

import json
import re
from typing import Any

from iot_streaming.project import dbt_project
from iot_streaming.settings import Settings
from iot_streaming.sources import SOURCES
from iot_streaming.transform import DbtPlace

Keys = dict[tuple[str, str], tuple[str, ...]]
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNIQUE = ("unique", "unique_touched")


def known_keys(settings: Settings) -> Keys:
    """Keys by (schema, table): the sources' as declared, dbt's by `unique_key` or unique tests."""
    bronze = {(settings.schema("bronze"), source.name): source.key for source in SOURCES}
    manifest = DbtPlace.embedded(settings, dbt_project()).artifacts / "manifest.json"
    if not manifest.is_file():
        return bronze
    return bronze | _keys_of(json.loads(manifest.read_text(encoding="utf-8"))["nodes"])


def _keys_of(nodes: dict[str, Any]) -> Keys:
    tested: dict[str, tuple[str, ...]] = {}
    for node in nodes.values():
        test = node.get("test_metadata") or {}
        if test.get("name") in _UNIQUE and node.get("attached_node"):
            columns = _columns(test["kwargs"].get("columns") or test["kwargs"].get("column_name"))
            if columns:
                tested.setdefault(node["attached_node"], columns)
    keys: Keys = {}
    for name, node in nodes.items():
        if node["resource_type"] in ("model", "seed"):
            # What a test found unique; `unique_key` may be a part that rows are replaced by.
            key = tested.get(name) or _columns(node["config"].get("unique_key"))
            if key:
                keys[(node["schema"], node["alias"])] = key
    return keys


def _columns(value: Any) -> tuple[str, ...]:
    """The names, nothing where one is an expression."""
    names = [value] if isinstance(value, str) else list(value or ())
    return tuple(names) if all(_COLUMN.fullmatch(str(name)) for name in names) else ()
