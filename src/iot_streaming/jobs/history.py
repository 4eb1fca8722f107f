"""A run's outcome in, its row of `pipeline_runs` out."""

import json
from datetime import datetime
from typing import Any

from iot_streaming.jobs.results import JobResult, RunResult
from iot_streaming.quality.tables import PIPELINE_RUNS
from iot_streaming.settings import Settings
from iot_streaming.transform import NodeResult
from iot_streaming.warehouse import Warehouse

_SLOWEST = 10
_COUNTED = ("files", "lines", "good", "quarantined", "corrupt", "rescued")


def record_run(
    warehouse: Warehouse,
    settings: Settings,
    started_at: datetime,
    result: RunResult,
    broken: BaseException | None = None,
) -> None:
    """Append the run to `<target>_quality.pipeline_runs`; `broken` is what ended it too early."""
    row = run_row(settings.engine, started_at, result, broken)
    warehouse.append(f"{settings.schema('quality')}.pipeline_runs", PIPELINE_RUNS, [row])


def run_row(
    engine: str, started_at: datetime, result: RunResult, broken: BaseException | None = None
) -> tuple[Any, ...]:
    """In the order of PIPELINE_RUNS."""
    reports = [report for job in result.jobs for report in job.ingested]
    checks = [*result.nodes("test"), *result.nodes("source")]
    warned = [check for check in checks if check.status == "warn"]
    failed = [check for check in checks if check.status not in ("pass", "warn")]
    return (
        result.run_id,
        result.target,
        engine,
        started_at,
        result.seconds,
        "failed" if broken else result.status,
        json.dumps(_jobs(result, broken), ensure_ascii=False),
        *(sum(getattr(report, name) for report in reports) for name in _COUNTED),
        result.duplicates,
        result.released,
        result.silver,
        len(result.nodes("model", "success")),
        len(checks),
        len(failed),
        len(warned),
        json.dumps(_slowest(result.nodes("model", "success"))),
    )


def _jobs(result: RunResult, broken: BaseException | None) -> list[dict[str, Any]]:
    jobs = [_job(job) for job in result.jobs]
    if broken and jobs:
        jobs[-1]["ok"] = False
        jobs[-1]["problems"].append(str(broken) or type(broken).__name__)
    return jobs


def _job(job: JobResult) -> dict[str, Any]:
    problems = [*job.failures, *job.attention]
    told = {"ok": job.ok, "problems": problems, "warnings": job.warnings}
    return {"job": job.job, "seconds": round(job.seconds, 3), **told}


def _slowest(models: list[NodeResult]) -> list[dict[str, Any]]:
    ranked = sorted(models, key=lambda model: -model.seconds)[:_SLOWEST]
    return [{"model": model.name, "seconds": round(model.seconds, 3)} for model in ranked]
