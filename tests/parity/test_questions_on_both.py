"""Every question gives the same rows in the same order on DuckDB and on Spark."""

import math
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.questions import Question, question, questions
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


@pytest.mark.slow
def test_answers_add_up_to_each_other(embedded: duckdb.DuckDBPyConnection) -> None:
    def answers(name: str) -> list[Row]:
        asked = question(name)
        return duckdb_rows(embedded, asked, cases_of(asked, embedded)[0])

    (totals,) = answers("fleet_totals")
    assert sum(row["devices"] for row in answers("health_bands")) == totals["devices"]
    assert len(answers("devices")) == totals["devices"]
    (alert_totals,) = answers("alert_totals")
    assert len(answers("open_alerts")) == alert_totals["open_alerts"]
    assert sum(row["alerts"] for row in answers("alert_ages")) == alert_totals["open_alerts"]
    assert sum(row["alerts"] for row in answers("alert_response")) == alert_totals["alerts"]

    (flow,) = answers("ledger_flow")
    assert flow["landed"] == flow["good"] + flow["quarantined"]
    facts = embedded.execute("select count(*) from dev_gold.fct_iot_events").fetchone()
    assert facts == (flow["silver"],) and flow["duplicates"] > 0 == flow["waiting"]
    landed = {row["source"]: row["lines"] for row in answers("ledger_sources")}
    assert landed["iot_events"] == flow["landed"]


@pytest.mark.slow
def test_hours_tell_the_same_of_a_sensor_as_its_readings(
    embedded: duckdb.DuckDBPyConnection,
) -> None:
    hours = question("device_reading_hours")
    usual, *_ = cases_of(hours, embedded)
    by_hours = duckdb_rows(embedded, hours, usual)
    by_readings = duckdb_rows(embedded, question("device_readings"), usual)
    assert len(by_hours) > 2 and differences(by_hours, by_readings) == []
