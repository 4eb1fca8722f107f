"""The whole lakehouse, as people run it: by the command, on simulated files."""

import csv
import io
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.settings import LAYERS, Settings
from tests.command import IOT, iot

pytestmark = pytest.mark.slow

FLEET = ("--devices", "12", "--hours", "30")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where the demo ran once."""
    home = tmp_path_factory.mktemp("demo") / "home"
    outcome = iot("demo", "--home", str(home), *FLEET)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return home


def tables_of(home: Path) -> dict[str, Any]:
    """Every table's row count and an order-free checksum of its rows; not quality's history."""
    settings = Settings(home=home, landing=home)
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where list_contains($schemas, table_schema) order by all",
            {"schemas": [settings.schema(layer) for layer in LAYERS if layer != "quality"]},
        ).fetchall()
        return {
            name: connection.execute(
                f"select count(*), bit_xor(hash(rows_of_it)), sum(hash(rows_of_it) % 1000003) "
                f"from {name} as rows_of_it"
            ).fetchone()
            for (name,) in names
        }


def test_demo_finds_every_planted_fault(home: Path) -> None:
    outcome = iot("demo", "--home", str(home), *FLEET, "--json")
    assert outcome.returncode == 0, outcome.stderr
    document = json.loads(outcome.stdout)
    assert document["ok"]
    scores = document["scorecard"]
    assert len(scores) >= 19
    assert all(score["planted"] == score["found"] > 0 for score in scores), scores


def test_report_counts_what_was_planted(home: Path) -> None:
    demo = iot("demo", "--home", str(home), *FLEET, "--json")
    planted = {score["kind"]: score["planted"] for score in json.loads(demo.stdout)["scorecard"]}
    outcome = iot("quality", "report", "--home", str(home), "--format", "json")
    assert outcome.returncode == 0, outcome.stderr
    report = json.loads(outcome.stdout)
    events = next(flow for flow in report["flow"] if flow["source"] == "iot_events")
    of_events = [row for row in report["quarantine"] if row["source"] == "iot_events"]
    reasons = {row["reason"]: row["in_all"] for row in of_events}
    assert reasons["malformed_record"] == events["corrupt"] == planted["malformed_lines"]
    assert reasons["value_present"] == planted["wrong_type_value"]
    assert reasons["event_at_not_in_future"] == planted["future_timestamps"]
    for column in ("event_id", "device_id"):
        assert reasons[f"{column}_present"] == planted[f"missing_{column}"]
    assert reasons["event_at_present"] == planted["missing_timestamp"]
    assert events["removed"] == planted["duplicate_events"]
    assert events["lines"] == events["good"] + events["quarantined"]
    assert events["silver"] == events["gold"] == events["good"] - events["removed"]
    warned = {check["name"]: check["value"] for check in report["checks"] if check["value"]}
    assert warned["sensors_are_not_silent"] == planted["silent_sensors"]
    assert warned["sensors_are_not_stuck"] == planted["stuck_sensors"]


def test_second_demo_and_idle_run_change_no_row(home: Path) -> None:
    before = tables_of(home)
    assert len(before) >= 8 + 8 + 9
    again = iot("demo", "--home", str(home), *FLEET)
    assert again.returncode == 0, again.stderr
    idle = iot("run", "--home", str(home), "--json")
    assert idle.returncode == 0, idle.stderr
    ingested = json.loads(idle.stdout)["jobs"][0]["ingested"]
    assert [source["files"] for source in ingested] == [0] * 8
    assert tables_of(home) == before


def test_new_lines_reach_gold_and_only_them(home: Path, tmp_path: Path) -> None:
    before = tables_of(home)["dev_gold.fct_iot_events"][0]
    newest = json.loads(iot("status", "--home", str(home), "--json").stdout)["as_of"]
    event = {
        "event_id": "brand-new",
        "device_id": "DEV-00001",
        "timestamp": newest,
        "sensor_type": "temperature",
        "value": 20,
        "unit": "C",
        "quality_flag": "good",
        "battery_level": 50,
    }
    landing = home / "landing" / "iot_events"
    (landing / "new.ndjson").write_text(json.dumps(event) + "\n" + json.dumps(event) + "\n")
    outcome = iot("run", "--home", str(home))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert tables_of(home)["dev_gold.fct_iot_events"][0] == before + 1


@pytest.mark.parametrize("shape", ["table", "json", "csv"])
def test_query_prints_rows_by_three_part_names(home: Path, shape: str) -> None:
    sql = "select device_id, is_deleted from iot_streaming_dev.dev_gold.dim_devices limit 5"
    outcome = iot("query", sql, "--home", str(home), "--format", shape)
    assert outcome.returncode == 0, outcome.stderr
    if shape == "json":
        rows = json.loads(outcome.stdout)
        assert len(rows) == 5 and set(rows[0]) == {"device_id", "is_deleted"}
    elif shape == "csv":
        table = list(csv.reader(io.StringIO(outcome.stdout)))
        assert table[0] == ["device_id", "is_deleted"] and len(table) == 6
    else:
        assert "device_id" in outcome.stdout


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("drop table dev_gold.dim_devices", "reads only"),
        ("copy (select 1) to 'x.csv'", "reads only"),
        ("select 1; select 2", "one statement"),
        ("select * from read_csv('/etc/passwd')", "disabled"),
        ("select nothing", "nothing"),
    ],
)
def test_query_refuses_what_is_no_select(home: Path, sql: str, message: str) -> None:
    outcome = iot("query", sql, "--home", str(home))
    assert outcome.returncode == 2
    assert message in outcome.stderr and "Traceback" not in outcome.stderr


def test_query_does_not_lock_a_run_out(home: Path) -> None:
    assert iot("query", "select 1", "--home", str(home)).returncode == 0
    assert iot("run", "dbt_transformation_job", "--home", str(home)).returncode == 0


def test_job_by_name_does_just_that(home: Path) -> None:
    outcome = iot("run", "iot_ingestion_job", "--home", str(home), "--json")
    assert [job["job"] for job in json.loads(outcome.stdout)["jobs"]] == ["iot_ingestion_job"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "no_such_job"), "unknown job 'no_such_job'; known: iot_ingestion_job"),
        (("run", "-t", "qa"), "unknown target 'qa'; known: dev, staging, prod"),
        (("run", "--landing", "/no/such/folder"), "is no folder"),
        (("query", "select 1"), "no warehouse"),
        (("simulate", "--out", "x", "--start", "yesterday"), "no ISO 8601 time"),
    ],
)
def test_wrong_usage_says_what_and_exits_2(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    outcome = iot(*arguments, cwd=tmp_path)
    assert outcome.returncode == 2, outcome.stdout + outcome.stderr
    assert message in outcome.stderr and "Traceback" not in outcome.stderr


def test_second_run_waits_and_nothing_is_damaged(home: Path) -> None:
    before = tables_of(home)
    first = subprocess.Popen([IOT, "run", "--home", str(home)], stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    while "iot_ingestion_job" not in first.stderr.readline():
        pass
    second = iot("run", "--home", str(home))
    assert second.returncode == 0 and "in use by another run; waiting" in second.stderr
    first.communicate()
    assert first.returncode == 0
    assert tables_of(home) == before


def test_second_run_that_may_not_wait_says_why(home: Path) -> None:
    from iot_streaming.home import writing

    with writing(Settings(home=home, landing=home / "landing")):
        outcome = iot("run", "--home", str(home), "--wait", "0.5")
    assert outcome.returncode == 1
    assert "still in use by another run after 0.5 s" in outcome.stderr


def test_unreadable_file_makes_the_run_say_so_and_lets_the_rest_through(home: Path) -> None:
    broken = home / "landing" / "iot_events" / "broken.ndjson.gz"
    broken.write_bytes(b"no gzip at all")
    outcome = iot("run", "--home", str(home), "--json")
    document = json.loads(outcome.stdout)
    broken.unlink()
    assert outcome.returncode == 1
    assert "iot_events/broken.ndjson.gz was not ingested" in outcome.stderr
    assert [job["failures"] for job in document["jobs"]] == [[], [], []]
    assert iot("run", "--home", str(home)).returncode == 0


def test_doctor_finds_nothing_missing_here(home: Path) -> None:
    outcome = iot("doctor", "--home", str(home), "--json")
    findings = json.loads(outcome.stdout)
    assert outcome.returncode == 0
    assert {"python", "duckdb", "dbt-core", "dbt project", "home", "landing"} <= {
        finding["what"] for finding in findings
    }


def test_followed_simulation_stops_when_asked(tmp_path: Path) -> None:
    follow = [str(IOT), "simulate", "--out", str(tmp_path / "out"), "--follow"]
    with subprocess.Popen([*follow, "--speed", "6000", "--devices", "3"]) as process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and len(list(tmp_path.rglob("iot_events-*"))) < 3:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    assert len(list(tmp_path.rglob("iot_events-*.ndjson"))) >= 3
    assert [path for path in tmp_path.rglob(".*") if path.is_file()] == []


def test_ctrl_c_in_the_middle_says_so_and_the_next_run_goes_on(tmp_path: Path) -> None:
    home, landing = tmp_path / "home", tmp_path / "landing"
    truth = iot("simulate", "--out", str(landing), "--devices", "40", "--hours", "12", "--json")
    lines = json.loads(truth.stdout)["sources"]["iot_events"]["lines"]
    run = [str(IOT), "run", "--home", str(home), "--landing", str(landing), "--json"]
    with subprocess.Popen(
        run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while "dbt build" not in process.stderr.readline():
            pass
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "the next run goes on" in err and "Traceback" not in out + err
    assert iot(*run[1:]).returncode == 0
    assert tables_of(home)["dev_bronze.iot_events"][0] == lines


def test_files_that_no_source_reads_are_named(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    (landing / "iot_evnts").mkdir(parents=True)
    (landing / "iot_evnts" / "typo.ndjson").write_text("{}\n")
    arguments = ("run", "iot_ingestion_job", "--home", str(tmp_path / "home"))
    outcome = iot(*arguments, "--landing", str(landing))
    assert outcome.returncode == 0
    assert "1 file in no source's folder, left alone: iot_evnts/typo.ndjson" in outcome.stderr
    assert "duplicate" not in outcome.stdout


def test_failed_start_leaves_no_home_behind(tmp_path: Path) -> None:
    assert iot("run", "--home", str(tmp_path / "home"), "--landing", "/no/such").returncode == 2
    assert iot("doctor", "--home", str(tmp_path / "home")).returncode == 1
    assert not (tmp_path / "home").exists()
