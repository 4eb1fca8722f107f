"""dbt's descriptions and the declared tables of runs in, layers, tables and their columns out."""

from functools import cache
from pathlib import Path

import yaml

from iot_streaming.bronze.ledger import LEDGER_COLUMNS
from iot_streaming.quality.tables import (
    CHECK_RESULTS,
    EXPECTATION_RESULTS,
    PIPELINE_RUNS,
    REPLAYS,
)

MODELS = Path(__file__).parents[2] / "databricks" / "dbt" / "models"
# What runs keep themselves; of these Databricks has the first only.
KEPT = {
    "check_results": CHECK_RESULTS,
    "expectation_results": EXPECTATION_RESULTS,
    "pipeline_runs": PIPELINE_RUNS,
    "replays": REPLAYS,
    "ledger": LEDGER_COLUMNS,
}


@cache
def declared() -> dict[str, dict[str, set[str]]]:
    """{"gold": {"dim_devices": {"device_id", …}}, "quality": …}."""
    kept = {name: {column.name for column in columns} for name, columns in KEPT.items()}
    return {"gold": _models("marts"), "quality": _models("quality") | kept}


def on_databricks() -> dict[str, set[str]]:
    """The tables of each layer that Databricks has as well: dbt's, and the results of checks."""
    return {
        "gold": set(_models("marts")),
        "quality": {*_models("quality"), "check_results"},
    }


def _models(folder: str) -> dict[str, set[str]]:
    described = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((MODELS / folder).rglob("*.yml"))
    ]
    return {
        model["name"]: {column["name"] for column in model["columns"]}
        for document in described
        for model in document.get("models", ())
    }
