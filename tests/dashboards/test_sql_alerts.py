"""The SQL alerts ask whole names, and are told when what they warn of is there."""

import operator
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from iot_streaming.bronze.duckdb_sql import duckdb_type
from iot_streaming.quality.tables import CHECK_RESULTS
from tests.dashboards.read import Json, alerts
from tests.questions.declared import on_databricks

ALERTS = alerts()
AT = datetime(2026, 1, 6, 12, tzinfo=UTC)
OPERATORS = {"GREATER_THAN": operator.gt, "EQUAL": operator.eq, "NOT_EQUAL": operator.ne}


@pytest.fixture
def lakehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Tables of the names that alerts ask, without rows."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("attach ':memory:' as iot_streaming_dev")
        connection.execute("use iot_streaming_dev")
        connection.execute("create schema dev_quality; create schema dev_gold")
        columns = ", ".join(f"{each.name} {duckdb_type(each)}" for each in CHECK_RESULTS)
        connection.execute(f"create table dev_quality.check_results ({columns})")
        connection.execute("create table dev_gold.int_sensors (as_of_at timestamptz)")
        connection.execute(
            "create table dev_gold.fct_alerts (alert_id text, device_id text, is_open boolean, "
            "is_critical boolean, is_acknowledge_censored boolean, triggered_at timestamptz, "
            "time_to_resolve_seconds double)"
        )
        yield connection


def check(
    connection: duckdb.DuckDBPyConnection, status: str, kind: str = "generic", run: int = 1
) -> None:
    connection.execute(
        "insert into dev_quality.check_results "
        "(run_id, checked_at, job, check_name, kind, table_name, severity, status) "
        "values (?, ?, 'data_quality_job', ?, ?, 'iot_events', 'error', ?)",
        [f"run {run}", AT.replace(hour=run), f"{kind} {status}", kind, status],
    )


def is_told(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """As Databricks judges: the column of the first row against the threshold."""
    evaluation = ALERTS[name]["evaluation"]
    answer = connection.execute(ALERTS[name]["query_text"])
    columns = [column[0] for column in answer.description]
    row = answer.fetchone()
    if row is None:
        return bool(evaluation["empty_result_state"] == "TRIGGERED")
    value = row[columns.index(evaluation["source"]["name"])]
    (threshold,) = evaluation["threshold"]["value"].values()
    return bool(OPERATORS[evaluation["comparison_operator"]](value, threshold))


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS.keys())
def test_alert_asks_tables_of_a_workspace_by_their_whole_names(alert: Json) -> None:
    statement = sqlglot.parse_one(alert["query_text"], dialect="databricks")
    own = {cte.alias for cte in statement.find_all(exp.CTE)}
    tables = [table for table in statement.find_all(exp.Table) if table.name not in own]
    assert tables
    for table in tables:
        assert table.catalog == "iot_streaming_dev"
        assert table.name in on_databricks()[table.db.removeprefix("dev_")]
    assert not list(statement.find_all(exp.Placeholder))


def test_open_critical_alert_is_told(lakehouse: duckdb.DuckDBPyConnection) -> None:
    insert = "insert into dev_gold.fct_alerts values ('A', 'D1', ?, ?, true, ?, 60)"
    rows: Sequence[tuple[Any, ...]] = [(True, False, AT), (False, True, AT)]
    lakehouse.executemany(insert, rows)
    lakehouse.execute("insert into dev_gold.int_sensors values (?)", [AT])
    assert not is_told(lakehouse, "open_critical_alerts")
    lakehouse.execute(insert, [True, True, AT])
    assert is_told(lakehouse, "open_critical_alerts")


def test_stale_source_is_told_and_so_is_freshness_that_nobody_asked(
    lakehouse: duckdb.DuckDBPyConnection,
) -> None:
    check(lakehouse, "fail")
    assert is_told(lakehouse, "stale_sources")
    check(lakehouse, "warn", "freshness")
    assert is_told(lakehouse, "stale_sources")
    check(lakehouse, "pass", "freshness", run=2)
    assert not is_told(lakehouse, "stale_sources")


def test_red_verdict_is_told_until_a_newer_run_of_the_job_is_not_red(
    lakehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert is_told(lakehouse, "red_verdict")
    check(lakehouse, "pass")
    check(lakehouse, "fail")
    assert is_told(lakehouse, "red_verdict")
    check(lakehouse, "warn", run=2)
    assert not is_told(lakehouse, "red_verdict")
