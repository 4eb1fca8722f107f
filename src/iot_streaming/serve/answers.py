"""A SELECT and its parameters in, columns and rows out: what pages ask, whoever keeps tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Value = str | int | float


@dataclass(frozen=True)
class Answer:
    """The rows of a SELECT, each with a value for each column."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """The rows by their columns' names."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class AsOf:
    """What was published last: by which run, when (UTC); the token changes with each publication.

    `is_behind`: that run failed, and gold is an earlier one's, of `gold_at` if of any.
    """

    run_id: str
    at: datetime
    token: str
    is_behind: bool = False
    gold_at: datetime | None = None


class Answers(Protocol):
    """One publication's tables; all that is asked of it sees the same run."""

    def ask(self, layer: str, sql: str, parameters: Mapping[str, Value]) -> Answer:
        """The rows of a SELECT over one layer, with values for its `:name` parameters.

        NotKept where a table is not there, QueryFailed where the engine refuses.
        """

    def as_of(self) -> AsOf | None:
        """Which publication it is; None: nothing is published yet."""


class Published(Protocol):
    """Where tables are published, again and again."""

    name: str

    def latest(self) -> Answers:
        """What is published now; a page takes it once, so that it never shows half of two runs."""
