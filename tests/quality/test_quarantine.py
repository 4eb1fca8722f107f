"""Quarantine, reason, fix, replay: each row is released once, and silver and gold take it in."""

import csv
import json
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

import iot_streaming.quality.replay as replaying
from iot_streaming.bronze.ingest import create_tables, ingest
from iot_streaming.bronze.quarantine import Chosen
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.contract import Expectation
from iot_streaming.home import writing
from iot_streaming.jobs import Run
from iot_streaming.jobs.opened import engine_of
from iot_streaming.quality.place import Place
from iot_streaming.quality.replay import Replayed, Wanted, replay
from iot_streaming.release import EmbeddedReleases
from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation, simulate
from iot_streaming.sources import IOT_EVENTS
from iot_streaming.warehouse import show_bronze
from tests.command import IOT, iot
from tests.folders import landing_folder

# What a fleet's declarations said until somebody found that the rule was too strict.
STRICT = replace(
    IOT_EVENTS,
    expectations=(
        *IOT_EVENTS.expectations,
        Expectation("battery_above_half", "battery_level > 50", "drop", "too strict"),
    ),
)
GARBAGE = '{"event_id": "mended", "device_id": "DEV-00001", "timestamp": "2026-01-05T03:59:30Z",'
MENDED = GARBAGE + '"sensor_type": "temperature", "value": 20, "unit": "C", "quality_flag": "good"}'
CUSTOMER = {
    "op": "c",
    "after": {"customer_id": "C-NEW", "customer_name": "New"},
    "source": {"ts_us": 1767571200000000, "lsn": 99999999999, "sequence": '["1","99999999999"]'},
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose events came in under the strict rule, built to gold."""
    home = tmp_path_factory.mktemp("strict") / "home"
    settings = Settings(home=home, landing=home / "landing")
    simulate(Simulation(devices=12, hours=4, faults="none"), settings.landing)
    landed = landing_folder(settings) / "iot_events" / "garbage.ndjson"
    landed.write_text(f"{GARBAGE}\n{GARBAGE}\n")
    changes = landing_folder(settings) / "cdc" / "customers" / "garbage.ndjson"
    changes.write_text(json.dumps(CUSTOMER).replace('"op": "c"', '"op": "?"') + "\n")
    with writing(settings):
        create_tables(settings)
        ingest(settings, STRICT)
    result = Run(settings).jobs()
    assert [job.failures for job in result.jobs] == [[], [], []]
    return home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    home = shutil.copytree(kept, tmp_path / "home")
    # The warehouse shows bronze's files by their paths.
    show_bronze(Settings(home=home, landing=home / "landing"))
    return home


def ask(home: Path, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(home / "dev" / "iot_streaming_dev.duckdb", read_only=True) as connection:
        found = connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def count(home: Path, relation: str) -> int:
    return int(ask(home, f"select count(*) as n from {relation}")[0]["n"])


def too_strict(home: Path) -> int:
    return count(home, "dev_bronze.iot_events where list_contains(_errors, 'battery_above_half')")


def replayed(home: Path, *arguments: str) -> dict[str, Any]:
    outcome = iot("quarantine", "replay", "--home", str(home), "--json", *arguments)
    assert outcome.returncode == 0, outcome.stderr
    document: dict[str, Any] = json.loads(outcome.stdout)
    return document


def listed(home: Path, *arguments: str) -> list[dict[str, Any]]:
    outcome = iot("quarantine", "list", "--home", str(home), "--json", *arguments)
    assert outcome.returncode == 0, outcome.stderr
    rows: list[dict[str, Any]] = json.loads(outcome.stdout)
    return rows


@pytest.mark.slow
def test_relaxed_rule_releases_its_rows_once_and_gold_takes_them_in(home: Path) -> None:
    wanted, facts = too_strict(home), count(home, "dev_gold.fct_iot_events")
    assert wanted > 100
    dry = replayed(home, "--dry-run")
    assert dry["released"] == wanted and dry["kept"] == 3
    assert not (home / "dev" / "bronze" / "iot_events_released").exists()
    first = replayed(home, "--reason", "battery_above_half")
    assert first["released"] == wanted
    assert replayed(home)["released"] == 0
    assert count(home, "dev_gold.fct_iot_events") == facts

    outcome = iot("run", "--home", str(home))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert count(home, "dev_gold.fct_iot_events") == facts + wanted
    assert count(home, "dev_silver.stg_iot_events") == facts + wanted
    # A day that is built again keeps them, too.
    day = ("--source", "iot_events", "--from", "2026-01-05", "--to", "2026-01-05")
    assert iot("backfill", *day, "--home", str(home)).returncode == 0
    assert count(home, "dev_gold.fct_iot_events") == facts + wanted
    # Bronze keeps the rows as they came in; who released what, and when, stands beside them.
    assert too_strict(home) == wanted
    by_reason = {row["reasons"][0]: row for row in listed(home)}
    assert by_reason["battery_above_half"]["released"] == wanted
    assert by_reason["battery_above_half"]["kept"] == 0
    assert by_reason["malformed_record"]["kept"] == 2
    history = ask(
        home,
        "select replay_id, reason, sum(rows_released) as n from dev_quality.replays group by all",
    )
    assert history == [
        {"replay_id": first["replay_id"], "reason": "battery_above_half", "n": wanted}
    ]
    provenance = ask(
        home,
        "select distinct _replay_id, _is_corrected from dev_bronze.iot_events_released "
        "where _replayed_at is not null and _row_id is not null",
    )
    assert provenance == [{"_replay_id": first["replay_id"], "_is_corrected": False}]


@pytest.mark.slow
def test_corrected_lines_are_released_and_the_originals_kept(home: Path, tmp_path: Path) -> None:
    export = tmp_path / "kept.csv"
    listed(home, "--reason", "malformed_record", "--export", str(export))
    with open(export, newline="") as file:
        rows = list(csv.DictReader(file))
    # Equal lines of one file are two rows.
    assert len({row["row_id"] for row in rows}) == 2
    assert {row["line"] for row in rows} == {GARBAGE}
    rows[0]["line"] = MENDED
    corrected = tmp_path / "corrected.json"
    corrected.write_text(json.dumps(rows))
    found = replayed(home, "--corrected", str(corrected))
    assert (found["released"], found["kept"]) == (1, 1)
    assert replayed(home, "--corrected", str(corrected))["released"] == 0

    changes = tmp_path / "changes.ndjson"
    listed(home, "--source", "cdc_customers", "--export", str(changes))
    change = json.loads(changes.read_text())
    changes.write_text(json.dumps({"row_id": change["row_id"], "line": json.dumps(CUSTOMER)}))
    assert replayed(home, "--corrected", str(changes))["released"] == 1

    result = iot("run", "--home", str(home))
    assert result.returncode == 0, result.stdout + result.stderr
    assert count(home, "dev_gold.fct_iot_events where event_id = 'mended'") == 1
    assert count(home, "dev_gold.dim_customers where customer_id = 'C-NEW'") == 1
    assert count(home, "dev_bronze.iot_events where _corrupt_record is not null") == 2
    corrected_rows = ask(
        home, "select event_id from dev_bronze.iot_events_released where _is_corrected"
    )
    assert corrected_rows == [{"event_id": "mended"}]


class Killed(BaseException):
    """Stands for the process's end."""


def die(*args: Any, **kwargs: Any) -> None:
    raise Killed


def relaxed(home: Path) -> Replayed:
    settings = Settings(home=home, landing=home / "landing")
    wanted = Wanted([IOT_EVENTS], Chosen())
    with writing(settings), engine_of(settings, Silent()) as bronze:
        return replay(bronze, Place(settings.target), wanted, time.time)


def released_rows(home: Path) -> int:
    table = home / "dev" / "bronze" / "iot_events_released"
    rows = (
        DeltaTable(table).to_pyarrow_table().column("_row_id").to_pylist() if table.is_dir() else []
    )
    assert len(set(rows)) == len(rows)
    return len(rows)


@pytest.mark.parametrize(
    ("where", "step", "is_in"),
    [
        (EmbeddedReleases, "release", False),
        (DeltaStore, "commit_file", False),
        (replaying, "record_replays", True),
    ],
    ids=["before the release", "before the commit", "before it is recorded"],
)
def test_replay_that_dies_is_done_once_by_the_next(
    home: Path, monkeypatch: pytest.MonkeyPatch, where: Any, step: str, is_in: bool
) -> None:
    wanted = too_strict(home)
    with monkeypatch.context() as patch:
        patch.setattr(where, step, die)
        with pytest.raises(Killed):
            relaxed(home)
    assert released_rows(home) == (wanted if is_in else 0)
    assert relaxed(home).released == (0 if is_in else wanted)
    assert released_rows(home) == wanted
    recorded = ask(home, "select cast(sum(rows_released) as int) as n from dev_quality.replays")
    assert recorded == [{"n": wanted}]


@pytest.mark.slow
def test_replays_killed_at_random_release_each_row_once(home: Path) -> None:
    wanted = too_strict(home)
    command = [str(IOT), "quarantine", "replay", "--home", str(home)]
    for kill in range(5):
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            while "quarantine replay" not in process.stderr.readline():
                pass
            time.sleep(0.06 * kill)
            process.send_signal(signal.SIGKILL)
    before = released_rows(home)
    assert replayed(home)["released"] == wanted - before
    assert released_rows(home) == wanted


def test_what_is_chosen_is_what_is_released(home: Path) -> None:
    assert replayed(home, "--source", "cdc_orders", "--dry-run")["judged"] == []
    assert replayed(home, "--since", "2100-01-01", "--dry-run")["judged"] == []
    of_reason = replayed(home, "--reason", "malformed_record", "--dry-run")
    assert (of_reason["released"], of_reason["kept"]) == (0, 2)
    files = listed(home, "--by-file", "--reason", "battery_above_half", "--samples", "0")
    assert len(files) > 3 and sum(row["rows"] for row in files) == too_strict(home)
    assert all(row["files"] == 1 and row["samples"] == [] for row in files)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("list", "--source", "iot_evnts"), "unknown source 'iot_evnts'; known: iot_events"),
        (("list", "--reason", "'; drop"), "is no reason"),
        (("list", "--since", "yesterday"), "no ISO 8601 date"),
        (("list", "--export", "rows.xlsx"), "none of .csv, .json and .ndjson"),
        (("replay", "--corrected", "missing.csv"), "can't be read: No such file"),
        (("replay", "--corrected", "unknown.ndjson"), "of no quarantined row, such as row_id 'x'"),
        (("replay", "--corrected", "blank.ndjson"), "row 1: it needs row_id and line"),
        (("replay", "--corrected", "twice.ndjson"), "row_id x stands there twice"),
        (("replay", "--corrected", "broken.json"), "is no export"),
    ],
)
def test_wrong_usage_says_what_and_exits_2(
    kept: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    row = '{"row_id": "x", "line": "{}"}\n'
    (tmp_path / "unknown.ndjson").write_text(row)
    (tmp_path / "twice.ndjson").write_text(row * 2)
    (tmp_path / "blank.ndjson").write_text('{"row_id": "x", "line": " "}')
    (tmp_path / "broken.json").write_text("[1]")
    outcome = iot("quarantine", *arguments, "--home", str(kept), cwd=tmp_path)
    assert outcome.returncode == 2, outcome.stdout + outcome.stderr
    assert message in outcome.stderr and "Traceback" not in outcome.stderr


def test_home_without_a_warehouse_says_so(tmp_path: Path) -> None:
    for what in ("list", "replay"):
        outcome = iot("quarantine", what, "--home", str(tmp_path / "home"))
        assert outcome.returncode == 2 and "no warehouse" in outcome.stderr
    assert not (tmp_path / "home").exists()
