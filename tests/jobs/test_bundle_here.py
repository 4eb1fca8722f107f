"""The very bundle that is deployed, run on this machine for each target."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bundle.project import change, copy_of_bundle
from tests.command import iot

JOBS = ["iot_ingestion_job", "dbt_transformation_job", "data_quality_job"]
FILE = "resources/jobs.yml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a landing, and a copy of the bundle that the command finds there."""
    folder = tmp_path_factory.mktemp("here")
    copy_of_bundle(folder)
    landing = ("--out", str(folder / "landing"), "--devices", "3", "--hours", "2")
    assert iot("simulate", *landing).returncode == 0
    return folder


def run(folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    places = ("--home", str(folder / "home"), "--landing", str(folder / "landing"))
    outcome = iot("run", *arguments, *places, "--json", cwd=folder)
    assert outcome.returncode == code, outcome.stdout + outcome.stderr
    document: dict[str, Any] = json.loads(outcome.stdout)
    return document


def commands(document: dict[str, Any]) -> list[str]:
    return [step["command"] for job in document["jobs"] for step in job["transformed"]]


@pytest.mark.slow
@pytest.mark.parametrize(("target", "names"), [("staging", []), ("prod", ["iot_streaming_job"])])
def test_every_job_runs_for_every_target(folder: Path, target: str, names: list[str]) -> None:
    document = run(folder, *names, "-t", target)
    assert [job["job"] for job in document["jobs"]] == JOBS
    assert commands(document) == ["deps", "build", "test", "source freshness", "test"]
    ingested = document["jobs"][0]["ingested"]
    assert ingested[0]["source"] == "iot_events" and len(ingested) == 8
    assert document["target"] == target


@pytest.mark.slow
def test_changed_bundle_changes_the_run(tmp_path: Path) -> None:
    root = copy_of_bundle(tmp_path)
    (tmp_path / "landing").mkdir()
    change(root / FILE, 'select: ""', "select: battery_curve")
    change(root / FILE, "select: tag:integration", "select: no_such_model")
    document = run(tmp_path, "dbt_transformation_job")
    build = document["jobs"][0]["transformed"][1]
    assert {n["name"] for n in build["nodes"] if n["kind"] == "seed"} == {"battery_curve"}

    change(root / FILE, "run_dbt_build.py", "gone.py")
    outcome = iot("run", "dbt_transformation_job", "--home", "home", cwd=tmp_path)
    assert outcome.returncode == 2 and "gone.py is no notebook" in outcome.stderr


@pytest.mark.slow
def test_failed_check_stops_what_comes_after_it(tmp_path: Path) -> None:
    root = copy_of_bundle(tmp_path)
    (tmp_path / "landing").mkdir()
    change(root / FILE, 'select: ""', "select: battery_curve")
    (root / "dbt" / "tests" / "always_fails.sql").write_text(
        "select * from {{ ref('battery_curve') }} limit 1"
    )
    change(root / FILE, "select: battery_curve", "select: battery_curve always_fails")
    document = run(tmp_path, code=1)
    assert [job["job"] for job in document["jobs"]] == JOBS[:2]
    assert commands(document) == ["deps", "build"]
    (failure,) = document["jobs"][1]["failures"]
    assert failure.startswith("always_fails: 1 row")


def test_selection_cannot_smuggle_in_an_option(tmp_path: Path) -> None:
    root = copy_of_bundle(tmp_path)
    (tmp_path / "landing").mkdir()
    change(root / FILE, "select: tag:data_quality", "select: x --profiles-dir /elsewhere")
    outcome = iot("run", "data_quality_job", "--home", "home", cwd=tmp_path)
    assert outcome.returncode == 2 and "select holds an option" in outcome.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (FILE, "full_refresh: false", "full_refresh: true", "full refresh loses"),
        ("databricks.yml", "schema_prefix: dev", "schema_prefix: mine", "schema_prefix is 'mine'"),
        ("resources/pipelines.yml", "max_bytes: 512m", "max_bytes: lots", "'lots' is no size"),
    ],
)
def test_what_cannot_be_done_here_is_refused(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    root = copy_of_bundle(tmp_path)
    (tmp_path / "landing").mkdir()
    change(root / file, old, new)
    job = "data_quality_job" if old.startswith("schema") else "iot_ingestion_job"
    outcome = iot("run", job, "--home", "home", "--landing", "landing", cwd=tmp_path)
    assert outcome.returncode == 2 and message in outcome.stderr
