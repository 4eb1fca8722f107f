"""Every question gives the same rows in the same order on DuckDB and on Spark."""

import math
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.questions import Question, questions
from tests.questions.asked import Row, duckdb_rows, spark_rows
from tests.questions.cases import Parameters, cases

QUESTIONS = questions()
each_question = pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.name)


@pytest.fixture(scope="module")
def spark_tables(spark: Any, tables: Path) -> Any:
    """The session, with a view of each table; set up for few rows and many questions."""
    for name in ("spark.sql.codegen.wholeStage", "spark.sql.adaptive.enabled"):
        spark.conf.set(name, "false")
    for path in tables.glob("*/*.parquet"):
        spark.read.parquet(str(path)).createOrReplaceTempView(path.stem)
    return spark


def cases_of(asked: Question, embedded: duckdb.DuckDBPyConnection) -> list[Parameters]:
    def look(sql: str) -> tuple[Any, ...]:
        row = embedded.execute(sql).fetchone()
        assert row, sql
        return row

    return cases(asked, look)


def differences(left: list[Row], right: list[Row]) -> list[str]:
    """Which cells of which rows are not the same; a number may be off by rounding."""
    if len(left) != len(right):
        return [f"{len(left)} rows, {len(right)} rows"]
    return [
        f"row {number}: {one} is not {other}"
        for number, (row, same_row) in enumerate(zip(left, right, strict=True))
        for one, other in zip(row.items(), same_row.items(), strict=True)
        if not same(one, other)
    ]


def same(one: tuple[str, Any], other: tuple[str, Any]) -> bool:
    (name, value), (other_name, other_value) = one, other
    if isinstance(value, float) and isinstance(other_value, float):
        return name == other_name and math.isclose(value, other_value, rel_tol=1e-9, abs_tol=1e-9)
    return (name, type(value), value) == (other_name, type(other_value), other_value)


@pytest.mark.slow
@each_question
def test_engines_answer_alike(
    asked: Question, embedded: duckdb.DuckDBPyConnection, spark_tables: Any
) -> None:
    usual, *_ = cases_of(asked, embedded)
    answer = duckdb_rows(embedded, asked, usual)
    assert answer, f"{asked.name} has no row to compare"
    assert differences(answer, spark_rows(spark_tables, asked, usual)) == []


FILTERED = [asked for asked in QUESTIONS if "= '' or" in asked.sql]
# Where a filter is not named after the column that it filters.
COLUMNS = {"band": "health_band", "tier": "customer_tier", ("orders", "status"): "order_status"}


@pytest.mark.slow
@pytest.mark.parametrize("asked", FILTERED, ids=lambda asked: asked.name)
def test_filter_keeps_the_rows_that_have_its_value(
    asked: Question, embedded: duckdb.DuckDBPyConnection
) -> None:
    usual, *filtered = cases_of(asked, embedded)
    everything = duckdb_rows(embedded, asked, usual)
    assert filtered
    for parameters in filtered:
        ((name, wanted),) = parameters.items() - usual.items()
        column = COLUMNS.get((asked.name, name), COLUMNS.get(name, name))
        kept = [row for row in everything if row[column] == wanted]
        assert kept and duckdb_rows(embedded, asked, parameters) == kept
