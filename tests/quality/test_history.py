"""The tables that runs append to: what a home from before keeps, and what a broken run leaves."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.contract import Column
from iot_streaming.jobs.history import run_row
from iot_streaming.jobs.results import JobResult, RunResult
from iot_streaming.quality.checks import Asked, check_rows
from iot_streaming.quality.tables import CHECK_RESULTS, PIPELINE_RUNS
from iot_streaming.settings import Settings
from iot_streaming.transform import NodeResult
from iot_streaming.warehouse import EmbeddedWarehouse

AT = datetime(2026, 1, 5, tzinfo=UTC)
ASKED = Asked("run", AT, "data_quality_job", "duckdb")
KNOWN = {
    "source.p.bronze.iot_events": {"schema": "dev_bronze", "identifier": "iot_events"},
    "model.p.stg_iot_events": {"schema": "dev_silver", "alias": "stg_iot_events"},
    "model.p.fct_iot_events": {"schema": "dev_gold", "alias": "fct_iot_events"},
    "model.p.dim_devices": {"schema": "dev_gold", "alias": "dim_devices"},
}


@pytest.fixture
def warehouse(tmp_path: Path) -> EmbeddedWarehouse:
    settings = Settings(home=tmp_path, landing=tmp_path)
    settings.make_folders()
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute("create schema dev_quality")
    return EmbeddedWarehouse(settings)


def check(name: str, status: str, *about: str, **more: Any) -> NodeResult:
    told = {"kind": "test", "severity": "error", "tags": (), "failures": 0, **more}
    return NodeResult(
        unique_id=name,
        name=name,
        status=status,
        seconds=0.5,
        message=None,
        depends_on=about,
        **told,
    )


def rows_of(*nodes: NodeResult, **samples: Any) -> list[dict[str, Any]]:
    names = [column.name for column in CHECK_RESULTS]
    rows = check_rows(ASKED, nodes, KNOWN, samples)
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_older_table_gets_the_columns_that_it_lacks(warehouse: EmbeddedWarehouse) -> None:
    older = (
        Column("run_id", "string", ""),
        Column("failures", "bigint", ""),
        Column("status", "string", ""),
    )
    table = "dev_quality.check_results"
    warehouse.append(table, older, [("old", 3, "fail")])
    new = check_rows(ASKED, [check("new", "pass")], KNOWN, {})
    warehouse.append(table, CHECK_RESULTS, new)
    found = warehouse.ask(f"select run_id, status, check_name, failures from {table} order by all")
    assert [tuple(row.values()) for row in found] == [
        ("old", "fail", None, 3),
        ("run", "pass", "new", None),
    ]


@pytest.mark.parametrize(
    ("attached", "about", "table"),
    [
        (None, ("model.p.stg_iot_events", "model.p.fct_iot_events"), ("gold", "fct_iot_events")),
        (None, ("model.p.dim_devices", "model.p.fct_iot_events"), ("gold", "dim_devices")),
        ("model.p.stg_iot_events", ("model.p.dim_devices",), ("silver", "stg_iot_events")),
        (None, ("seed.p.unheard_of",), (None, None)),
    ],
)
def test_check_is_about_its_model_or_what_is_furthest_along(
    attached: str | None, about: tuple[str, ...], table: tuple[str | None, str | None]
) -> None:
    (row,) = rows_of(check("c", "pass", *about, attached=attached))
    assert (row["layer"], row["table_name"]) == table


def test_row_says_what_was_measured_and_held_to_what() -> None:
    failed = check("c", "fail", failures=7, limit=5.0, tags=("data_quality",))
    source = check(
        *("source.p.bronze.iot_events", "warn"), kind="source", age=9e3, limit=7.2e3, failures=None
    )
    test, fresh = rows_of(failed, source, c=[{"day": AT.date(), "n": 7}])
    assert (test["kind"], test["value"], test["limit_value"], test["rows_failing"]) == (
        *("data_quality", 7, 5),
        7,
    )
    assert json.loads(test["sample"]) == [{"day": "2026-01-05", "n": 7}]
    assert (fresh["kind"], fresh["value"], fresh["limit_value"]) == ("freshness", 9e3, 7.2e3)
    assert (fresh["layer"], fresh["table_name"], fresh["rows_failing"]) == (
        *("bronze", "iot_events"),
        None,
    )


@pytest.mark.parametrize(
    ("job", "broken", "status"),
    [
        (JobResult("j", warnings=["look"]), None, "passed"),
        (JobResult("j", attention=["a file"]), None, "attention"),
        (JobResult("j", failures=["a test"]), None, "failed"),
        (JobResult("j"), KeyboardInterrupt(), "failed"),
    ],
)
def test_run_is_kept_with_its_verdict(
    job: JobResult, broken: BaseException | None, status: str
) -> None:
    result = RunResult("run", "dev", jobs=[job])
    names = [column.name for column in PIPELINE_RUNS]
    row = dict(zip(names, run_row("duckdb", AT, result, broken), strict=True))
    assert (row["status"], row["files"], row["duplicates"]) == (status, 0, None)
    (told,) = json.loads(row["jobs"])
    assert told["ok"] == (status == "passed")
    assert told["problems"] == job.failures + job.attention + (
        ["KeyboardInterrupt"] if broken else []
    )
