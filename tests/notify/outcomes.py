"""Runs that ended in one way or another, and what their messages say."""

from pathlib import Path
from typing import Any

from iot_streaming.bronze.ingest import Ingested
from iot_streaming.jobs import JobResult, RunResult
from iot_streaming.notify import Outcome
from iot_streaming.settings import Settings


def result_of(*failures: str, attention: str = "", warnings: int = 0) -> RunResult:
    read = Ingested("iot_events", files=2, lines=1234, good=1200, quarantined=34)
    ingestion = JobResult("iot_ingestion_job", seconds=1.25, ingested=[read, Ingested("orders")])
    ingestion.attention += [attention] if attention else []
    checks = JobResult("data_quality_job", failures=list(failures))
    checks.warnings = [f"check {number}: 1 row" for number in range(warnings)]
    return RunResult("20261124T023443.147508Z", "prod", [ingestion, checks], seconds=61.27)


def outcome_of(*failures: str, error: Exception | None = None, **more: Any) -> Outcome:
    settings = Settings(home=Path("home"), landing=Path("landing"), target="prod")
    return Outcome.of(settings, result_of(*failures, **more), 61.27, error)


def texts_of(message: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for block in message["blocks"]:
        assert block["type"] == "section"
        objects = block.get("fields") or [block["text"]]
        assert all(each["type"] == "mrkdwn" and each["verbatim"] for each in objects)
        found += [each["text"] for each in objects]
    return found
