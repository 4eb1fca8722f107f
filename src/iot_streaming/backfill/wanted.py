"""What somebody typed in, the source and dates of a backfill out, or why not."""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError
from iot_streaming.sources import source_named


@dataclass(frozen=True)
class Dates:
    """UTC dates of a source's rows, `first` and `last` included.

    >>> str(dates_between("iot_events", "2026-01-05", "2026-01-06"))
    'iot_events, 2026-01-05 to 2026-01-06'
    """

    source: Source
    first: date
    last: date

    @property
    def after(self) -> date:
        """The day after the last."""
        return self.last + timedelta(days=1)

    @property
    def is_of_changes(self) -> bool:
        """Dates of changes are when they were committed; what rests on a key has no day."""
        return self.source.format == "debezium"

    def when(self, column: str) -> str:
        """SQL for both engines, in UTC sessions: the instant is on one of the dates."""
        first, after = (
            f"cast('{day} 00:00:00+00:00' as timestamp)" for day in (self.first, self.after)
        )
        return f"{column} >= {first} and {column} < {after}"

    @property
    def variables(self) -> str:
        """What dbt is told: see its macro backfill_days."""
        return json.dumps(
            {
                "backfill_source": self.source.name,
                "backfill_from": self.first.isoformat(),
                "backfill_to": self.last.isoformat(),
            }
        )

    def __str__(self) -> str:
        return f"{self.source.name}, {self.first} to {self.last}"


def dates_between(source: str, first: str, last: str) -> Dates:
    """The dates as ISO 8601 writes them; ConfigurationError for what can't be backfilled."""
    dates = Dates(source_named(source), _date("--from", first), _date("--to", last))
    if dates.first > dates.last:
        raise ConfigurationError(
            f"--from {first} is after --to {last}; give the earlier date first"
        )
    if dates.last == date.max:
        raise ConfigurationError(f"--to {last} has no day after it; give an earlier date")
    return dates


def _date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{option} {text!r} is no date; write it like 2026-01-05"
        ) from error
