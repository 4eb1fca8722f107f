"""Freshness checks, the ledger and the error budgets in, how fresh and how complete it is out."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from iot_streaming.quality.report.asking import Asking, Row, count, instant, number
from iot_streaming.quality.report.facts import (
    Check,
    Freshness,
    Objective,
    ObjectiveDay,
    Run,
)


def freshness_of(asking: Asking, run: Run, checks: Sequence[Check]) -> tuple[Freshness, ...]:
    """The run's freshness checks, the stalest first; where it asked none, what the ledger says."""
    newest = _newest(asking)
    asked = [
        Freshness(
            source=check.table or check.name,
            status=check.status,
            age_seconds=check.value,
            limit_seconds=check.limit,
            newest_at=instant(newest.get(check.table or check.name)),
            message=check.message,
        )
        for check in checks
        if check.kind == "freshness"
    ]
    found = asked or [_unasked(source, at, run) for source, at in newest.items()]
    return tuple(sorted(found, key=lambda each: (-_used(each), each.source)))


def _newest(asking: Asking) -> dict[str, Any]:
    rows = asking.rows(
        "ledger",
        "select source, max(ingested_at) as newest_at from {table} "
        "where status = 'ingested' group by source",
    )
    return {row["source"]: row["newest_at"] for row in rows}


def _unasked(source: str, at: Any, run: Run) -> Freshness:
    newest_at = instant(at)
    age = (run.started_at - newest_at).total_seconds() if newest_at else None
    # What came in after the run began is as fresh as can be.
    return Freshness(source, "", None if age is None else max(age, 0), None, newest_at, "")


def _used(each: Freshness) -> float:
    """How much of its limit a source has used up, else its age."""
    return (each.age_seconds or 0) / (each.limit_seconds or 1e9)


def objectives_of(asking: Asking) -> tuple[Objective, ...]:
    """Every objective with its days, the one with the least budget left first."""
    budgets = asking.rows("error_budgets", "select * from {table}")
    days: dict[str, list[ObjectiveDay]] = defaultdict(list)
    for row in (
        asking.rows(
            "objective_days", "select objective, day, good, valid from {table} order by day"
        )
        if budgets
        else []
    ):
        day = ObjectiveDay(row["day"], count(row["good"]) or 0, count(row["valid"]) or 0)
        days[row["objective"]].append(day)
    found = [_objective(row, days[row["objective"]]) for row in budgets]
    return tuple(sorted(found, key=_spent))


def _spent(each: Objective) -> tuple[bool, float, str]:
    return each.budget_left is None, each.budget_left or 0, each.objective


def _objective(row: Row, days: Sequence[ObjectiveDay]) -> Objective:
    from_date, to_date = _day(row["from_date"]), _day(row["to_date"])
    return Objective(
        objective=row["objective"],
        kind=row["kind"] or "",
        source=row["source"] or "",
        device_class=row["device_class"],
        target=float(row["target"]),
        window_days=int(row["window_days"]),
        from_date=from_date,
        to_date=to_date,
        good=count(row["good"]) or 0,
        valid=count(row["valid"]) or 0,
        sli=number(row["sli"]),
        budget_left=number(row["budget_left"]),
        days=tuple(
            each
            for each in days
            if (from_date is None or each.day >= from_date)
            and (to_date is None or each.day <= to_date)
        ),
    )


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None
