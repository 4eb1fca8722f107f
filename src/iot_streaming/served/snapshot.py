"""`served.json` in, the tables of one run out, each at its version.

A publication commits to each table and replaces this file last. Whoever reads the tables at these
versions sees one run, never half of the next.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from iot_streaming.durable import write_durably
from iot_streaming.errors import ConfigurationError
from iot_streaming.settings import Settings

_FORMAT = 1
ANEW = "remove it, and the next run publishes everything anew"


@dataclass(frozen=True)
class Part:
    """Rows of one day, or of a table without days: how many, and a digest of what they say."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Table:
    """One Delta table; `path` is relative to the target's folder.

    `day`: the column that it is partitioned by. `until`: the newest row's arrival, in microseconds
    since 1970. `parts`: by day, older ones by month, '' for a table without days. They are what the
    next publication is compared with; of bronze and the ledger, which nobody publishes, there are
    none.
    """

    path: str
    version: int
    day: str | None = None
    until: int | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """Tables by `schema.table`, as of a run.

    `gold_run_id` and `gold_at` are an earlier run's where the last one failed: then quality says
    why, and gold stays as it was. `project` is the digest of the dbt project that made gold, None
    where that is in doubt.
    """

    run_id: str
    at: datetime
    gold_run_id: str | None
    gold_at: datetime | None
    project: str | None
    cleaned_at: datetime
    tables: Mapping[str, Table]

    @property
    def is_gold_older(self) -> bool:
        """Whether the last run failed, and gold is an earlier one's, or nobody's."""
        return self.gold_run_id != self.run_id

    @classmethod
    def read(cls, settings: Settings) -> "Snapshot | None":
        """The present one; None before anything was published."""
        try:
            document = json.loads(settings.served.read_bytes())
            written_by = document.pop("format")
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{settings.served} can't be read; {ANEW}") from error
        if written_by != _FORMAT:
            raise ConfigurationError(
                f"{settings.served} was written by another version of iot; {ANEW}"
            )
        for instant in ("at", "gold_at", "cleaned_at"):
            told = document[instant]
            document[instant] = datetime.fromisoformat(told) if told else None
        tables = {
            name: Table(**table | {"parts": {day: Part(*p) for day, p in table["parts"].items()}})
            for name, table in document.pop("tables").items()
        }
        return cls(tables=tables, **document)

    def write(self, settings: Settings) -> None:
        """Durably, whole or not at all."""
        document = asdict(self) | {"format": _FORMAT}
        for instant in ("at", "gold_at", "cleaned_at"):
            told = document[instant]
            document[instant] = told.astimezone(UTC).isoformat() if told else None
        for name, table in self.tables.items():
            parts = {day: [part.rows, part.digest] for day, part in table.parts.items()}
            document["tables"][name]["parts"] = parts
        write_durably(settings.served, json.dumps(document).encode())
