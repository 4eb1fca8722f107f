"""A job notebook's bench on Databricks, up to its edges: dbt, spark and dbutils are stood in for,
and what crosses to them is looked at."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.bundle import resolve
from iot_streaming.bundle.parameters import widgets_of
from iot_streaming.errors import ConfigurationError, TaskFailed
from iot_streaming.notebook import PARAMETERS, LocalDbutils, check_data
from iot_streaming.quality.tables import CHECK_RESULTS
from iot_streaming.transform import DbtPlace, NodeResult, Transformed
from iot_streaming.workspace import Workspace
from tests.bundle.project import BUNDLE

SECRET = "dapi-not-for-logs"  # noqa: S105 - nobody's


class Secrets:
    def get(self, scope: str, key: str) -> str:
        if scope != "iot_streaming_dev":
            raise RuntimeError("Secret does not exist with scope")
        assert key == "databricks_token"
        return SECRET


class Dbutils:
    def __init__(self) -> None:
        self.secrets = Secrets()


class Spark:
    """Keeps what is written: table → (mode, column definitions, rows)."""

    def __init__(self) -> None:
        self.tables: dict[str, tuple[str, str, list[tuple[Any, ...]]]] = {}

    def createDataFrame(self, rows: Any, schema: str) -> "Spark":  # noqa: N802
        self.frame = (schema, rows)
        return self

    @property
    def write(self) -> "Spark":
        return self

    def mode(self, mode: str) -> "Spark":
        self.how = mode
        return self

    def option(self, name: str, value: str) -> "Spark":
        assert (name, value) == ("mergeSchema", "true")
        return self

    def saveAsTable(self, name: str) -> None:  # noqa: N802
        self.tables[name] = (self.how, *self.frame)


def node(name: str, status: str, kind: str = "test") -> NodeResult:
    tags = ("data_quality",)
    return NodeResult(name, name, kind, status, 0.5, 3, "Got 3 results", "error", tags, ())


class FakeDbt:
    """Keeps commands; leaves artifacts; its tests end as told."""

    ran: list[list[str]]
    place: DbtPlace

    def __init__(self, *nodes: NodeResult) -> None:
        self.nodes = list(nodes)
        self.ran = []

    def __call__(self, place: DbtPlace, progress: Callable[[str, int, int], None]) -> "FakeDbt":
        self.place = place
        return self

    def run(self, command: str, *arguments: str) -> Transformed:
        self.ran.append([command, *arguments])
        if command == "deps":
            self.place.packages.mkdir(parents=True)
            return Transformed(command)
        self.place.artifacts.mkdir(parents=True, exist_ok=True)
        (self.place.artifacts / "manifest.json").write_text("{}")
        (self.place.artifacts / "run_results.json").write_text(json.dumps({"ran": command}))
        return Transformed(command, nodes=self.nodes)


@pytest.fixture
def parameters(tmp_path: Path) -> dict[str, str]:
    """What the deployed job gives, with folders of this test."""
    job = resolve(BUNDLE, "dev", {})["resources"]["jobs"]["data_quality_job"]
    known = {
        "job.id": "12",
        "job.name": "[dev] data_quality_job",
        "job.run_id": "345",
        "workspace.id": "999",
        "workspace.url": "https://w.cloud.databricks.com/",
    }
    given = widgets_of(job, {}, known)
    assert given.keys() == set(PARAMETERS)
    return given | {
        "project_dir": str(BUNDLE / "dbt"),
        "work_dir": str(tmp_path / "work"),
        "artifacts_dir": str(tmp_path / "volume"),
    }


def test_dbt_gets_its_connection_from_the_job_and_its_token_from_the_scope(
    parameters: dict[str, str],
) -> None:
    dbt = FakeDbt()
    Workspace(Dbutils(), Spark(), dbt=dbt, say=lambda _: None).dbt("build", [], parameters)
    assert dbt.place.target == "databricks"
    assert dbt.place.environment == {
        "DATABRICKS_HOST": "w.cloud.databricks.com",
        "DATABRICKS_HTTP_PATH": "sql/protocolv1/o/999/${resources.clusters.shared_cluster.id}",
        "DATABRICKS_TOKEN": SECRET,
        "DBT_CATALOG": "iot_streaming_dev",
        "DBT_ENV_PREFIX": "dev",
        "DBT_THREADS": "4",
    }
    assert (dbt.place.project / "dbt_project.yml").is_file()
    assert not (dbt.place.project / "target").exists()


def test_packages_are_installed_where_the_machine_of_dbt_deps_is_gone(
    parameters: dict[str, str],
) -> None:
    dbt = FakeDbt()
    bench = Workspace(Dbutils(), Spark(), dbt=dbt, say=lambda _: None)
    bench.dbt("build", ["--select", "x"], parameters)
    bench.dbt("test", [], parameters)
    assert dbt.ran == [["deps"], ["build", "--select", "x"], ["test"]]


def test_every_result_is_kept_before_the_verdict(
    parameters: dict[str, str], tmp_path: Path
) -> None:
    dbt = FakeDbt(node("good", "pass"), node("doubtful", "warn"), node("broken", "fail"))
    spark = Spark()
    said: list[str] = []
    with pytest.raises(TaskFailed, match="dbt test: broken: 3 rows"):
        Workspace(Dbutils(), spark, dbt=dbt, say=said.append).dbt("test", [], parameters)
    ((table, (mode, columns, rows)),) = spark.tables.items()
    assert (table, mode) == ("iot_streaming_dev.dev_quality.check_results", "append")
    assert columns.startswith("run_id string, checked_at timestamp, job string, check_name string")
    names = [column.name for column in CHECK_RESULTS]
    kept = [dict(zip(names, row, strict=True)) for row in rows]
    assert {(row["run_id"], row["job"], row["kind"], row["engine"]) for row in kept} == {
        ("345", "data_quality_job", "data_quality", "databricks")
    }
    assert [(row["check_name"], row["status"], row["rows_failing"]) for row in kept] == [
        ("good", "pass", 3),
        ("doubtful", "warn", 3),
        ("broken", "fail", 3),
    ]
    artifacts = tmp_path / "volume" / "345" / "dbt_test"
    assert {file.name for file in artifacts.iterdir()} == {"manifest.json", "run_results.json"}
    assert "warned: doubtful: 3 rows" in said
    assert SECRET not in " ".join(said)


@pytest.mark.parametrize("missing", ["catalog", "schema_prefix", "host", "http_path"])
def test_without_a_place_to_write_nothing_runs(parameters: dict[str, str], missing: str) -> None:
    dbt = FakeDbt()
    with pytest.raises(ConfigurationError, match=f"no value for {missing}"):
        Workspace(Dbutils(), Spark(), dbt=dbt).dbt("build", [], parameters | {missing: ""})
    assert dbt.ran == []


def test_missing_secret_says_how_to_put_it_there(parameters: dict[str, str]) -> None:
    parameters |= {"secret_scope": "other"}
    with pytest.raises(ConfigurationError, match="secrets put-secret other databricks_token"):
        Workspace(Dbutils(), Spark(), dbt=FakeDbt()).dbt("build", [], parameters)


def test_tests_run_though_a_source_is_stale(parameters: dict[str, str]) -> None:
    stale = replace(node("iot_events", "error", "source"), age=90_000, limit=86_400)

    class WithStaleSource(FakeDbt):
        def run(self, command: str, *arguments: str, **environment: str) -> Transformed:
            self.nodes = [stale] if command == "source freshness" else [node("broken", "fail")]
            return super().run(command, *arguments)

    dbt = WithStaleSource()
    bench = Workspace(Dbutils(), Spark(), dbt=dbt, say=lambda _: None)
    with pytest.raises(TaskFailed) as verdict:
        check_data(
            LocalDbutils(parameters | {"select": "tag:data_quality"}, bench), None, ["select"]
        )
    assert str(verdict.value) == (
        "dbt source freshness: iot_events is stale: its newest row came 25.0 h ago, "
        "allowed are 24.0 h; dbt test: broken: 3 rows"
    )
    asked = ["source freshness"], ["test", "--select", "tag:data_quality"]
    assert dbt.ran == [["deps"], *asked]
