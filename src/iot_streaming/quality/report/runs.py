"""The tables of runs and checks in, one run, its checks and its forerunner out."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from iot_streaming.quality.report.asking import Asking, Row, count, instant, literal, number
from iot_streaming.quality.report.facts import (
    BENIGN,
    Changes,
    Check,
    CheckChange,
    Job,
    Measure,
    ModelTime,
    Run,
)

RUNS_READ = 2000
# A nightly run that began a little sooner is still the day after yesterday's.
_A_DAY = timedelta(hours=23)
_COUNTS = (
    "files",
    "lines",
    "good",
    "quarantined",
    "corrupt",
    "rescued",
    "duplicates",
    "models",
    "checks",
    "checks_failed",
    "checks_warned",
)
_COMPARED = (
    "files",
    "lines",
    "good",
    "quarantined",
    "corrupt",
    "rescued",
    "duplicates",
    "checks",
    "checks_failed",
    "checks_warned",
    "seconds",
)


def last_runs(asking: Asking) -> list[Run]:
    """The newest runs, newest first; of a place without `pipeline_runs` what its checks tell."""
    columns = ", ".join(("run_id", "target", "engine", "started_at", "seconds", "status", *_COUNTS))
    rows = asking.rows(
        "pipeline_runs",
        f"select {columns} from {{table}} order by started_at desc limit {RUNS_READ}",
    )
    return [_run(row) for row in rows] or _from_checks(asking)


def run_named(asking: Asking, run_id: str) -> Run | None:
    """A run that is known by its checks alone, such as one that has not ended yet."""
    return next(iter(_from_checks(asking, f"where run_id = {literal(run_id)}")), None)


def jobs_and_slowest(asking: Asking, run: Run) -> tuple[tuple[Job, ...], tuple[ModelTime, ...]]:
    """What the run's row says of its jobs and models."""
    if run.is_from_checks:
        return (), ()
    rows = asking.rows(
        "pipeline_runs",
        f"select jobs, slowest from {{table}} where run_id = {literal(run.run_id)}",
    )
    jobs = tuple(_job(job) for row in rows for job in _objects(row["jobs"]))
    slowest = tuple(
        ModelTime(str(model.get("model")), float(model.get("seconds") or 0))
        for row in rows
        for model in _objects(row["slowest"])
    )
    return jobs, slowest


def checks_of(asking: Asking, run: Run) -> tuple[Check, ...]:
    """The run's checks, by layer and table; one that two jobs asked as it ended last."""
    rows = asking.rows(
        "check_results",
        f"""
        select
            check_name, kind, layer, table_name, severity, status, value, limit_value,
            rows_failing, sample, message, duration_seconds, job
        from {{table}}
        where run_id = {literal(run.run_id)}
        order by checked_at
        """,
    )
    last = {(row["kind"], row["check_name"], row["table_name"]): row for row in rows}
    layers = {"bronze": 0, "silver": 1, "gold": 2}
    checks = [_check(row) for row in last.values()]
    return tuple(sorted(checks, key=lambda c: (layers.get(c.layer, 3), c.table, c.name)))


def changes_since(
    asking: Asking, run: Run, checks: Sequence[Check], runs: Sequence[Run]
) -> Changes | None:
    """Against yesterday's run, else the one before; None when it is the first.

    A run that asked no checks is compared with one that asked none either, where there is one.
    """
    earlier = [each for each in runs if each.started_at < run.started_at]
    alike = [each for each in earlier if bool(each.checks) == bool(run.checks)] or earlier
    a_day_before = [each for each in alike if run.started_at - each.started_at >= _A_DAY]
    if not alike:
        return None
    since = (a_day_before or alike)[0]
    measures = [Measure(name, getattr(since, name), getattr(run, name)) for name in _COMPARED]
    before = _statuses(asking, since) if checks else {}
    now = {(check.kind, check.name, check.table): check.status for check in checks}
    return Changes(
        since=since,
        is_yesterday=bool(a_day_before) and run.started_at - since.started_at < timedelta(days=2),
        measures=tuple(m for m in measures if (m.before, m.now) != (None, None)),
        checks=_changed(before, now) if before else (),
        not_asked=sum(before[key] == "pass" for key in before.keys() - now.keys()),
    )


_Statuses = dict[tuple[str, str, str], str]


def _statuses(asking: Asking, run: Run) -> _Statuses:
    rows = asking.rows(
        "check_results",
        "select kind, check_name, table_name, status from {table} "
        f"where run_id = {literal(run.run_id)} order by checked_at",
    )
    return {
        (r["kind"] or "", r["check_name"] or "", r["table_name"] or ""): r["status"] for r in rows
    }


def _changed(before: _Statuses, now: _Statuses) -> tuple[CheckChange, ...]:
    """Checks that ended otherwise; one that was not asked at one time only if it did not pass."""
    changed = [
        CheckChange(key[1], key[2], before.get(key), now.get(key))
        for key in now | before
        if before.get(key, "pass") != now.get(key, "pass")
    ]
    worst = {"fail": 0, "error": 1, "warn": 2, "pass": 3}
    return tuple(sorted(changed, key=lambda c: (worst.get(c.now or "", 4), c.name)))


def _from_checks(asking: Asking, where: str = "") -> list[Run]:
    benign = ", ".join(f"'{status}'" for status in BENIGN)
    rows = asking.rows(
        "check_results",
        f"""
        select
            run_id,
            max(engine) as engine,
            min(checked_at) as started_at,
            count(*) as checks,
            sum(case when status not in ({benign}) then 1 else 0 end) as checks_failed,
            sum(case when status = 'warn' then 1 else 0 end) as checks_warned
        from {{table}}
        {where}
        group by run_id
        order by started_at desc
        limit {RUNS_READ}
        """,
    )
    return [_run(row | _judged(row, asking.place.prefix)) for row in rows]


def _judged(row: Row, target: str) -> Row:
    status = "failed" if row["checks_failed"] else "attention" if row["checks_warned"] else "passed"
    return {"target": target, "seconds": None, "status": status, "is_from_checks": True}


def _run(row: Row) -> Run:
    return Run(
        run_id=row["run_id"],
        target=row["target"] or "",
        engine=row["engine"] or "",
        started_at=instant(row["started_at"]) or datetime.fromtimestamp(0, UTC),
        seconds=number(row["seconds"]),
        status=row["status"] or "",
        is_from_checks=row.get("is_from_checks", False),
        **{name: count(row.get(name)) for name in _COUNTS},
    )


def _job(job: Row) -> Job:
    return Job(
        job=str(job.get("job")),
        seconds=number(job.get("seconds")),
        ok=bool(job.get("ok")),
        problems=_texts(job.get("problems")),
        warnings=_texts(job.get("warnings")),
    )


def _check(row: Row) -> Check:
    return Check(
        name=row["check_name"] or "",
        kind=row["kind"] or "",
        layer=row["layer"] or "",
        table=row["table_name"] or "",
        severity=row["severity"] or "",
        status=row["status"] or "",
        value=number(row["value"]),
        limit=number(row["limit_value"]),
        rows_failing=count(row["rows_failing"]),
        sample=tuple(_objects(row["sample"])),
        message=row["message"] or "",
        seconds=number(row["duration_seconds"]),
        job=row["job"] or "",
    )


def _objects(text: Any) -> list[dict[str, Any]]:
    """The objects of a JSON array that was kept as text; what is no such thing, as it is."""
    if not text:
        return []
    try:
        found = json.loads(text)
    except ValueError:
        return [{"sample": text}]
    found = found if isinstance(found, list) else [found]
    return [each if isinstance(each, dict) else {"sample": each} for each in found]


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()
