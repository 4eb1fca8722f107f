"""Change files in, versions out, by real dbt: commands, hooks, tests and the documented example."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.dbt_lakehouse import Lakehouse, event_line
from tests.dbt.debezium_files import debezium_lines
from tests.dbt.small_database import ChangeKey, Delete, SmallDatabase, Version, Write
from tests.dbt.test_cdc_current_state import files_of, lines_of
from tests.dbt.test_cdc_properties import SEEDS, databases, dealt
from tests.dbt.test_marts_incremental import change

START = 1_767_600_000
BUILD = ("build", "--exclude-resource-types", "unit_test", "--indirect-selection", "buildable")
CUSTOMERS = ("--select", "stg_customers", "dim_customers_history")
HISTORIES = (*CUSTOMERS, "stg_devices", "dim_devices_history")


def versions_of(lakehouse: Lakehouse) -> list[Version]:
    rows = lakehouse.rows(
        "select customer_id, version_no, customer_name, email, phone, "
        "epoch_us(valid_from) // 1000000, epoch_us(valid_to) // 1000000 "
        "from dev_gold.dim_customers_history where customer_id is not null "
        "order by customer_id, version_no"
    )
    return [
        Version(key, number, tuple(row), valid_from, valid_to)
        for key, number, *row, valid_from, valid_to in rows
    ]


def run(lakehouse: Lakehouse, lines: list[str], *selected: str) -> dict[str, str]:
    lakehouse.land("cdc_customers", lines)
    lakehouse.ingest()
    return lakehouse.build(*BUILD, *(selected or CUSTOMERS))


@pytest.mark.slow
def test_histories_in_two_runs_of_dbt_equal_the_database(
    new_lakehouse: Callable[[], Lakehouse],
) -> None:
    @settings(
        max_examples=3,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(databases(), SEEDS, st.just(2))
    def holds(database: SmallDatabase, seed: int, runs: int) -> None:
        lakehouse = new_lakehouse()
        for lines in dealt(debezium_lines(database), runs, seed):
            run(lakehouse, lines)
        assert versions_of(lakehouse) == database.versions()

    holds()


@pytest.mark.slow
def test_a_version_that_a_late_delete_leaves_no_time_goes(lakehouse: Lakehouse) -> None:
    """The row that asked for the post-hook: its key has no version left to put in its place."""
    database = SmallDatabase()
    database.commit(START, [Write("a"), Delete("a"), Write("b", (("email", "x"),))])
    insert, delete, tombstone, other = debezium_lines(database)
    run(lakehouse, [insert, other])
    assert [version.key for version in versions_of(lakehouse)] == ["a", "b"]
    run(lakehouse, [delete, tombstone])
    assert versions_of(lakehouse) == database.versions()
    assert lakehouse.rows(
        "select count(*) from dev_gold.dim_customers_history where customer_id is null"
    ) == [(1,)]


@pytest.mark.slow
def test_wrong_histories_fail_their_tests(lakehouse: Lakehouse) -> None:
    database = SmallDatabase()
    database.commit(START, [Write("a"), Write("b"), Write("c", (("email", "1"),))])
    database.commit(START + 5, [Write("a", (("email", "1"),)), ChangeKey("b", "d")])
    database.commit(START + 9, [Write("c", (("email", "2"),))])
    run(lakehouse, debezium_lines(database))
    wrongs = {
        "versions_follow_each_other": "valid_to = valid_to + interval 1 second",
        "current_versions_are_the_current_state": "email = 'wrong'",
        "versions_end_with_a_successor_or_a_delete": "valid_to = valid_to - interval 6 second",
    }
    table = "dev_gold.dim_customers_history"
    for test, wrong in wrongs.items():
        with duckdb.connect(str(lakehouse.settings.warehouse)) as connection:
            connection.execute(f"create or replace table right_one as from {table}")
            connection.execute(f"update {table} set {wrong} where customer_id in ('a', 'c')")
        statuses = lakehouse.build("test", *BUILD[1:], *CUSTOMERS, succeeds=False)
        failed = [name for name, status in statuses.items() if status == "fail"]
        assert any(name.startswith(test) for name in failed), (test, failed)
        with duckdb.connect(str(lakehouse.settings.warehouse)) as connection:
            connection.execute(f"create or replace table {table} as from right_one")


@pytest.mark.slow
def test_captured_changes_make_histories_that_pass_their_tests(lakehouse: Lakehouse) -> None:
    for table in ("customers", "devices"):
        for path in files_of(table):
            lakehouse.land(f"cdc_{table}", lines_of(path))
    lakehouse.ingest()
    statuses = lakehouse.build(*BUILD, *HISTORIES)
    assert sum(status == "pass" for status in statuses.values()) > 20
    for key in ("customer", "device"):
        [(versions, keys)] = lakehouse.rows(
            f"select count(*), count(distinct {key}_id) from dev_gold.dim_{key}s_history"
        )
        assert versions > keys


@pytest.mark.slow
def test_readings_count_for_who_owned_the_device_then(lakehouse: Lakehouse) -> None:
    """analyses/readings_by_owner_at_the_time.sql on a device that is sold, then removed."""

    def at(second: int) -> str:
        # change() commits its n-th change n milliseconds after this.
        return datetime.fromtimestamp(1_767_571_200 + second, UTC).isoformat()

    def owned(number: int, customer_id: str) -> str:
        return change("devices", number, device_id="DEV-1", customer_id=customer_id)

    lakehouse.land(
        "cdc_devices",
        [
            owned(10_000, "first"),
            owned(20_000, "second"),
            change("devices", 30_000, "d", device_id="DEV-1"),
        ],
    )
    seconds = {"before": -50, "first": 10, "last of first": 19, "second": 20, "gone": 30}
    lines = [event_line(name, at(second)) for name, second in seconds.items()]
    lakehouse.land("iot_events", [*lines, event_line("stranger", at(15), device_id="DEV-9")])
    lakehouse.ingest()
    lakehouse.build("build", "--exclude-resource-types", "unit_test", "test")
    lakehouse.build("compile", "--select", "readings_by_owner_at_the_time")
    [analysis] = (lakehouse.dbt.scratch / "target" / "compiled").rglob(
        "readings_by_owner_at_the_time.sql"
    )
    key_of: dict[str, Any] = dict(
        lakehouse.rows("select customer_id, customer_key from dev_gold.dim_customers")
    )
    readings = {row[0]: row[1:3] for row in lakehouse.rows(analysis.read_text("utf-8"))}
    assert readings == {
        key_of["first"]: (3, 1),
        key_of["second"]: (1, 1),
        "unknown": (2, 1),
    }
