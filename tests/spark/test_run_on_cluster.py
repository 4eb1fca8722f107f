"""`iot run` on a real cluster: a worker dies in the ingestion, more lands, each line is in once.

The events alone: other sources come in by the same stream, and tests/parity has them all.
"""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.project import bundle_root
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation, simulate
from iot_streaming.spark.client import session_at
from tests.command import IOT
from tests.folders import landing_folder
from tests.spark.cluster import Cluster
from tests.spark.machine import eventually

CORRUPT = b'{"event_id": "cut o'
FILES_A_BATCH = 3
LATER = 3
CHANGES = "        - notebook:\n            path: ../notebooks/bronze/ingest_cdc_tables.py\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Simulated events with faults, a line that is no JSON in every file; some land later."""
    folder = tmp_path_factory.mktemp("home-on-cluster")
    landing = folder / "landing"
    simulate(Simulation.sized(5000, devices=24, seed=5), landing)
    for path in events_files(landing):
        path.write_bytes(path.read_bytes() + CORRUPT + b"\n")
    for path in events_files(landing)[-LATER:]:
        path.rename(folder / path.name)
    return Settings(home=folder / "home", landing=landing, engine="spark")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, with so few files a micro-batch that there are several, and events alone."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(bundle_root(), folder / "databricks")
    told = folder / "databricks" / "resources" / "pipelines.yml"
    whole = told.read_text()
    assert whole.count(CHANGES) == whole.count('"4096"') == 1
    told.write_text(whole.replace(CHANGES, "").replace('"4096"', f'"{FILES_A_BATCH}"'))
    return folder


@pytest.fixture(scope="module")
def after_a_death(cluster: Cluster, home: Settings, project: Path) -> Iterator[Any]:
    """Outcomes of the run whose worker died, if it failed of the next, and of one over what landed
    later; the bronze then."""
    with cluster.expendable() as worker:
        run = started(cluster, home, project)
        first = home.spark / "tables" / "dev_bronze" / "iot_events" / "_delta_log"
        assert eventually(lambda: batches(first) > 0 or run.poll() is not None, 240)
        worker.kill()
        there = batches(first)
        assert 0 < there < len(events_files(landing_folder(home))) / FILES_A_BATCH
        outcomes = [ended(run)]
    if not outcomes[0]["ok"]:
        outcomes.append(ended(started(cluster, home, project)))
    assert outcomes[-1]["ok"], outcomes
    landing = landing_folder(home)
    for path in home.home.parent.glob("*.ndjson*"):
        path.rename(landing / "iot_events" / path.name)
    outcomes.append(ended(started(cluster, home, project)))
    with session_at(cluster.url) as session:
        yield outcomes, session


def events_files(landing: Path) -> list[Path]:
    return sorted(path for path in (landing / "iot_events").rglob("*") if path.is_file())


def batches(log: Path) -> int:
    """Commits that brought rows."""
    return sum(b'"add":' in path.read_bytes() for path in log.glob("*.json"))


def started(cluster: Cluster, home: Settings, project: Path) -> "subprocess.Popen[str]":
    command = [
        str(IOT), "run", "iot_ingestion_job", "--engine", "spark", "--remote", cluster.url,
        "--home", str(home.home), "--landing", str(home.landing), "--json",
    ]  # fmt: skip
    pipe = subprocess.PIPE
    environment = os.environ | {"IOT_PROJECT": str(project)}
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)


def ended(run: "subprocess.Popen[str]") -> dict[str, Any]:
    said, complained = run.communicate(timeout=400)
    assert said, complained
    outcome: dict[str, Any] = json.loads(said)
    return outcome


def landed_lines(landing: Path) -> Counter[str]:
    """Of each file, counted without any code of the lakehouse's."""
    files = events_files(landing)
    return Counter({str(p.relative_to(landing)): p.read_bytes().count(b"\n") for p in files})


def in_bronze(session: Any, what: str) -> Counter[str]:
    asked = f"select _source_file as file, {what} as n from dev_bronze.iot_events group by 1"
    return Counter({row.file: row.n for row in session.sql(asked).collect()})


def test_last_run_ends_well(after_a_death: Any) -> None:
    outcomes, _ = after_a_death
    assert outcomes[-1]["ok"], outcomes
    [job] = outcomes[-1]["jobs"]
    assert [report["files"] for report in job["ingested"]] == [LATER]


def test_bronze_has_every_landed_line_once(after_a_death: Any, home: Settings) -> None:
    _, session = after_a_death
    landed = landed_lines(landing_folder(home))
    assert len(landed) >= 12 and sum(landed.values()) > 5000
    assert in_bronze(session, "count(*)") == landed
    # Rows have no line number on Spark: a lost line and a doubled one would change the bytes.
    landing = landing_folder(home)
    sizes = {key: (landing / key).stat().st_size - lines for key, lines in landed.items()}
    assert in_bronze(session, "sum(_line_bytes)") == sizes
    assert set(in_bronze(session, "count(distinct _batch_id)").values()) == {1}


def test_corrupt_lines_are_kept(after_a_death: Any, home: Settings) -> None:
    _, session = after_a_death
    kept = session.sql(
        "select _source_file as file, count(*) as n from dev_bronze.iot_events "
        f"where _corrupt_record = '{CORRUPT.decode()}' group by 1"
    ).collect()
    landing = landing_folder(home)
    landed = {str(path.relative_to(landing)): 1 for path in events_files(landing)}
    assert {row.file: row.n for row in kept} == landed


def test_ledger_equals_bronze(after_a_death: Any, home: Settings) -> None:
    _, session = after_a_death
    rows = session.sql("select file, lines, corrupt from dev_quality.ledger").collect()
    assert {row.file: row.lines for row in rows} == dict(landed_lines(landing_folder(home)))
    assert len(rows) == len({row.file for row in rows})
    corrupt = in_bronze(session, "count_if(_corrupt_record is not null)")
    assert {row.file: row.corrupt for row in rows} == dict(corrupt)
