"""A run's result, or the error that ended it, in; its verdict as plain data out."""

from dataclasses import asdict, dataclass
from typing import Any

from iot_streaming.errors import IotStreamingError
from iot_streaming.jobs import JobResult, RunResult
from iot_streaming.settings import Settings

_COUNTS = ("files", "lines", "good", "quarantined", "corrupt", "rescued")


@dataclass(frozen=True)
class Outcome:
    """How a run ended; where `pipeline_runs` has a column of the name, it means the same.

    `run_id` is None when the run could not be begun, `error` what ended it before its jobs were
    through. What the jobs had done until then is in `jobs` and in the counts all the same.
    """

    run_id: str | None
    target: str
    engine: str
    status: str
    seconds: float
    error: str | None
    jobs: tuple[dict[str, Any], ...]
    files: int
    lines: int
    good: int
    quarantined: int
    corrupt: int
    rescued: int
    duplicates: int | None

    @classmethod
    def of(
        cls,
        settings: Settings,
        result: RunResult | None,
        seconds: float,
        error: Exception | None = None,
    ) -> "Outcome":
        """The verdict on what a run came to (None: it could not be begun)."""
        jobs = result.jobs if result else []
        reports = [report for job in jobs for report in job.ingested]
        counts = {name: sum(getattr(report, name) for report in reports) for name in _COUNTS}
        return cls(
            run_id=result.run_id if result else None,
            target=settings.target,
            engine=settings.engine,
            status=result.status if result and error is None else "failed",
            seconds=round(seconds, 1),
            error=None if error is None else _said(error),
            jobs=tuple(_job(job) for job in jobs),
            duplicates=result.duplicates if result else None,
            **counts,
        )

    @property
    def problems(self) -> list[str]:
        """What a person must see to: the error first, then the jobs' in order."""
        of_jobs = [problem for job in self.jobs for problem in job["problems"]]
        return [*([self.error] if self.error else []), *of_jobs]

    @property
    def warnings(self) -> list[str]:
        """What only wants a look, each once."""
        return list(dict.fromkeys(text for job in self.jobs for text in job["warnings"]))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def _job(job: JobResult) -> dict[str, Any]:
    return {
        "job": job.job,
        "seconds": round(job.seconds, 1),
        "ok": job.ok,
        "problems": [*job.failures, *job.attention],
        "warnings": list(job.warnings),
    }


def _said(error: Exception) -> str:
    if isinstance(error, IotStreamingError):
        return str(error)
    # Nobody wrote its text for others' eyes: it may name a secret.
    return f"{type(error).__name__}, which nobody expected; its traceback is on the run's stderr"
