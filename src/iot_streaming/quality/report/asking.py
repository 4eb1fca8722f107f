"""Questions of a report in, plain rows out; what a home lacks is noted in a sentence, not raised.

Its SQL is of the kind that DuckDB and Spark both understand.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iot_streaming.errors import ConfigurationError, QueryFailed
from iot_streaming.quality.place import Place

if TYPE_CHECKING:
    from iot_streaming.warehouse import Warehouse

_RUN_ID = re.compile(r"[\w.:+-]{1,200}")

Row = dict[str, Any]


@dataclass
class Asking:
    """A warehouse to ask; `missing`: table → why nothing could be read of it."""

    warehouse: "Warehouse"
    place: Place
    missing: dict[str, str] = field(default_factory=dict)

    def has(self, layer: str, name: str) -> bool:
        """Whether the layer has the table."""
        return self.warehouse.has(self.place.table(layer, name))

    def rows(self, name: str, select: str, *, needed: bool = True) -> list[Row]:
        """The rows of a SELECT in which {table} stands for the table of the quality schema.

        One that is not `needed` is made when there is something to tell: without it, nothing is.
        """
        table = self.place.table("quality", name)
        try:
            return self.warehouse.ask(select.format(table=table))
        except QueryFailed as error:
            is_there = self.warehouse.has(table)
            if is_there or needed:
                self.missing[name] = (
                    f"{table} could not be read: {error}"
                    if is_there
                    else f"There is no {table} here."
                )
            return []


def literal(run_id: str) -> str:
    """A run's id as SQL has it; ConfigurationError for what can't be one."""
    if not _RUN_ID.fullmatch(run_id):
        raise ConfigurationError(
            f"{run_id!r} is no run's id; `iot query` with `select run_id from "
            "<target>_quality.pipeline_runs` lists them"
        )
    return f"'{run_id}'"


def instant(value: Any) -> datetime | None:
    """An engine's timestamp in UTC; PySpark hands out the machine's own time without a zone."""
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def count(value: Any) -> int | None:
    """A number of rows; None where there is none."""
    return None if value is None else int(value)


def number(value: Any) -> float | None:
    """A measure; None for NULL and for what is no number (NaN)."""
    return None if value is None or value != value else float(value)
