"""A resolved job in, its tasks in an order that keeps what depends on what out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iot_streaming.errors import ConfigurationError

KINDS = ("notebook_task", "pipeline_task", "run_job_task")


@dataclass(frozen=True)
class Task:
    """One task of a job. `kind` is one of KINDS, `spec` what the job says under it.

    `timeout` in seconds, 0: none. A task that fails is tried again `max_retries` times, `pause`
    seconds later; one that ran out of time only with `retry_on_timeout`.
    """

    key: str
    kind: str
    spec: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    max_retries: int = 0
    pause: float = 0
    timeout: float = 0
    retry_on_timeout: bool = False


def tasks_of(name: str, job: Mapping[str, Any]) -> list[Task]:
    """The job's tasks, each after those it depends on; ConfigurationError when that can't be."""
    waiting = {task.key: task for task in (_task(name, raw) for raw in job.get("tasks", []))}
    _refuse_dangling(name, waiting)
    ordered: list[Task] = []
    while waiting:
        ready = [task for task in waiting.values() if not waiting.keys() & set(task.depends_on)]
        if not ready:
            raise ConfigurationError(
                f"job {name}: tasks depend on each other in a circle: {', '.join(waiting)}"
            )
        ordered += ready
        waiting = {key: task for key, task in waiting.items() if task not in ready}
    return ordered


def scheduled_jobs(jobs: Mapping[str, Any]) -> list[str]:
    """The jobs that start by themselves; ConfigurationError when none does."""
    started = [name for name, job in jobs.items() if triggers_of(job)]
    if not started:
        raise ConfigurationError(f"no job has a schedule; name one of {', '.join(jobs)}")
    return started


def triggers_of(job: Mapping[str, Any]) -> list[str]:
    """Which of the ways to start by itself the job has."""
    return [field for field in ("schedule", "trigger", "continuous") if job.get(field)]


def called_job(task: Task) -> str:
    """The bundle's job that a run_job_task names."""
    return resource_named(str(task.spec.get("job_id")), "jobs")


def calls(jobs: Mapping[str, Any], name: str, callers: tuple[str, ...] = ()) -> list[str]:
    """Every job that the job calls, directly or not; ConfigurationError for circles and nothing."""
    if name not in jobs or name in callers:
        chain = " → ".join([*callers, name])
        raise ConfigurationError(f"jobs call each other in a circle or into nothing: {chain}")
    called = [
        called_job(task) for task in tasks_of(name, jobs[name]) if task.kind == "run_job_task"
    ]
    below = [calls(jobs, each, (*callers, name)) for each in called]
    return list(dict.fromkeys([*called, *(each for more in below for each in more)]))


def resource_named(reference: str, kind: str) -> str:
    """`x` of `${resources.<kind>.x.id}`; ConfigurationError when it is anything else."""
    start, end = f"${{resources.{kind}.", ".id}"
    if not (reference.startswith(start) and reference.endswith(end)):
        raise ConfigurationError(f"{reference} is none of this bundle's {kind}")
    return reference.removeprefix(start).removesuffix(end)


def _task(job: str, raw: Mapping[str, Any]) -> Task:
    key = str(raw.get("task_key"))
    kinds = [kind for kind in KINDS if kind in raw]
    if len(kinds) != 1:
        has = next((field for field in raw if field.endswith("_task")), "none")
        raise ConfigurationError(
            f"job {job}, task {key}: it has to be exactly one of {', '.join(KINDS)}, not {has}"
        )
    if raw.get("run_if", "ALL_SUCCESS") != "ALL_SUCCESS":
        raise ConfigurationError(f"job {job}, task {key}: only run_if ALL_SUCCESS is known here")
    return Task(
        key,
        kinds[0],
        raw[kinds[0]],
        tuple(str(before["task_key"]) for before in raw.get("depends_on", [])),
        int(raw.get("max_retries", 0)),
        int(raw.get("min_retry_interval_millis", 0)) / 1000,
        float(raw.get("timeout_seconds", 0)),
        bool(raw.get("retry_on_timeout", False)),
    )


def _refuse_dangling(job: str, tasks: Mapping[str, Task]) -> None:
    for task in tasks.values():
        for before in task.depends_on:
            if before not in tasks:
                raise ConfigurationError(
                    f"job {job}, task {task.key}: depends on {before!r}, which is no task of it"
                )
