"""What a run says of a home that somebody broke, and that it takes it back once it is mended.

Each case breaks one thing; the run must fail, name the cause and show rows. Mended, the next run is
green again, without a full refresh.
"""

import json
import re
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.command import iot
from tests.folders import landing_folder
from tests.quality.broken_home import Event, Home, problems_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("broken"))
    home.make()
    return home


@pytest.fixture
def home(made: Home) -> Home:
    made.reset()
    return made


def bronze(home: Home, source: str) -> DeltaTable:
    return DeltaTable(home.settings.bronze(source))


def last_checks(home: Home, status: str) -> dict[str, dict[str, Any]]:
    """The last run's checks that ended so, by name."""
    found = home.ask(
        f"select * from dev_quality.check_results where status = '{status}' and run_id = "
        "(select max(run_id) from dev_quality.check_results)"
    )
    return {check["check_name"]: check for check in found}


def statuses(home: Home) -> list[str]:
    runs = home.ask("select status from dev_quality.pipeline_runs order by started_at")
    return [run["status"] for run in runs]


def test_deleted_bronze_row_is_named_with_its_file(home: Home) -> None:
    (row,) = home.ask(
        "select event_id, _source_file from dev_bronze.iot_events where len(_errors) = 0 "
        "group by all having count(*) = 1 order by event_id limit 1"
    )
    table = bronze(home, "iot_events")
    sound = table.version()
    table.delete(f"event_id = '{row['event_id']}'")

    places = ("--home", str(home.settings.home), "--landing", str(home.settings.landing))
    outcome = iot("run", *places)
    assert outcome.returncode == 1, outcome.stdout
    assert "ledger_and_bronze_agree: 1 row" in outcome.stdout
    assert row["_source_file"] in outcome.stdout and row["event_id"] in outcome.stdout
    failed = last_checks(home, "fail")
    # Gold stays as it was, and so unasked.
    assert failed.keys() == {"ledger_and_bronze_agree", "bronze_and_silver_events_are_the_same"}
    ledger = failed["ledger_and_bronze_agree"]
    assert (ledger["kind"], ledger["layer"], ledger["severity"]) == (
        "integration",
        "bronze",
        "error",
    )
    assert json.loads(ledger["sample"])[0]["file"] == row["_source_file"]

    bronze(home, "iot_events").restore(sound)
    assert home.run("dbt_transformation_job").ok
    assert statuses(home) == ["passed", "failed", "passed"]


def test_doubled_bronze_row_is_named_with_its_file(home: Home) -> None:
    table = bronze(home, "cdc_products")
    sound, file = table.version(), table.file_uris()[0]
    again = duckdb.sql(f"from read_parquet('{file}') limit 1").to_arrow_table()
    write_deltalake(table, again, mode="append")
    result = home.run("dbt_transformation_job")
    assert not result.ok
    assert "ledger_and_bronze_agree: 1 row" in problems_of(result)
    assert again["_source_file"][0].as_py() in problems_of(result)
    bronze(home, "cdc_products").restore(sound)
    assert home.run("dbt_transformation_job").ok


def test_fact_without_its_dimension_is_named_and_the_next_run_mends_it(home: Home) -> None:
    home.change("delete from dev_gold.dim_devices where device_id = 'DEV-00003'")
    result = home.run()
    assert not result.ok
    assert "facts_have_their_dimensions: 2 rows" in problems_of(result)
    assert "'fact': 'fct_iot_events', 'not_in': 'dim_devices'" in problems_of(result)
    failed = last_checks(home, "fail")
    assert failed.keys() == {"facts_have_their_dimensions"}
    assert failed["facts_have_their_dimensions"]["rows_failing"] == 2
    assert home.run().ok


def test_stopped_device_is_named_until_it_is_back(home: Home) -> None:
    def is_stopped(event: Event) -> bool:
        return event.get("device_id") == "DEV-00003"

    home.land(30, 34, lambda event: None if is_stopped(event) else event)
    result = home.run()
    assert not result.ok
    assert "devices_are_not_silent: 1 row, such as {'device_id': 'DEV-00003'" in problems_of(result)
    assert last_checks(home, "fail").keys() == {"devices_are_not_silent"}
    home.land(30, 34, lambda event: event if is_stopped(event) else None)
    assert home.run().ok


def test_shifted_distribution_is_named_until_values_are_as_they_were(home: Home) -> None:
    def hotter(event: Event) -> Event:
        if event.get("sensor_type") != "temperature" or not isinstance(event["value"], float):
            return event
        return event | {"value": event["value"] + 30}

    home.land(30, 34, hotter)
    result = home.run()
    assert not result.ok
    assert "readings_have_not_drifted" in problems_of(result)
    assert "'sensor_type': 'temperature', 'problem': 'values moved'" in problems_of(result)
    assert last_checks(home, "fail").keys() == {"readings_have_not_drifted"}
    home.land(34, 40)
    assert home.run().ok


def test_stale_source_is_named_until_something_of_it_comes(home: Home) -> None:
    assert home.run("data_quality_job", later=4).ok
    warned = last_checks(home, "warn")["iot_events"]
    assert (warned["severity"], warned["limit_value"]) == ("error", 10_800)

    result = home.run("data_quality_job", later=25)
    assert not result.ok
    stale = r"iot_events is stale: its newest row came 25\.\d h ago, allowed are 24\.0 h"
    assert re.fullmatch(stale, problems_of(result))
    failed = last_checks(home, "error")["iot_events"]
    assert (failed["kind"], failed["limit_value"]) == ("freshness", 86_400)
    assert failed["value"] > 86_400 and failed["rows_failing"] is None
    # Time adds nothing to a simulation: by the newest ingestion it is as fresh as ever.
    assert home.run("data_quality_job", later=26, waits=False).ok

    home.land(30, 31)
    assert home.run("iot_ingestion_job", later=27).ok
    assert home.run("data_quality_job", later=27).ok


def test_a_sound_run_is_kept_whole(home: Home) -> None:
    (run,) = home.ask("select * from dev_quality.pipeline_runs")
    (ledger,) = home.ask(
        "select count(*) as files, sum(lines) as lines, sum(quarantined) as quarantined, "
        "sum(corrupt) as corrupt from dev_quality.ledger"
    )
    assert {name: run[name] for name in ledger} == ledger
    assert run["status"] == "passed" and run["checks_failed"] == 0
    assert run["models"] > 25 and len(json.loads(run["slowest"])) == 10
    (counted,) = home.ask(
        "select count(distinct check_name) as checks from dev_quality.check_results"
    )
    assert run["checks"] == counted["checks"]
    kinds = home.ask("select distinct kind, engine from dev_quality.check_results")
    assert {(row["kind"], row["engine"]) for row in kinds} == {
        (kind, "duckdb") for kind in ("generic", "integration", "data_quality", "freshness")
    }
    about = home.ask("select count(*) as n from dev_quality.check_results where table_name is null")
    assert about == [{"n": 0}]


def test_expectations_are_counted_in_the_rows_of_their_run(home: Home) -> None:
    wanted = "select rows_checked, rows_failing from dev_quality.expectation_results where "
    (first,) = home.ask(f"{wanted} expectation = 'malformed_record' and source = 'iot_events'")
    (there,) = home.ask(
        "select count(*) as rows_checked, "
        "count_if(list_contains(_errors, 'malformed_record')) as rows_failing "
        "from dev_bronze.iot_events"
    )
    assert first == there and there["rows_failing"] > 0

    new = landing_folder(home.settings) / "iot_events" / "new.ndjson"
    new.write_text("no JSON\n{}\n")
    home.run("iot_ingestion_job")
    found = home.ask(
        "select expectation, action, rows_checked, rows_failing "
        "from dev_quality.expectation_results "
        "where run_id = (select max(run_id) from dev_quality.expectation_results)"
    )
    assert {row["rows_checked"] for row in found} == {2}
    failing = {row["expectation"]: row["rows_failing"] for row in found}
    assert failing["malformed_record"] == 1 and failing["device_id_present"] >= 1
