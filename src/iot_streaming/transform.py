"""Bronze in, silver and gold out, by dbt; each node's outcome as it happens."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iot_streaming.errors import MissingDependency, TransformFailed
from iot_streaming.settings import Settings

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner, dbtRunnerResult

GOOD = ("success", "pass", "warn", "no-op")
_RESULTS = ("LogModelResult", "LogTestResult", "LogSeedResult")


@dataclass(frozen=True)
class NodeResult:
    """One model, seed, test or source of a dbt run. `failures` counts a test's offending rows.

    `attached` is the node that a generic test hangs on. `age` is how many seconds ago a source's
    newest row came, None when it never had any; `limit` is what failures or age are held to.
    """

    unique_id: str
    name: str
    kind: str
    status: str
    seconds: float
    failures: int | None
    message: str | None
    severity: str
    tags: tuple[str, ...]
    depends_on: tuple[str, ...]
    attached: str | None = None
    age: float | None = None
    limit: float | None = None


@dataclass
class Transformed:
    """What one dbt command did; of its seconds the engine worked `sql_seconds`, all threads'."""

    command: str
    seconds: float = 0
    sql_seconds: float = 0
    nodes: list[NodeResult] = field(default_factory=list)

    def count(self, kind: str, *statuses: str) -> int:
        """How many nodes of a kind ended in one of the statuses (any, when none is given)."""
        return sum(
            node.kind == kind and (not statuses or node.status in statuses) for node in self.nodes
        )

    @property
    def warned(self) -> list[NodeResult]:
        return [node for node in self.nodes if node.status == "warn"]

    @property
    def bad(self) -> list[NodeResult]:
        return [node for node in self.nodes if node.status not in (*GOOD, "skipped")]


@dataclass(frozen=True)
class DbtPlace:
    """Where dbt works: its project, the folder of all its state, profiles.yml's target and needs.

    State (logs, artifacts, installed packages) never goes into the project. With `keeps_documents`
    every command leaves manifest.json and run_results.json, which takes most of a second.
    """

    project: Path
    folder: Path
    target: str
    environment: Mapping[str, str]
    keeps_documents: bool = False

    @classmethod
    def embedded(cls, settings: Settings, project: Path) -> "DbtPlace":
        """dbt-duckdb in the target's home."""
        asked = {
            "IOT_HOME": str(settings.home),
            "DBT_ENV_PREFIX": settings.target,
            "IOT_DUCKDB_MEMORY": f"{settings.warehouse_memory}B",
        }
        return cls(project, settings.root / "dbt", "local", asked)

    @classmethod
    def on_spark(
        cls, settings: Settings, project: Path, environment: Mapping[str, str]
    ) -> "DbtPlace":
        """dbt-spark in the sessions of the server that `environment` names."""
        asked = {**environment, "DBT_ENV_PREFIX": settings.target}
        return cls(project, settings.spark / "dbt", "spark", asked)

    @property
    def packages(self) -> Path:
        """Where `dbt deps` installs."""
        return self.folder / "packages"

    @property
    def artifacts(self) -> Path:
        """Where dbt leaves manifest.json and run_results.json."""
        return self.folder / "target"


class Dbt:
    """dbt in one place, in this process: started and parsed once, used for several commands.

    `progress` hears a node's name, how many are done and how many there are.
    """

    def __init__(
        self,
        place: DbtPlace,
        progress: Callable[[str, int, int], None] = lambda name, done, total: None,
    ) -> None:
        self.place = place
        self.progress = progress
        self._runner: dbtRunner | None = None
        self._manifest: Any = None
        self._variables: tuple[str, ...] = ()
        self._sql_seconds = 0.0
        self._complained: list[str] = []

    def run(self, command: str, *arguments: str, **environment: str) -> Transformed:
        """One dbt command, `deps`, `build`, `test` or `source freshness`, with some environment.

        `parse` parses anew and writes manifest.json; others parse once for the same variables.
        Failed models, failed tests and stale sources don't raise: they are in the result.
        TransformFailed when dbt could not work.
        """
        started = time.monotonic()
        self._sql_seconds = 0.0
        with self._environment(environment):
            if command == "parse":
                self._parse(arguments, "--write-json")
                return Transformed(command, time.monotonic() - started)
            variables = _variables(arguments)
            if command != "deps" and (self._manifest is None or self._variables != variables):
                self._parse(variables)
            outcome = self._invoked(command, arguments, self._manifest)
        result = Transformed(command, time.monotonic() - started, self._sql_seconds)
        nodes = getattr(outcome.result, "results", None)
        if nodes is not None:
            # As they end is the order of dbt's threads: another one each time.
            told = map(_node_result, nodes)
            result.nodes = sorted(told, key=lambda node: (node.kind, node.name))
        elif not outcome.success:
            raise TransformFailed(f"dbt {command} failed: {' '.join(self._complained)}")
        return result

    def nodes(self) -> Mapping[str, Mapping[str, Any]]:
        """Names of each source, seed, model and test, by unique id; the SQL of what ran so far."""
        manifest = self._manifest
        return {each.unique_id: _told(each) for each in _all_of(manifest)} if manifest else {}

    def install(self) -> Transformed:
        """`dbt deps`, unless links to just the project's own packages are there already."""
        folders = (self.place.project / "packages", self.place.packages)
        own, there = (
            {path.resolve() for path in folder.iterdir()} if folder.is_dir() else set()
            for folder in folders
        )
        return Transformed("deps") if own and own == there else self.run("deps")

    def _parse(self, arguments: Sequence[str], *flags: str) -> None:
        self._manifest = self._invoked("parse", [*arguments, *flags]).result
        self._variables = _variables(arguments)

    def _invoked(
        self, command: str, arguments: Sequence[str], manifest: Any = None
    ) -> "dbtRunnerResult":
        """TransformFailed when dbt broke off; without a manifest it parses."""
        runner = self._started_runner()
        runner.manifest = manifest
        self._complained.clear()
        outcome = runner.invoke([*command.split(), *self._flags(), *arguments])
        if self.place.target == "local":
            _let_go_of_the_warehouse()
        if isinstance(outcome.exception, KeyboardInterrupt):
            raise outcome.exception
        if outcome.exception is not None:
            raise TransformFailed(f"dbt {command} stopped: {outcome.exception}")
        return outcome

    def _started_runner(self) -> "dbtRunner":
        if self._runner is None:
            try:
                from dbt.cli.main import dbtRunner
            except ImportError as error:
                raise MissingDependency(
                    "dbt is not installed; `pip install 'iot-streaming[local]'` brings it"
                ) from error
            self._runner = dbtRunner(callbacks=[self._heard])
        return self._runner

    def _flags(self) -> list[str]:
        project = str(self.place.project)
        folders = ["--project-dir", project, "--profiles-dir", project]
        # What dbt has to say is in the result, or heard; stdout is the caller's.
        flags = ["--log-level", "none", "--target", self.place.target, *folders]
        return flags if self.place.keeps_documents else [*flags, "--no-write-json"]

    @contextmanager
    def _environment(self, besides: Mapping[str, str]) -> Iterator[None]:
        chosen = {
            **self.place.environment,
            **besides,
            "DBT_TARGET_PATH": str(self.place.artifacts),
            "DBT_LOG_PATH": str(self.place.folder / "logs"),
            "DBT_PACKAGES_INSTALL_PATH": str(self.place.packages),
        }
        before = {name: os.environ.get(name) for name in chosen}
        os.environ.update(chosen)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def _heard(self, event: Any) -> None:
        if event.info.level == "error":
            self._complained.append(event.info.msg)
        if event.info.name == "SQLQueryStatus":
            self._sql_seconds += event.data.elapsed
        if event.info.name in _RESULTS:
            data = event.data
            # dbt says `num_models` for tests where it says `total` for the rest.
            total = data.num_models if event.info.name == "LogTestResult" else data.total
            self.progress(data.node_info.node_name, data.index, total)


def _let_go_of_the_warehouse() -> None:
    """dbt-duckdb keeps the file open for its process's whole life; others want to read it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _variables(arguments: Sequence[str]) -> tuple[str, ...]:
    """`--vars` and what follows it; nothing where there are none."""
    at = arguments.index("--vars") if "--vars" in arguments else len(arguments)
    return tuple(arguments[at : at + 2])


def _all_of(manifest: Any) -> Iterator[Any]:
    yield from manifest.nodes.values()
    yield from manifest.sources.values()


def _told(node: Any) -> dict[str, Any]:
    """Of a manifest's node what checks are told by, under the names that manifest.json has."""
    names = ("schema", "identifier", "alias", "name", "compiled_code")
    return {name: getattr(node, name, None) for name in names}


def _node_result(result: Any) -> NodeResult:
    node = result.node
    judged = _freshness(result) if str(node.resource_type) == "source" else _verdict(node)
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        kind=str(node.resource_type),
        status=str(result.status),
        seconds=float(result.execution_time),
        failures=result.failures,
        message=result.message,
        tags=tuple(node.tags),
        depends_on=tuple(getattr(getattr(node, "depends_on", None), "nodes", ())),
        attached=getattr(node, "attached_node", None),
        **judged,
    )


def _verdict(node: Any) -> dict[str, Any]:
    """A test's severity, and the number of failing rows that makes it fail, or warn."""
    severity = str(getattr(node.config, "severity", "error")).lower()
    condition = str(getattr(node.config, f"{severity}_if", ""))
    number = re.search(r"-?\d+(\.\d+)?", condition)
    return {"severity": severity, "limit": float(number.group()) if number else None}


def _freshness(result: Any) -> dict[str, Any]:
    """A source's severity, age and limit; the limit that it broke, else the first it would."""
    declared = result.node.freshness
    warn, error = (_seconds(declared.warn_after), _seconds(declared.error_after))
    newest = getattr(result, "max_loaded_at", None)
    return {
        "severity": "warn" if error is None else "error",
        # dbt says year 1 for a table without rows.
        "age": None if newest is None or newest.year == 1 else float(result.age),
        "limit": error if str(result.status) == "error" or warn is None else warn,
    }


def _seconds(limit: Any) -> float | None:
    """Of a declaration such as {count: 3, period: hour}; None for none."""
    if limit is None or not limit.count:
        return None
    return float(limit.count * timedelta(**{f"{limit.period}s": 1}).total_seconds())


def read_nodes(place: DbtPlace) -> dict[str, dict[str, Any]]:
    """What dbt's last manifest says of each source, seed, model and test, by unique id."""
    manifest = json.loads((place.artifacts / "manifest.json").read_text(encoding="utf-8"))
    return {**manifest.get("nodes", {}), **manifest.get("sources", {})}
