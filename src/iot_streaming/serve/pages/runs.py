"""Each run; and one of them: its jobs, what took long, what its checks found."""

from typing import Any

from starlette.exceptions import HTTPException

from iot_streaming.quality.report.words import shown
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.listing import Column, Listing, rows_of
from iot_streaming.serve.pages.page import Page
from iot_streaming.serve.pages.quality import listed, sample_of
from iot_streaming.serve.wanted import Wanted

RUNS = Listing(
    path="/runs",
    question="runs",
    columns=(
        Column("run_id", "Run", "run"),
        Column("status", "Verdict", "status"),
        Column("started_at", "Started", "moment"),
        Column("seconds", "Took", "age"),
        Column("files", "Files", "count"),
        Column("lines", "Lines", "count"),
        Column("quarantined", "Kept back", "count"),
        Column("models", "Models", "count"),
        Column("checks", "Checks", "count"),
        Column("checks_failed", "Failed", "failed"),
        Column("checks_warned", "Warned", "warned"),
    ),
    filters=(),
    searched=("run_id", "status", "engine"),
    sort="-started_at",
    key="run_id",
)
DRAWN = 200


def collect(asking: Asking, wanted: Wanted) -> dict[str, Any]:
    """One page of runs, and how long the last of them took."""
    rows = rows_of(RUNS, asking, wanted)
    newest = [] if rows.not_kept else asking.all("newest_runs", most=DRAWN)
    return {
        "rows": rows,
        # Where runs are not kept, their checks still are.
        "checked": asking.all("check_history")[:50] if rows.not_kept else [],
        "newest": newest,
        "longest": max((run["seconds"] or 0 for run in newest), default=0),
    }


def collect_one(asking: Asking, wanted: Wanted, run_id: str) -> dict[str, Any]:
    """A run as it was recorded; of one that is not, its checks; else a 404."""
    run = asking.one("run", run_id=run_id)
    checks = asking.all("run_checks", run_id=run_id)
    if run is None and not checks:
        raise HTTPException(404, f"There is no run {shown(run_id, 80)}.")
    not_passed = [
        {**check, "rows": sample_of(check["sample"])}
        for check in checks
        if check["status"] != "pass"
    ]
    return {
        "run_id": run_id,
        "run": run,
        "jobs": listed(run and run["jobs"]),
        "slowest": listed(run and run["slowest"]),
        "checks": checks,
        "not_passed": not_passed,
    }


PAGE = Page("/runs", "runs.html", collect, RUNS.known)
ONE = Page("/runs/{run_id:path}", "run.html", collect_one)
