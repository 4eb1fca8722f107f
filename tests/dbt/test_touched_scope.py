"""What the big tables' tests look at: the rows since all was last found right, or all."""

import duckdb
import pytest

from tests.dbt.dbt_lakehouse import Lakehouse, event_line

UNIQUE = "unique_touched_stg_iot_events_event_id"
# Where land_and_build() puts its readings.
MET_FROM = "2026-01-05 10:00:00+00"
# As the bundle builds.
BUILD = ("build", "--exclude-resource-types", "unit_test", "--exclude", "tag:data_quality")


def change(lakehouse: Lakehouse, sql: str) -> None:
    with duckdb.connect(str(lakehouse.settings.warehouse)) as connection:
        connection.execute(sql)


def land_and_build(lakehouse: Lakehouse, event_id: str, succeeds: bool = True) -> dict[str, str]:
    lakehouse.land("iot_events", [event_line(event_id, "2026-01-05T10:00:00Z")])
    lakehouse.ingest()
    return lakehouse.build(*BUILD, succeeds=succeeds)


def status_of(statuses: dict[str, str], beginning: str) -> str:
    return next(status for name, status in statuses.items() if name.startswith(beginning))


def double(event_id: str) -> str:
    return f"""insert into dev_silver.stg_iot_events
        select * from dev_silver.stg_iot_events where event_id = '{event_id}'"""


def single(event_id: str) -> str:
    return f"""delete from dev_silver.stg_iot_events
        where event_id = '{event_id}' and rowid <> (
            select min(rowid) from dev_silver.stg_iot_events where event_id = '{event_id}'
        )"""


@pytest.mark.slow
def test_tests_look_at_what_came_since_all_was_right(lakehouse: Lakehouse) -> None:
    land_and_build(lakehouse, "old")
    land_and_build(lakehouse, "new")
    test = ("test", "--select", "stg_iot_events", "--exclude", "tag:integration")
    everything = ("--vars", "test_scope: all")

    change(lakehouse, double("old"))
    assert status_of(lakehouse.build(*test), UNIQUE) == "pass"
    assert status_of(lakehouse.build(*test, *everything, succeeds=False), UNIQUE) == "fail"
    change(lakehouse, single("old"))
    assert status_of(lakehouse.build(*test, *everything), UNIQUE) == "pass"

    change(lakehouse, double("new"))
    assert status_of(lakehouse.build(*test, succeeds=False), UNIQUE) == "fail"


@pytest.mark.slow
def test_a_failed_row_stays_in_scope_until_it_is_right(lakehouse: Lakehouse) -> None:
    land_and_build(lakehouse, "old")
    lakehouse.land("iot_events", [event_line("wrong", "2026-01-05T10:00:00Z")])
    lakehouse.ingest()
    lakehouse.build("run")
    change(lakehouse, double("wrong"))
    assert status_of(land_and_build(lakehouse, "new", succeeds=False), UNIQUE) == "fail"
    assert status_of(land_and_build(lakehouse, "newer", succeeds=False), UNIQUE) == "fail"
    change(lakehouse, single("wrong"))
    assert status_of(land_and_build(lakehouse, "newest"), UNIQUE) == "pass"
    change(lakehouse, double("wrong"))
    statuses = land_and_build(lakehouse, "and on", succeeds=False)
    assert status_of(statuses, UNIQUE) == "pass"
    # Out of its scope by now, but not out of sight: layers are counted whole.
    assert statuses["bronze_and_silver_events_are_the_same"] == "fail"


@pytest.mark.slow
def test_what_comes_again_is_found_from_where_it_stands(lakehouse: Lakehouse) -> None:
    suspect = event_line("old", "2026-01-05T10:00:00Z", quality_flag="suspect")
    lakehouse.land("iot_events", [event_line("older", "2026-01-04T10:00:00Z"), suspect])
    lakehouse.ingest()
    lakehouse.build(*BUILD)
    moved = event_line("old", "2026-01-06T10:00:00Z", device_id="DEV-2")
    lakehouse.land("iot_events", [moved, event_line("new", "2026-01-07T10:00:00Z")])
    lakehouse.ingest()
    lakehouse.build("run")
    met_from = "select cast(met_from_at as varchar) from dev_quality.touched_since"
    assert lakehouse.rows(met_from) == [("2026-01-05 10:00:00+00",)]
    ids = "select event_id from {} order by event_at, event_id"
    silver = lakehouse.rows(ids.format("dev_silver.stg_iot_events"))
    assert silver == [("older",), ("old",), ("new",)]
    assert lakehouse.rows(ids.format("dev_gold.fct_iot_events")) == silver


@pytest.mark.slow
def test_what_an_unproven_build_met_is_found_by_the_next(lakehouse: Lakehouse) -> None:
    lakehouse.land("iot_events", [event_line("old", "2026-01-05T10:00:00Z", quality_flag="bad")])
    lakehouse.ingest()
    lakehouse.build(*BUILD)
    lakehouse.land("iot_events", [event_line("old", "2026-01-08T10:00:00Z")])
    lakehouse.ingest()
    # Broken off: silver has it where it is now, the facts where it was.
    lakehouse.build("run", "--select", "stg_iot_events")
    for name in ("new", "newer"):
        lakehouse.land("iot_events", [event_line(name, "2026-01-09T10:00:00Z")])
        lakehouse.ingest()
        lakehouse.build("run")
    met_from = "select cast(met_from_at as varchar) from dev_quality.touched_since"
    assert lakehouse.rows(met_from) == [("2026-01-05 10:00:00+00",)]
    facts = lakehouse.rows(
        "select event_id, day(event_at) from dev_gold.fct_iot_events order by all"
    )
    assert facts == [("new", 9), ("newer", 9), ("old", 8)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoilt", "met_from"),
    [
        # What keys say is believed: that nobody sees it spoilt shows that they are asked.
        ("update {} set event_at = event_at - interval 1 day", "2026-01-04 10:00:00+00"),
        # An older version of this program built silver, and kept no keys.
        ("delete from {} where _ingested_at = (select max(_ingested_at) from {})", MET_FROM),
        ("drop table {}", MET_FROM),
        # Another version of DuckDB hashed them.
        ("update {} set key_hash = key_hash + 1, hash_of_nothing = hash_of_nothing + 1", MET_FROM),
    ],
)
def test_keys_are_asked_while_they_know_all_that_silver_has(
    lakehouse: Lakehouse, spoilt: str, met_from: str
) -> None:
    land_and_build(lakehouse, "old")
    land_and_build(lakehouse, "new")
    change(lakehouse, spoilt.format("dev_quality.event_keys", "dev_quality.event_keys"))
    lakehouse.land("iot_events", [event_line("new", "2026-01-06T10:00:00Z", device_id="DEV-2")])
    lakehouse.ingest()
    lakehouse.build("run")
    noted = "select cast(met_from_at as varchar) from dev_quality.touched_since"
    assert lakehouse.rows(noted) == [(met_from,)]
    missing = (
        "select event_id from dev_silver.stg_iot_events "
        "where hash(event_id) not in (select key_hash from dev_quality.event_keys)"
    )
    assert lakehouse.rows(missing) == []


@pytest.mark.slow
def test_silver_stays_as_it_was_where_its_keys_cant_be_kept(lakehouse: Lakehouse) -> None:
    land_and_build(lakehouse, "old")
    keys = "dev_quality.event_keys"
    change(lakehouse, f"create table kept as from {keys}; drop table {keys}")
    change(lakehouse, f"create view {keys} as from kept")
    lakehouse.land("iot_events", [event_line("new", "2026-01-06T10:00:00Z")])
    lakehouse.ingest()
    lakehouse.build("run", "--select", "stg_iot_events", succeeds=False)
    assert lakehouse.rows("select event_id from dev_silver.stg_iot_events") == [("old",)]
    change(lakehouse, f"drop view {keys}")
    lakehouse.build("run", "--select", "stg_iot_events")
    silver = lakehouse.rows("select event_id from dev_silver.stg_iot_events order by all")
    assert silver == [("new",), ("old",)]


@pytest.mark.slow
def test_rows_lost_between_the_layers_are_noticed(lakehouse: Lakehouse) -> None:
    land_and_build(lakehouse, "long ago")
    land_and_build(lakehouse, "new")
    test = ("test", "--select", "tag:integration")
    change(lakehouse, "delete from dev_silver.stg_iot_events where event_id = 'long ago'")
    statuses = lakehouse.build(*test, succeeds=False)
    assert statuses["bronze_and_silver_events_are_the_same"] == "fail"


@pytest.mark.slow
def test_bronze_that_differs_from_the_ledger_is_noticed(lakehouse: Lakehouse) -> None:
    land_and_build(lakehouse, "a")
    files = lakehouse.settings.bronze("iot_events") / "*.parquet"
    change(
        lakehouse,
        "create or replace view dev_bronze.iot_events as "
        f"select * from read_parquet('{files}') where event_id <> 'a'",
    )
    statuses = lakehouse.build("test", "--select", "tag:integration", succeeds=False)
    assert statuses["ledger_and_bronze_agree"] == "fail"


@pytest.mark.slow
def test_another_row_in_place_of_one_is_noticed_where_all_are_compared(
    lakehouse: Lakehouse,
) -> None:
    land_and_build(lakehouse, "a")
    test = ("test", "--select", "tag:integration", "--vars", "test_scope: all")
    assert "fail" not in lakehouse.build(*test).values()
    change(lakehouse, "update dev_gold.fct_iot_events set event_id = 'b'")
    statuses = lakehouse.build(*test, succeeds=False)
    assert statuses["bronze_and_silver_events_are_the_same"] == "pass"
    assert statuses["silver_and_gold_events_are_the_same"] == "fail"
    change(lakehouse, "update dev_silver.stg_iot_events set event_id = 'b'")
    statuses = lakehouse.build(*test, succeeds=False)
    assert statuses["bronze_and_silver_events_are_the_same"] == "fail"
    assert statuses["silver_and_gold_events_are_the_same"] == "pass"
