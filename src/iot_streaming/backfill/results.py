"""Rows of models before and after a backfill, as plain data and as rows of its history."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from iot_streaming.backfill.graph import Model
from iot_streaming.backfill.wanted import Dates
from iot_streaming.contract import Column

# Rows by day; None: of a model that has no days.
Rows = Mapping[date | None, int]

BACKFILLS = (
    Column("backfill_id", "string", "One `iot backfill`."),
    Column("backfilled_at", "timestamp", "When it was over."),
    Column("source", "string", "The source whose rows were taken in again."),
    Column("from_date", "date", "First date of these rows."),
    Column("to_date", "date", "Last date of these rows."),
    Column("table_name", "string", "A table that was built again, with its schema."),
    Column("day", "date", "Its day; NULL where the table has none."),
    Column("rows_before", "bigint", "Rows of that day before it."),
    Column("rows_after", "bigint", "Rows of that day after it."),
    Column("status", "string", "passed, or failed: a model or a check did."),
    Column("engine", "string", "duckdb, spark or databricks."),
)


@dataclass(frozen=True)
class RowCount:
    """A model's rows of a day; `rows_after` is None in a plan."""

    model: str
    table: str
    day: date | None
    rows_before: int
    rows_after: int | None = None


@dataclass
class Backfilled:
    """What a backfill did or, `is_dry_run`, would do; `source_rows` are bronze's of the dates."""

    backfill_id: str
    source: str
    first: date
    last: date
    is_dry_run: bool
    source_rows: int
    counts: list[RowCount] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0

    @property
    def ok(self) -> bool:
        return not self.failures

    def to_dict(self) -> dict[str, Any]:
        """Plain data for --json."""
        return asdict(self) | {"ok": self.ok}

    def history(self, at: datetime, engine: str) -> list[tuple[Any, ...]]:
        """One row a model and day, in the order of BACKFILLS."""
        about = (self.backfill_id, at, self.source, self.first, self.last)
        status = "passed" if self.ok else "failed"
        return [
            (*about, count.table, count.day, count.rows_before, count.rows_after, status, engine)
            for count in self.counts
        ]


def planned(
    dates: Dates, source_days: Sequence[date], rows: Mapping[Model, Rows]
) -> list[RowCount]:
    """What is built again: days that the source or the model has rows of, or the whole model."""
    return [
        RowCount(model.name, model.table, day, counted.get(day, 0))
        for model, counted in rows.items()
        for day in _days(model, dates, source_days, counted)
    ]


def compared(
    plan: Sequence[RowCount], before: Mapping[Model, Rows], after: Mapping[Model, Rows]
) -> list[RowCount]:
    """The plan's days with their rows now, and any other day whose rows are not as many."""
    planned_days = {(count.model, count.day) for count in plan}
    return [
        RowCount(model.name, model.table, day, old.get(day, 0), after[model].get(day, 0))
        for model, old in before.items()
        for day in sorted(old.keys() | after[model].keys() | _of(model, planned_days), key=str)
        if (model.name, day) in planned_days or old.get(day, 0) != after[model].get(day, 0)
    ]


def _of(model: Model, days: set[tuple[str, date | None]]) -> set[date | None]:
    return {day for name, day in days if name == model.name}


def _days(
    model: Model, dates: Dates, source_days: Sequence[date], counted: Rows
) -> list[date | None]:
    if model.day is None:
        return [None]
    first, last = model.reach(dates)
    there = {day for day in counted if day is not None and first <= day <= last}
    return sorted(there | set(source_days), key=str)
