"""What a report says, as plain frozen data: the JSON document is this and nothing else."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any

VERSION = 1
# Of a check that did not fail. Whatever else dbt says is a failure: fail, error, runtime error.
BENIGN = ("pass", "warn", "skipped")


@dataclass(frozen=True)
class Job:
    """A job of the run. `problems` stopped it or want a person, `warnings` want a look."""

    job: str
    seconds: float | None
    ok: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ModelTime:
    """A model and how long it took."""

    model: str
    seconds: float


@dataclass(frozen=True)
class Run:
    """A run of jobs, as `pipeline_runs` has it; NULL there is None here.

    Where only its checks are known (`is_from_checks`), all that these can't say is None.
    """

    run_id: str
    target: str
    engine: str
    started_at: datetime
    seconds: float | None
    status: str
    files: int | None = None
    lines: int | None = None
    good: int | None = None
    quarantined: int | None = None
    corrupt: int | None = None
    rescued: int | None = None
    duplicates: int | None = None
    models: int | None = None
    checks: int | None = None
    checks_failed: int | None = None
    checks_warned: int | None = None
    is_from_checks: bool = False


@dataclass(frozen=True)
class Verdict:
    """passed, attention or failed, and one sentence why."""

    status: str
    because: str


@dataclass(frozen=True)
class Check:
    """One check's result in the run; `sample` are rows that broke it, as they were kept."""

    name: str
    kind: str
    layer: str
    table: str
    severity: str
    status: str
    value: float | None
    limit: float | None
    rows_failing: int | None
    sample: tuple[Mapping[str, Any], ...]
    message: str
    seconds: float | None
    job: str

    @property
    def failed(self) -> bool:
        """Whether it found something wrong, or could not be asked."""
        return self.status not in BENIGN


@dataclass(frozen=True)
class Measure:
    """A number of the run beside the same of the run before."""

    name: str
    before: float | None
    now: float | None


@dataclass(frozen=True)
class CheckChange:
    """A check that ended otherwise than in the run before; None: it was not asked."""

    name: str
    table: str
    before: str | None
    now: str | None


@dataclass(frozen=True)
class Changes:
    """What differs from `since`, an earlier run: yesterday's where there is one.

    `not_asked` counts the checks that passed then and were not asked now, which `checks` leaves
    out: a run asks only what is new.
    """

    since: Run
    is_yesterday: bool
    measures: tuple[Measure, ...]
    checks: tuple[CheckChange, ...]
    not_asked: int


@dataclass(frozen=True)
class Flow:
    """A source's lines on their way; lines = good + quarantined.

    good + released = silver + removed. `removed` are an event's other copies, or changes that a
    later one of the same key has overtaken; `deleted` of silver's rows are gone at the source.
    None: that table isn't there.
    """

    source: str
    files: int
    rejected_files: int
    lines: int
    good: int
    quarantined: int
    corrupt: int
    released: int
    silver_table: str
    silver: int | None
    deleted: int | None
    removed: int | None
    gold_table: str | None
    gold: int | None

    @property
    def is_balanced(self) -> bool:
        """Whether the equations hold as far as these counts can tell."""
        return self.lines == self.good + self.quarantined and (self.removed or 0) >= 0


@dataclass(frozen=True)
class Freshness:
    """A source's age when it was checked, against the limit that it was held to, in seconds."""

    source: str
    status: str
    age_seconds: float | None
    limit_seconds: float | None
    newest_at: datetime | None
    message: str


@dataclass(frozen=True)
class ObjectiveDay:
    """Good and valid events of one day."""

    day: date
    good: int
    valid: int


@dataclass(frozen=True)
class Objective:
    """An objective over its window; `budget_left` is 1 untouched, 0 spent, negative overspent."""

    objective: str
    kind: str
    source: str
    device_class: str | None
    target: float
    window_days: int
    from_date: date | None
    to_date: date | None
    good: int
    valid: int
    sli: float | None
    budget_left: float | None
    days: tuple[ObjectiveDay, ...]


@dataclass(frozen=True)
class Reason:
    """Why lines were kept back (`drop`) or marked (`warn`): rows of this run and of all runs.

    A line that breaks two rules counts under both. `left` = in_all - replayed.
    """

    source: str
    reason: str
    action: str
    in_run: int
    in_all: int
    replayed: int
    left: int


@dataclass(frozen=True)
class Period:
    """Runs that began between two times: lines are summed, of the rest the worst is told."""

    from_at: datetime
    to_at: datetime
    runs: int
    lines: int
    quarantined: int
    quarantined_share: float | None
    checks_failed: int
    checks_warned: int
    longest_seconds: float


@dataclass(frozen=True)
class Report:
    """Everything about one run that a page shows. `missing`: table → why it could not be read."""

    version: int
    made_at: datetime
    target: str
    is_latest: bool
    run: Run
    jobs: tuple[Job, ...]
    verdict: Verdict
    changes: Changes | None
    flow: tuple[Flow, ...]
    freshness: tuple[Freshness, ...]
    objectives: tuple[Objective, ...]
    history: tuple[Period, ...]
    quarantine: tuple[Reason, ...]
    slowest: tuple[ModelTime, ...]
    checks: tuple[Check, ...]
    missing: Mapping[str, str]

    @property
    def findings(self) -> tuple[Check, ...]:
        """The checks that failed, could not be asked or warned; the worst first."""
        return findings(self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The document, for JSON: instants and dates in ISO 8601."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def findings(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Of these the ones that did not pass, the worst first; skipped ones were not asked."""
    order = {"fail": 0, "warn": 2}
    found = [check for check in checks if check.status not in ("pass", "skipped")]
    return tuple(
        sorted(found, key=lambda c: (order.get(c.status, 1), -(c.rows_failing or 0), c.name))
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    # JSON has neither infinities nor NaN; a sample may.
    return str(value) if isinstance(value, float) and not isfinite(value) else value
