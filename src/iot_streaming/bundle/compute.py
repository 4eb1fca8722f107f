"""A resolved bundle in, what is wrong with its clusters and pipelines out."""

from collections.abc import Iterator
from typing import Any

from iot_streaming.bundle.cron import shortest_pause
from iot_streaming.bundle.finding import Finding, error, warning
from iot_streaming.bundle.graph import calls, resource_named, scheduled_jobs
from iot_streaming.errors import ConfigurationError

_PIPELINE_VALUES = {
    "channel": ("CURRENT", "PREVIEW"),
    "edition": ("CORE", "PRO", "ADVANCED"),
}
_DEPRECATED = {"target": "schema", "trigger": "a job's schedule", "storage": "catalog"}
_UNITY = ("SINGLE_USER", "USER_ISOLATION", "DATA_SECURITY_MODE_")


def check_clusters(bundle: dict[str, Any]) -> Iterator[Finding]:
    """All-purpose clusters that never stop, or that Unity Catalog doesn't take."""
    for name, cluster in bundle["resources"].get("clusters", {}).items():
        where = f"resources.clusters.{name}"
        if not cluster.get("autotermination_minutes"):
            yield error(where, "without autotermination_minutes it never stops")
        if not str(cluster.get("data_security_mode", "")).startswith(_UNITY):
            yield error(where, "data_security_mode has to be one that Unity Catalog takes")
        if cluster.get("num_workers") == 0 and not cluster.get("is_single_node"):
            yield error(where, "num_workers: 0 wants is_single_node: true")
        if cluster.get("lifecycle", {}).get("started") is False:
            yield warning(where, "lifecycle.started: false stops a running cluster on each deploy")
    for kind in ("clusters", "pipelines"):
        for name, resource in bundle["resources"].get(kind, {}).items():
            for spec in resource.get("clusters", [resource]):
                yield from _check_spot(f"resources.{kind}.{name}", spec)


def _check_spot(where: str, spec: dict[str, Any]) -> Iterator[Finding]:
    aws = spec.get("aws_attributes", {})
    if not isinstance(aws, dict) or aws.get("availability") != "SPOT_WITH_FALLBACK":
        yield warning(where, "not on spot with on-demand as fallback")


def check_pipelines(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Values that Databricks' models let pass, deprecated fields, what production forbids."""
    is_production = bundle["bundle"].get("mode") == "production"
    for name, pipeline in bundle["resources"].get("pipelines", {}).items():
        where = f"resources.pipelines.{name}"
        for field, values in _PIPELINE_VALUES.items():
            if pipeline.get(field) not in values:
                yield error(where, f"{field} is {pipeline.get(field)!r}, not {', '.join(values)}")
        for field, instead in _DEPRECATED.items():
            if field in pipeline:
                yield error(where, f"{field} is deprecated: use {instead}")
        if pipeline.get("edition") in ("CORE", "PRO"):
            yield error(where, "only edition ADVANCED has expectations")
        if pipeline.get("continuous"):
            yield error(where, "continuous: it would never stop; a job starts it")
        if is_production and pipeline.get("development"):
            yield error(where, "development: true is not for mode production")


def check_targets(bundle: dict[str, Any]) -> Iterator[Finding]:
    """The mode, and what production asks for."""
    mode = bundle["bundle"].get("mode")
    if mode not in (None, "development", "production"):
        yield error("bundle.mode", f"{mode!r} is neither development nor production")
    if mode == "production" and not bundle.get("run_as"):
        yield error("run_as", "in production jobs run as a service principal, not as a person")


def check_serverless(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Classic compute only: nothing may be serverless, asked for or by default."""
    resources = bundle["resources"]
    for name, pipeline in resources.get("pipelines", {}).items():
        if pipeline.get("serverless") is not False:
            yield error(f"resources.pipelines.{name}", "serverless: say serverless: false")
    for name, job in resources.get("jobs", {}).items():
        for field in ("environments", "performance_target"):
            if field in job:
                yield error(f"resources.jobs.{name}", f"serverless: {field} is for nothing else")
        for task in job.get("tasks", []):
            if "notebook_task" in task and not _clusters_of(task):
                where = f"resources.jobs.{name}.{task.get('task_key')}"
                yield error(where, "serverless: a notebook without a cluster runs on nothing else")


def _clusters_of(task: dict[str, Any]) -> list[str]:
    return [f for f in ("existing_cluster_id", "job_cluster_key", "new_cluster") if f in task]


def check_cadence(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Clusters that the schedule leaves no time to stop."""
    jobs = bundle["resources"].get("jobs", {})
    try:
        roots = scheduled_jobs(jobs)
    except ConfigurationError as nothing:
        yield warning("resources.jobs", str(nothing))
        return
    for root in roots:
        try:
            pause = shortest_pause(jobs[root]["schedule"]["quartz_cron_expression"]) / 60
            used = sorted(set(_used_clusters(jobs, root)))
        except (ConfigurationError, KeyError):
            # No cron to compare with, or one that check_jobs refuses.
            continue
        for name in used:
            cluster = bundle["resources"].get("clusters", {}).get(name, {})
            yield from _check_pause(name, cluster, pause, _expected_minutes(jobs[root]))


def _check_pause(
    name: str, cluster: dict[str, Any], pause: float, work: float
) -> Iterator[Finding]:
    idle = float(cluster.get("autotermination_minutes") or 0)
    where = f"resources.clusters.{name}"
    if idle >= pause:
        yield warning(
            where, f"never stops: it idles {idle:g} minutes and is wanted every {pause:g}"
        )
    elif idle + work > pause:
        yield warning(
            where,
            f"stops only after short runs: {idle:g} idle minutes and up to {work:g} of work "
            f"are more than the {pause:g} between two runs",
        )


def _used_clusters(jobs: dict[str, Any], root: str) -> Iterator[str]:
    for name in (root, *calls(jobs, root)):
        for task in jobs[name].get("tasks", []):
            reference = str(task.get("existing_cluster_id", ""))
            if reference.startswith("${resources."):
                yield resource_named(reference, "clusters")


def _expected_minutes(job: dict[str, Any]) -> float:
    rules = job.get("health", {}).get("rules", [])
    values = [float(r["value"]) for r in rules if r.get("metric") == "RUN_DURATION_SECONDS"]
    return min(values, default=0) / 60
