"""A bronze table in, its quarantined rows and their lines out, to be judged anew. No engine.

A row is known by its file, its line and which of equal lines it is: the same whenever and wherever
it is asked for. Released rows stand in a table of their own, for nothing but its flow may write a
bronze table on Spark; silver reads both.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from iot_streaming.bronze.select import bronze_columns
from iot_streaming.contract import Column, Source
from iot_streaming.errors import ConfigurationError
from iot_streaming.landing import RECORD_SUFFIXES

RELEASE_COLUMNS = (
    Column("_row_id", "string", "The quarantined row: its file, line, and which of equal lines."),
    Column("_reasons", "string[]", "The `_errors` that had kept it back."),
    Column("_is_corrected", "boolean", "Whether its line is a corrected one."),
    Column("_replay_id", "string", "The `iot quarantine replay` that released it."),
    Column("_replayed_at", "timestamp", "When it was released; silver's `_ingested_at`."),
)
# What a line of `judged_lines` keeps beside the bronze columns.
KEPT = ("_row_id", "_reasons", "_is_corrected")
_RECORD_ENDS = (*RECORD_SUFFIXES, ".csv.gz")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def released_columns(source: Source) -> tuple[Column, ...]:
    """All columns of the table of the source's released rows, in order."""
    return (*bronze_columns(source), *RELEASE_COLUMNS)


@dataclass(frozen=True)
class Chosen:
    """Which quarantined rows: of a reason, ingested since an aware instant; None: all."""

    reason: str | None = None
    since: datetime | None = None

    def __post_init__(self) -> None:
        if self.reason is not None and not _NAME.fullmatch(self.reason):
            raise ConfigurationError(
                f"{self.reason!r} is no reason; they are names of rules, as `iot quarantine list` "
                "shows them"
            )

    @classmethod
    def told(cls, reason: str | None, since: str | None) -> "Chosen":
        """From a user's words; no offset means UTC."""
        if not since:
            return cls(reason or None)
        try:
            at = datetime.fromisoformat(since)
        except ValueError:
            raise ConfigurationError(f"since {since!r} is no ISO 8601 date or time") from None
        return cls(reason or None, at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC))

    @property
    def condition(self) -> str:
        """Boolean SQL over quarantined_rows."""
        conditions = ["true"]
        if self.reason is not None:
            conditions.append(f"array_contains(_errors, '{self.reason}')")
        if self.since is not None:
            conditions.append(f"_ingested_at >= timestamp '{self.since.isoformat()}'")
        return " and ".join(conditions)


@dataclass(frozen=True)
class Replay:
    """One replay: its id, its instant (aware, UTC), and what to look at.

    `corrections`: `_row_id` to a corrected line, and no other row is looked at; None: all chosen.
    """

    replay_id: str
    at: datetime
    chosen: Chosen
    corrections: dict[str, str] | None = None


@dataclass(frozen=True)
class Judged:
    """Quarantined rows of one file that were kept back for `reasons` and now would be for `now`.

    Without any `now` they are good, and are released.
    """

    source: str
    file: str
    reasons: tuple[str, ...]
    now: tuple[str, ...]
    rows: int

    @property
    def is_good(self) -> bool:
        return not self.now


class Releases(Protocol):
    """One engine at one replay; `engine` is its name. The caller holds the home's lock."""

    engine: str

    def judge(self, source: Source, replay: Replay) -> list[Judged]:
        """The rows that were not released yet, by today's declarations. Writes nothing."""

    def release(self, source: Source, replay: Replay) -> int:
        """Release the good ones of what `judge` was last asked of; how many there were."""


def quarantined_rows(bronze: str) -> str:
    """SELECT of a bronze relation's quarantined rows: all its columns, and `_row_id`."""
    return f"""select
        *,
        md5(
            _source_file || chr(31) || md5(_quarantined_line) || chr(31) || cast(
                row_number() over (
                    partition by _source_file, _quarantined_line order by _source_file
                ) as string
            )
        ) as _row_id
    from {bronze}
    where _quarantined_line is not null"""


def open_rows(bronze: str, released: str, chosen: Chosen) -> str:
    """SELECT of the chosen quarantined rows that were not released yet, as quarantined_rows."""
    return f"""select *
    from ({quarantined_rows(bronze)}) as quarantined
    where {chosen.condition}
        and not exists (
            select 1 from {released} as released where released._row_id = quarantined._row_id
        )"""


def lines_again(source: Source, rows: str, at: str, corrections: str | None = None) -> str:
    """SELECT of the lines of `rows` (open_rows) as bronze_select wants them, with KEPT.

    `at`: the instant when they come in. `corrections`: a relation of `_row_id` and `line`; then
    only the rows that it names, with its lines.
    """
    line = "again._quarantined_line"
    kind = "case when _corrupt_record is null then 'dms' else 'corrupt' end"
    from_rows = f"({rows}) as again"
    if corrections is not None:
        # A record that could not be read is no JSON; its correction is, as any other change.
        line, kind = "corrections.line", "'dms'"
        from_rows += f" inner join {corrections} as corrections using (_row_id)"
    is_record = " or ".join(f"_source_file like '%{end}'" for end in _RECORD_ENDS)
    return f"""select
        {line} as line,
        {_line_number(source)} as _line_number,
        case when {is_record} then {kind} end as _record_kind,
        case when {is_record} then _line_bytes end as _record_bytes,
        _source_file,
        _source_file_modified_at,
        _source_file_modified_at + interval 1 day as _day_after_arrival,
        {at} as _ingested_at,
        _batch_id,
        _row_id,
        _errors as _reasons,
        {"false" if corrections is None else "true"} as _is_corrected
    from {from_rows}"""


def _line_number(source: Source) -> str:
    """Only changes ordered by the clock need it, and say it in their `_change_id`."""
    if source.format != "debezium":
        return "cast(null as bigint)"
    return "cast(nullif(regexp_extract(_change_id, ':([0-9]{10,18}):[a-z]$', 1), '') as bigint)"
