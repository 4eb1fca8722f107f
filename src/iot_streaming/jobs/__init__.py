"""Job names in, their outcomes out: what the bundle deploys, run on this machine."""

from iot_streaming.jobs.results import JobResult, RunResult
from iot_streaming.jobs.run import Run

__all__ = ["JobResult", "Run", "RunResult"]
