"""What a build leaves alone because nothing it rests on has changed."""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.basis import Basis
from tests.command import iot

CHECKOUT = Path(__file__).parents[1]
LAST = Basis("abc", {"iot_events": 3, "cdc_orders": 1})


@pytest.mark.parametrize(
    ("present", "selection"),
    [
        (LAST, []),
        (Basis("abc", {"iot_events": 4, "cdc_orders": 1}), ["source:bronze.iot_events+"]),
        # A table that was removed and made anew counts from 0.
        (Basis("abc", {"iot_events": 3, "cdc_orders": 0}), ["source:bronze.cdc_orders+"]),
        (Basis("other", {"iot_events": 3, "cdc_orders": 1}), None),
    ],
)
def test_selection_is_what_changed(present: Basis, selection: list[str] | None) -> None:
    assert present.selection_since(LAST) == selection


def test_first_build_selects_everything() -> None:
    assert LAST.selection_since(None) is None


def steps_of(home: Path, checkout: Path = CHECKOUT) -> list[dict[str, Any]]:
    """What `iot run` had dbt do, command by command."""
    outcome = iot("run", "--home", str(home), "--json", cwd=checkout)
    assert outcome.returncode == 0, outcome.stderr
    return [step for job in json.loads(outcome.stdout)["jobs"] for step in job["transformed"]]


def built(home: Path, checkout: Path = CHECKOUT) -> set[str] | None:
    """Names of the models that `iot run` built, None when it left the build out."""
    steps = [step for step in steps_of(home, checkout) if step["command"] == "build"]
    if not steps:
        return None
    return {node["name"] for node in steps[0]["nodes"] if node["kind"] == "model"}


def asked_again(home: Path) -> set[str]:
    """Integration tests that a run with nothing new asks."""
    tags = [node for step in steps_of(home) for node in step["nodes"] if node["kind"] == "test"]
    return {node["name"] for node in tags if "integration" in node["tags"]}


def test_run_builds_what_rests_on_something_new(tmp_path: Path) -> None:
    home = tmp_path / "home"
    landing = home / "landing"
    outcome = iot("simulate", "--out", str(landing), "--devices", "12", "--hours", "30")
    assert outcome.returncode == 0, outcome.stderr
    everything = built(home)
    assert everything and {"stg_iot_events", "stg_orders"} <= everything
    assert built(home) is None
    assert asked_again(home) == set()
    # A run that was killed between the build and these tests.
    with duckdb.connect(home / "dev" / "iot_streaming_dev.duckdb") as connection:
        connection.execute("delete from dev_quality.built_from where input = 'integration tests'")
    assert "layers_add_up" in asked_again(home)
    assert asked_again(home) == set()

    customers = sorted((landing / "cdc" / "customers").iterdir())[0]
    shutil.copy(customers, customers.with_name("again.ndjson"))
    some = built(home)
    assert some and {"stg_customers", "dim_customers"} <= some
    assert not some & {"stg_orders", "fct_orders", "stg_iot_events", "int_hourly_readings"}

    shutil.copytree(CHECKOUT / "databricks", tmp_path / "databricks", ignore=_state)
    with open(tmp_path / "databricks" / "dbt" / "dbt_project.yml", "a") as project:
        project.write("# Another project.\n")
    assert built(home, tmp_path) == everything


def _state(folder: str, names: list[str]) -> set[str]:
    return {"target", "logs", "dbt_packages"} & set(names)
