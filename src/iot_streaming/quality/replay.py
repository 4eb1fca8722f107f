"""Quarantined rows in, today's judgement of them out; the good ones are released, each once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from iot_streaming.bronze.quarantine import Chosen, Judged, Releases, Replay
from iot_streaming.contract import Source
from iot_streaming.quality.place import Place
from iot_streaming.quality.quarantine import (
    record_replays,
    refuse_unknown_rows,
    released_rows,
    utc,
)
from iot_streaming.sources import SOURCES, source_named

if TYPE_CHECKING:
    from iot_streaming.warehouse import Warehouse

_MICRO = timedelta(microseconds=1)


class Bronze(Protocol):
    """What a replay needs of an engine."""

    warehouse: "Warehouse"
    releases: Releases


@dataclass(frozen=True)
class Wanted:
    """What to replay: which rows of which sources, corrected lines of them. Dry: only look."""

    sources: Sequence[Source]
    chosen: Chosen
    corrections: dict[str, str] | None = None
    is_dry: bool = False

    @classmethod
    def told(cls, parameters: Mapping[str, str]) -> "Wanted":
        """From a notebook's parameters: source, reason, since, dry_run; empty for all."""
        name = parameters["source"]
        return cls(
            [source_named(name)] if name else SOURCES,
            Chosen.told(parameters["reason"], parameters["since"]),
            is_dry=parameters["dry_run"] == "true",
        )


@dataclass
class Replayed:
    """What a replay found, and how many rows it released (a dry one: would release)."""

    replay_id: str
    is_dry: bool
    judged: list[Judged] = field(default_factory=list)

    @property
    def released(self) -> int:
        return sum(judged.rows for judged in self.judged if judged.is_good)

    @property
    def kept(self) -> int:
        return sum(judged.rows for judged in self.judged) - self.released

    @property
    def summary(self) -> str:
        if self.is_dry:
            return f"{self.released:,} rows would be released, {self.kept:,} stay"
        said = f"{self.released:,} rows released, {self.kept:,} stay"
        return said + "; the next run takes them into silver and gold" * bool(self.released)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"released": self.released, "kept": self.kept}


def replay(
    bronze: Bronze,
    place: Place,
    wanted: Wanted,
    clock: Callable[[], float],
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Replayed:
    """Judge the wanted rows by today's declarations; unless dry, release the good ones.

    The caller holds the home's lock. `progress` hears a source's name, sources done and in all.
    Silver and gold take in what was released when they are next built.
    """
    warehouse = bronze.warehouse
    sources = [source for source in wanted.sources if warehouse.has(place.bronze(source))]
    if wanted.corrections is not None:
        refuse_unknown_rows(warehouse, place, sources, wanted.corrections)
    at = _instant(warehouse, place, sources, clock)
    task = Replay(f"{at:%Y%m%dT%H%M%S.%fZ}", at, wanted.chosen, wanted.corrections)
    found = Replayed(task.replay_id, wanted.is_dry)
    for number, source in enumerate(sources):
        progress(source.name, number, len(sources))
        judged = bronze.releases.judge(source, task)
        found.judged += judged
        if not wanted.is_dry and any(rows.is_good for rows in judged):
            bronze.releases.release(source, task)
    if not wanted.is_dry:
        record_replays(warehouse, place, bronze.releases.engine)
    return found


def _instant(
    warehouse: "Warehouse", place: Place, sources: Sequence[Source], clock: Callable[[], float]
) -> datetime:
    """Now, or just after the newest row: silver asks for what came after the last that it saw."""
    instants = [datetime.fromtimestamp(clock(), UTC)]
    for source in sources:
        for relation in (
            place.bronze(source),
            released_rows(warehouse, place, source),
        ):
            newest = warehouse.ask(f"select max(_ingested_at) as newest from {relation}")
            instants += [utc(row["newest"]) + _MICRO for row in newest if row["newest"]]
    return max(instants)
