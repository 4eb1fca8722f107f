"""A warehouse in, a Report out: every question of it asked once."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from iot_streaming.errors import ConfigurationError
from iot_streaming.quality.place import Place
from iot_streaming.quality.report.asking import Asking
from iot_streaming.quality.report.facts import VERSION, Report, Run, Verdict
from iot_streaming.quality.report.history import history_of
from iot_streaming.quality.report.lines import flow_of, reasons_of, replays_of
from iot_streaming.quality.report.objectives import freshness_of, objectives_of
from iot_streaming.quality.report.runs import (
    changes_since,
    checks_of,
    jobs_and_slowest,
    last_runs,
    run_named,
)
from iot_streaming.quality.report.words import because

if TYPE_CHECKING:
    from iot_streaming.warehouse import Warehouse


def collect(
    warehouse: "Warehouse",
    place: Place,
    run_id: str | None = None,
    made_at: datetime | None = None,
) -> Report:
    """The report on a run, the last one unless told; ConfigurationError when there is none.

    Lines, silver and gold, budgets and quarantine in all are as they are now; the history ends
    with the run.
    """
    asking = Asking(warehouse, place)
    runs = last_runs(asking)
    run = _chosen(asking, runs, run_id)
    is_latest = all(each.started_at <= run.started_at for each in runs)
    until = [run, *(each for each in runs if each.started_at < run.started_at)]
    checks = checks_of(asking, run)
    jobs, slowest = jobs_and_slowest(asking, run)
    replays = replays_of(asking)
    flow = flow_of(asking, replays)
    return Report(
        version=VERSION,
        made_at=made_at or datetime.now(UTC),
        target=run.target or place.prefix,
        is_latest=is_latest,
        run=run,
        jobs=jobs,
        verdict=Verdict(run.status, because(run, checks, jobs, flow)),
        changes=changes_since(asking, run, checks, until),
        flow=flow,
        freshness=freshness_of(asking, run, checks),
        objectives=objectives_of(asking),
        history=history_of(until),
        quarantine=reasons_of(asking, run, replays),
        slowest=slowest,
        checks=checks,
        missing=asking.missing,
    )


def _chosen(asking: Asking, runs: list[Run], run_id: str | None) -> Run:
    if run_id is None:
        if not runs:
            told = " ".join(asking.missing.values())
            raise ConfigurationError(f"no run is recorded yet; `iot run` makes one. {told}".strip())
        return runs[0]
    named = next((run for run in runs if run.run_id == run_id), None)
    chosen = named or run_named(asking, run_id)
    if chosen is None:
        newest = ", ".join(run.run_id for run in runs[:3]) or "none"
        raise ConfigurationError(f"there is no run {run_id!r} here; the newest: {newest}")
    return chosen
