"""Bronze on Spark, without one: the SELECT parses as its SQL, a pipeline is told the right things.

That its rows are DuckDB's needs a Spark to show.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import sqlglot
from sqlglot.expressions import Select

from iot_streaming.bronze.select import bronze_columns, rows_select, texts_select
from iot_streaming.bronze.spark import Declarations, declare_streaming_table
from iot_streaming.bronze.spark_sql import SparkDialect
from iot_streaming.contract import Expectation, Source
from iot_streaming.errors import ConfigurationError
from iot_streaming.sources import IOT_EVENTS, SOURCES, source_named

Rows = Callable[[], Any]


@pytest.mark.parametrize("dialect", ["spark", "databricks"])
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_select_is_spark_sql_and_gives_the_bronze_columns(source: Source, dialect: str) -> None:
    spark = SparkDialect(source)
    texts = texts_select(source, spark, "select * from lines_of_files")
    rows = rows_select(source, spark, "select * from numbers_of_texts")
    assert isinstance(sqlglot.parse_one(texts, read=dialect), Select)
    tree = sqlglot.parse_one(rows, read=dialect)
    assert isinstance(tree, Select)
    assert tree.named_selects == [column.name for column in bronze_columns(source)]
    sql = texts + rows
    # Spark takes a name in double quotes for text.
    assert 'f."' not in sql and "f.`" in texts


class Pipelines(ModuleType):
    """Stands in for pyspark.pipelines; keeps what is declared of each table."""

    def __init__(self) -> None:
        super().__init__("pipelines")
        self.tables: dict[str, dict[str, Any]] = {}
        self.rules: dict[str, dict[str, str]] = {}

    def table(self, **options: Any) -> Callable[[Rows], Rows]:
        def declared(rows: Rows) -> Rows:
            self.tables[options["name"]] = options | {"rows": rows}
            return rows

        return declared


class Databricks(Pipelines):
    def expect_all(self, rules: dict[str, str]) -> Callable[[Rows], Rows]:
        self.rules["counted"] = rules
        return lambda rows: rows

    def expect_all_or_fail(self, rules: dict[str, str]) -> Callable[[Rows], Rows]:
        self.rules["stopping"] = rules
        return lambda rows: rows


def declared(monkeypatch: pytest.MonkeyPatch, module: Pipelines, source: Source) -> dict[str, Any]:
    pyspark = ModuleType("pyspark")
    pyspark.pipelines = module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark", pyspark)
    monkeypatch.setitem(sys.modules, "pyspark.pipelines", module)
    declare_streaming_table(object(), source)
    return module.tables[source.name]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_table_on_databricks_counts_every_rule_and_drops_no_row(
    monkeypatch: pytest.MonkeyPatch, source: Source
) -> None:
    module = Databricks()
    table = declared(monkeypatch, module, source)
    assert table["rows"].__name__ == source.name
    assert table["table_properties"]["pipelines.reset.allowed"] == "false"
    assert table["cluster_by"] == (["_ingested_at"] if source is IOT_EVENTS else list(source.key))
    names = {rule.name for rule in source.expectations}
    assert module.rules["counted"].keys() == names | {"malformed_record"}
    assert "stopping" not in module.rules


def test_rule_that_fails_stops_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Expectation("v", "value < 5", "fail", "small")
    source = Source("s", "s", "json", IOT_EVENTS.columns, ("event_id",), "event_at", "S", (rule,))
    module = Databricks()
    declared(monkeypatch, module, source)
    assert module.rules["stopping"] == {
        "v": "_corrupt_record is not null or coalesce((value < 5), false)"
    }
    with pytest.raises(ConfigurationError, match="it can't keep the `fail` rules v"):
        declared(monkeypatch, Pipelines(), source)


def test_open_source_table_has_no_databricks_options(monkeypatch: pytest.MonkeyPatch) -> None:
    table = declared(monkeypatch, Pipelines(), source_named("cdc_orders"))
    assert table.keys() == {"name", "comment", "rows"}


def test_declarations_are_only_noted() -> None:
    noted = Declarations()
    declare_streaming_table(noted, IOT_EVENTS)
    assert noted.sources == [IOT_EVENTS]
