"""A notebook on Databricks in, dbt run from its driver against its cluster, results kept.

dbt-databricks speaks SQL to the cluster over the network even here: it has no way to use the
notebook's own session. Not run against a workspace yet; the tests stand in for its edges.
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from iot_streaming.bronze.quarantine import Releases
from iot_streaming.errors import ConfigurationError, TaskFailed
from iot_streaming.quality.checks import Asked
from iot_streaming.quality.place import Place
from iot_streaming.quality.replay import Wanted, replay
from iot_streaming.quality.samples import problem_of, record_checks
from iot_streaming.spark.release import SparkReleases
from iot_streaming.spark.warehouse import SparkWarehouse
from iot_streaming.transform import Dbt, DbtPlace, Transformed, read_nodes

if TYPE_CHECKING:
    from iot_streaming.warehouse import Warehouse

_TOKEN = "databricks_token"  # noqa: S105 - the secret's name, not its value
_NEEDED = ("catalog", "schema_prefix", "project_dir", "work_dir", "host", "http_path")
_ARTIFACTS = ("manifest.json", "run_results.json", "sources.json")
_NOT_COPIED = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")


class RunsDbt(Protocol):
    """What is needed of a Dbt here."""

    def run(self, command: str, *arguments: str) -> Transformed: ...


@dataclass
class _Bronze:
    warehouse: "Warehouse"
    releases: Releases


class Workspace:
    """The Bench of a notebook on Databricks. `dbt` makes a place's Dbt; tests give another."""

    def __init__(
        self, dbutils: Any, spark: Any, dbt: Callable[..., RunsDbt] = Dbt, say: Any = print
    ) -> None:
        self.dbutils = dbutils
        self.spark = spark
        self.make_dbt = dbt
        self.say = say

    def dbt(self, command: str, arguments: Sequence[str], parameters: Mapping[str, str]) -> None:
        """Run the command on the cluster; TaskFailed names what failed, after keeping results."""
        place = self._place(parameters)
        self._bring_project(place, parameters)
        dbt = self.make_dbt(place, self._heard)
        if command != "deps" and not place.packages.is_dir():
            # The machine that dbt_deps ran on may be gone: spot.
            dbt.run("deps")
        step = dbt.run(command, *arguments)
        samples = self._record(place, step, parameters)
        self._keep_artifacts(command, place, parameters)
        self._judge(step, samples)

    def replay(self, parameters: Mapping[str, str]) -> None:
        """Release quarantined rows of the catalog's bronze tables that are good by now."""
        if not parameters["catalog"] or not parameters["schema_prefix"]:
            raise ConfigurationError("no value for catalog, schema_prefix; jobs.yml gives them")
        place = Place(parameters["schema_prefix"], parameters["catalog"])
        releases = SparkReleases(self.spark, place.schema("bronze"), "databricks")
        bronze = _Bronze(SparkWarehouse(self.spark), releases)
        replayed = replay(bronze, place, Wanted.told(parameters), time.time)
        for judged in replayed.judged:
            now = ", ".join(judged.now) or "good"
            self.say(f"{judged.file}: {', '.join(judged.reasons)}: {judged.rows:,} rows, now {now}")
        self.say(replayed.summary)

    def _place(self, parameters: Mapping[str, str]) -> DbtPlace:
        missing = [name for name in _NEEDED if not parameters[name]]
        if missing:
            # Without a catalog dbt would write into hive_metastore and say nothing.
            raise ConfigurationError(f"no value for {', '.join(missing)}; jobs.yml gives them")
        work = Path(parameters["work_dir"])
        environment = {
            "DATABRICKS_HOST": parameters["host"].removeprefix("https://").rstrip("/"),
            "DATABRICKS_HTTP_PATH": parameters["http_path"],
            "DATABRICKS_TOKEN": self._token(parameters["secret_scope"]),
            "DBT_CATALOG": parameters["catalog"],
            "DBT_ENV_PREFIX": parameters["schema_prefix"],
            "DBT_THREADS": parameters["threads"] or "4",
        }
        return DbtPlace(work / "project", work, "databricks", environment, keeps_documents=True)

    def _token(self, scope: str) -> str:
        try:
            token = str(self.dbutils.secrets.get(scope=scope, key=_TOKEN))
        except Exception as error:
            raise ConfigurationError(
                f"secret {_TOKEN} in scope {scope!r} can't be read; put it there: "
                f"databricks secrets put-secret {scope} {_TOKEN}"
            ) from error
        if not token:
            raise ConfigurationError(f"secret {_TOKEN} in scope {scope!r} is empty")
        return token

    def _bring_project(self, place: DbtPlace, parameters: Mapping[str, str]) -> None:
        """The workspace's files are slow and dbt writes beside what it reads: use a copy."""
        if place.project.exists():
            shutil.rmtree(place.project)
        shutil.copytree(parameters["project_dir"], place.project, ignore=_NOT_COPIED)

    def _heard(self, name: str, done: int, total: int) -> None:
        self.say(f"{done} of {total}: {name}")

    def _record(
        self, place: DbtPlace, step: Transformed, parameters: Mapping[str, str]
    ) -> dict[str, list[dict[str, Any]]]:
        # The bundle names a job "[dev] data_quality_job".
        job = parameters["job_name"].rpartition(" ")[2]
        asked = Asked(parameters["run_id"], datetime.now(UTC), job, "databricks")
        table = f"{parameters['catalog']}.{parameters['schema_prefix']}_quality.check_results"
        known = read_nodes(place) if step.nodes else {}
        return record_checks(SparkWarehouse(self.spark), table, asked, known, step.nodes)

    def _keep_artifacts(self, command: str, place: DbtPlace, parameters: Mapping[str, str]) -> None:
        if not parameters["artifacts_dir"]:
            return
        kept = (
            Path(parameters["artifacts_dir"])
            / parameters["run_id"]
            / f"dbt_{command.replace(' ', '_')}"
        )
        kept.mkdir(parents=True, exist_ok=True)
        for name in _ARTIFACTS:
            if (place.artifacts / name).is_file():
                shutil.copyfile(place.artifacts / name, kept / name)

    def _judge(self, step: Transformed, samples: Mapping[str, list[dict[str, Any]]]) -> None:
        for node in step.warned:
            self.say(f"warned: {problem_of(node, samples.get(node.unique_id, ()))}")
        if step.bad:
            failed = "; ".join(problem_of(n, samples.get(n.unique_id, ())) for n in step.bad)
            raise TaskFailed(f"dbt {step.command}: {failed}")
