"""A resolved bundle in, what is wrong with its jobs out."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from iot_streaming.bundle.cron import shortest_pause
from iot_streaming.bundle.files import notebooks_of
from iot_streaming.bundle.finding import Finding, error, warning
from iot_streaming.bundle.graph import (
    Task,
    called_job,
    calls,
    tasks_of,
    triggers_of,
)
from iot_streaming.errors import ConfigurationError

_FIRST_LINE = "# Databricks notebook source"
_RUNS_DBT = "iot_streaming.notebook"


def check_jobs(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Triggers, cron, cluster keys, retries and timeouts."""
    for name, job in bundle["resources"].get("jobs", {}).items():
        where = f"resources.jobs.{name}"
        triggers = triggers_of(job)
        if len(triggers) > 1:
            yield error(where, f"has {' and '.join(triggers)}; a job starts in one way only")
        yield from _check_schedule(where, job.get("schedule"))
        keys = [each.get("job_cluster_key") for each in job.get("job_clusters", [])]
        for task in job.get("tasks", []):
            yield from _check_task(f"{where}.{task.get('task_key')}", task, keys)


def _check_schedule(where: str, schedule: Mapping[str, Any] | None) -> Iterator[Finding]:
    if schedule:
        try:
            shortest_pause(str(schedule.get("quartz_cron_expression", "")))
        except ConfigurationError as refusal:
            yield error(where, str(refusal))


def _check_task(where: str, task: Mapping[str, Any], keys: list[Any]) -> Iterator[Finding]:
    key = task.get("job_cluster_key")
    if key is not None and key not in keys:
        known = ", ".join(map(str, keys)) or "none"
        yield error(where, f"job_cluster_key {key!r} is not in job_clusters; there: {known}")
    if "run_job_task" in task:
        return
    if not task.get("max_retries"):
        yield warning(where, "no retries: spot may take its machine away")
    if not task.get("timeout_seconds"):
        yield warning(where, "no timeout: a task that hangs would hold its cluster for ever")


def check_graphs(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Jobs whose tasks or calls have no order."""
    jobs = bundle["resources"].get("jobs", {})
    for name, job in jobs.items():
        try:
            tasks_of(name, job)
            calls(jobs, name)
        except ConfigurationError as problem:
            yield error(f"resources.jobs.{name}", str(problem))


def check_files(bundle: dict[str, Any], root: Path) -> Iterator[Finding]:
    """Notebooks that are not there or are none, wheels that nothing builds."""
    for where, path in notebooks_of(bundle):
        file = root / path
        if not file.is_file():
            yield error(where, f"{path} does not exist in {root}")
        elif file.suffix == ".py" and not file.read_text("utf-8").startswith(_FIRST_LINE):
            yield error(where, f"{path} is no notebook: its first line has to be {_FIRST_LINE!r}")
    built = [
        each.get("source")
        for artifact in bundle.get("artifacts", {}).values()
        for each in artifact.get("files", [])
    ]
    for where, wheel in sorted(_wheels(bundle["resources"])):
        if wheel not in built:
            yield error(where, f"no artifact makes {wheel}; made: {', '.join(built) or 'none'}")


def _wheels(resources: Mapping[str, Any]) -> set[tuple[str, str]]:
    found = {
        (f"resources.jobs.{name}.{task.get('task_key')}", library["whl"])
        for name, job in resources.get("jobs", {}).items()
        for task in job.get("tasks", [])
        for library in task.get("libraries", [])
        if "whl" in library
    }
    return found | {
        (f"resources.pipelines.{name}", dependency)
        for name, pipeline in resources.get("pipelines", {}).items()
        for dependency in pipeline.get("environment", {}).get("dependencies", [])
        if dependency.endswith(".whl")
    }


def check_dbt_overlaps(bundle: dict[str, Any], root: Path) -> Iterator[Finding]:
    """Two dbt runs that may meet on a table: by two schedules, or beside each other in one job."""
    jobs = bundle["resources"].get("jobs", {})
    try:
        users = _dbt_jobs(jobs, root)
        roots = [
            name
            for name, job in jobs.items()
            if triggers_of(job) and users & {name, *calls(jobs, name)}
        ]
    except ConfigurationError:
        # check_graphs says what is wrong with the graph.
        return
    if len(roots) > 1:
        yield error("resources.jobs", f"{' and '.join(roots)} both start dbt: their runs may meet")
    for name, job in jobs.items():
        if name in users and job.get("max_concurrent_runs", 1) != 1:
            yield error(f"resources.jobs.{name}", "max_concurrent_runs has to be 1: it runs dbt")
        yield from _check_side_by_side(name, jobs, users, root)


def _check_side_by_side(
    name: str, jobs: Mapping[str, Any], users: set[str], root: Path
) -> Iterator[Finding]:
    tasks = tasks_of(name, jobs[name])
    before: dict[str, set[str]] = {}
    for task in tasks:
        before[task.key] = set(task.depends_on).union(*(before[key] for key in task.depends_on))
    runners = [task for task in tasks if _starts_dbt(task, jobs, users, root)]
    for one, other in combinations(runners, 2):
        if one.key not in before[other.key] and other.key not in before[one.key]:
            yield error(
                f"resources.jobs.{name}",
                f"{one.key} and {other.key} run dbt at the same time; let one depend on the other",
            )


def _starts_dbt(task: Task, jobs: Mapping[str, Any], users: set[str], root: Path) -> bool:
    if task.kind == "run_job_task":
        called = called_job(task)
        return bool(users & {called, *calls(jobs, called)})
    return _is_dbt_notebook(task, root)


def _dbt_jobs(jobs: Mapping[str, Any], root: Path) -> set[str]:
    return {
        name
        for name, job in jobs.items()
        if any(_is_dbt_notebook(task, root) for task in tasks_of(name, job))
    }


def _is_dbt_notebook(task: Task, root: Path) -> bool:
    file = root / str(task.spec.get("notebook_path", "")) if task.kind == "notebook_task" else None
    return file is not None and file.is_file() and _RUNS_DBT in file.read_text("utf-8")
