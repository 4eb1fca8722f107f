"""dbt's sources say of bronze what the declarations say."""

from typing import Any

import pytest
import yaml

from iot_streaming.bronze.select import bronze_columns
from iot_streaming.contract import Source
from iot_streaming.sources import SOURCES
from tests.dbt.dbt_lakehouse import PROJECT

BRONZE = yaml.safe_load((PROJECT / "models/staging/_sources.yml").read_text("utf-8"))["sources"][0]
TABLES: dict[str, dict[str, Any]] = {table["name"]: table for table in BRONZE["tables"]}


def test_every_source_is_declared_once() -> None:
    assert list(TABLES) == [source.name for source in SOURCES]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_table_is_as_declared(source: Source) -> None:
    table = TABLES[source.name]
    assert table["description"] == source.description
    assert table["columns"] == [
        {"name": column.name, "data_type": column.type, "description": column.description}
        for column in bronze_columns(source)
    ]


def test_freshness_is_watched() -> None:
    config = BRONZE["config"]
    assert config["loaded_at_field"] == "_ingested_at"
    assert config["freshness"]["warn_after"]


@pytest.mark.parametrize(
    "source", [s for s in SOURCES if s.format == "debezium"], ids=lambda source: source.name
)
def test_silver_describes_every_column_of_its_source(source: Source) -> None:
    model = f"stg_{source.name.removeprefix('cdc_')}"
    document = yaml.safe_load((PROJECT / f"models/staging/{model}.yml").read_text("utf-8"))
    (entry,) = document["models"]
    described = {column["name"] for column in entry["columns"] if column["description"]}
    renamed = {"order_timestamp": "ordered_at"} if source.name == "cdc_orders" else {}
    declared = {renamed.get(column.name, column.name) for column in source.columns}
    assert declared | {"_is_deleted", "_committed_at", "_ingested_at"} <= described
