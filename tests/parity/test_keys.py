"""What tells a table's rows apart, by the declarations and by what dbt left behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.parity import known_keys
from iot_streaming.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path)


def keep_manifest(settings: Settings, nodes: dict[str, Any]) -> None:
    folder = settings.root / "dbt" / "target"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"nodes": nodes}))


def model(name: str, unique_key: Any = None) -> dict[str, Any]:
    config = {"unique_key": unique_key}
    return {"resource_type": "model", "schema": "dev_gold", "alias": name, "config": config}


def unique(of: str, name: str = "unique", **arguments: Any) -> dict[str, Any]:
    test = {"name": name, "kwargs": arguments}
    return {"resource_type": "test", "attached_node": of, "test_metadata": test}


def test_sources_have_their_declared_key_before_dbt_ever_ran(settings: Settings) -> None:
    keys = known_keys(settings)
    assert keys[("dev_bronze", "iot_events")] == ("event_id",)
    assert keys[("dev_bronze", "cdc_orders")] == ("order_id",)
    assert len(keys) == 8


def test_models_have_what_a_test_finds_unique_else_their_unique_key(settings: Settings) -> None:
    keep_manifest(
        settings,
        {
            "model.a": model("tested", unique_key="device_id"),
            "test.a": unique("model.a", column_name="device_version_key"),
            "model.b": model("touched"),
            "test.b": unique("model.b", "unique_touched", columns=["device_id", "hour_at"]),
            "model.c": model("merged", unique_key=["a", "b"]),
            "model.d": model("by_expression"),
            "test.d": unique("model.d", column_name="coalesce(device_id, '') || sensor_type"),
            "model.e": model("unknown"),
        },
    )
    keys = {table: key for (schema, table), key in known_keys(settings).items() if "gold" in schema}
    assert keys == {
        "tested": ("device_version_key",),
        "touched": ("device_id", "hour_at"),
        "merged": ("a", "b"),
    }
