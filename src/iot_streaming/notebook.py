"""A job notebook's widgets in, dbt run wherever the notebook runs, a verdict out.

The files under databricks/notebooks/jobs call `run_dbt` or `check_data` and nothing else. On
Databricks `dbutils` is the notebook's own; `iot run` executes the same files with LocalDbutils,
which brings its bench.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from iot_streaming.errors import ConfigurationError, TaskFailed

_FLAGS = {
    "select": "--select",
    "exclude": "--exclude",
    "exclude_resource_type": "--exclude-resource-type",
}


class Bench(Protocol):
    """Where a notebook's dbt runs: on a cluster, or in a run on this machine."""

    def dbt(self, command: str, arguments: Sequence[str], parameters: Mapping[str, str]) -> None:
        """Run it, record its tests, raise TaskFailed when a node failed."""

    def replay(self, parameters: Mapping[str, str]) -> None:
        """Release what is good by now of the quarantined rows that the parameters choose."""


class LocalDbutils:
    """Stands in for `dbutils` on this machine: a task's parameters as widgets, and its bench."""

    def __init__(self, parameters: Mapping[str, str], bench: Bench) -> None:
        self.widgets = _Widgets(parameters)
        self.bench = bench


class _Widgets:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def text(self, name: str, default: str) -> None:
        self._values.setdefault(name, default)

    def get(self, name: str) -> str:
        return self._values[name]


# As jobs.yml gives them to every job that runs dbt; a notebook opened by hand shows them empty.
PARAMETERS = (
    "catalog",
    "schema_prefix",
    "project_dir",
    "work_dir",
    "artifacts_dir",
    "threads",
    "host",
    "http_path",
    "secret_scope",
    "run_id",
    "job_name",
)

REPLAY_PARAMETERS = ("catalog", "schema_prefix", "source", "reason", "since", "dry_run")


def run_dbt(command: str, dbutils: Any, spark: Any, options: Sequence[str] = ()) -> None:
    """One dbt command with the options that the notebook's widgets of these names hold.

    `options` are of `select`, `exclude`, `exclude_resource_type` (words, as dbt takes them) and
    `full_refresh` (true or false). Raises TaskFailed when a model or test failed.
    """
    parameters, arguments = _asked(dbutils, options)
    _bench(dbutils, spark).dbt(command, arguments, parameters)


def replay_quarantine(dbutils: Any, spark: Any) -> None:
    """`iot quarantine replay` on the cluster, as the widgets say: `source`, `reason`, `since`
    (ISO 8601), `dry_run` (true or false), each empty for all; `catalog` and `schema_prefix`.
    """
    parameters = _read_widgets(dbutils.widgets, REPLAY_PARAMETERS)
    if parameters["dry_run"] not in ("", "true", "false"):
        raise ConfigurationError(f"dry_run is true or false, not {parameters['dry_run']!r}")
    _bench(dbutils, spark).replay(parameters)


def check_data(dbutils: Any, spark: Any, options: Sequence[str] = ()) -> None:
    """How fresh the sources are and the tests that the options select: both, whatever one says.

    Raises TaskFailed when either found something wrong.
    """
    parameters, selection = _asked(dbutils, options)
    bench = _bench(dbutils, spark)
    problems = []
    for command, arguments in (("source freshness", []), ("test", selection)):
        try:
            bench.dbt(command, arguments, parameters)
        except TaskFailed as failed:
            problems.append(str(failed))
    if problems:
        raise TaskFailed("; ".join(problems))


def _asked(dbutils: Any, options: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The notebook's parameters, and its options as dbt's arguments."""
    parameters = _read_widgets(dbutils.widgets, (*PARAMETERS, *options))
    return parameters, [word for name in options for word in dbt_arguments(name, parameters[name])]


def dbt_arguments(option: str, value: str) -> list[str]:
    """A widget's value as dbt's arguments; ConfigurationError when it isn't a plain selection."""
    words = value.split()
    if option == "full_refresh":
        if value not in ("", "true", "false"):
            raise ConfigurationError(f"full_refresh is true or false, not {value!r}")
        return ["--full-refresh"] if value == "true" else []
    # A selection must not smuggle in another option, such as another profile.
    if any(word.startswith("-") for word in words):
        raise ConfigurationError(f"{option} holds an option: {value!r}; it takes selections only")
    return [_FLAGS[option], *words] if words else []


def _read_widgets(widgets: Any, names: Sequence[str]) -> dict[str, str]:
    for name in names:
        widgets.text(name, "")
    return {name: widgets.get(name) for name in names}


def _bench(dbutils: Any, spark: Any) -> Bench:
    if isinstance(dbutils, LocalDbutils):
        return dbutils.bench
    from iot_streaming.workspace import Workspace

    return Workspace(dbutils, spark)
