"""History sizes in, peak memory and the cost of a run over 100,000 new events out.

One fleet, whose history is as long as it takes. It lands as one backlog and is brought to gold by
one run; a second run takes in the fleet's next events. What that costs must follow what is new.
The largest history takes 40 GB of disk; each is gone before the next.

A history is simulated in pieces, each with the seed of all and from the end of the one before. Of
the database there are the first piece's changes alone: it is the events that grow.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench import Bench
from costs import Cost, piece, tell
from iot_streaming.errors import LinesLost
from iot_streaming.settings import Settings
from iot_streaming.simulator import Manifest
from report import COSTS, Table, cost_cells, held_to

NEW = 100_000
PIECE = 1_000_000
# So few that a million events are ten days: what models look back over is full by then, and all
# that is left to grow with the history is what should not.
DEVICES = 30
# Early enough that the last event of the largest history is none of tomorrow's.
START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Grown:
    """A history's two runs: all of it at once, and NEW events more."""

    backlog: Cost
    new: Cost


def bench_growth(bench: Bench) -> Table:
    """Each history's backlog and NEW events more, one run each, memory held to 2 GB."""
    folder = bench.folder("growth")
    grown = [_measured(folder / str(events), events) for events in bench.histories]
    first, last = grown[0].new, grown[-1].new
    peak = max(runs.backlog.memory for runs in grown)
    rows = [
        row
        for events, runs in zip(bench.histories, grown, strict=True)
        for row in (
            (*cost_cells(f"{events:,} events, landing to gold", [runs.backlog]), runs.backlog.said),
            (*cost_cells(f"  and {NEW:,} new ones", [runs.new]), runs.new.said),
        )
    ]
    growth = float(last.said) / float(first.said)
    return Table(
        f"{DEVICES} devices, so that a million events are ten days and what models look back over "
        "is full; one run each, all tests among them",
        (*COSTS, "SQL s"),
        rows,
        (
            f"SQL of the new ones, largest history to smallest: {growth:.2f}, "
            f"{held_to([growth], 1.3)}; CPU {last.cpu / first.cpu:.2f}",
            f"peak of all: {peak:,.0f} MiB, {held_to([peak], 2048)}",
        ),
        packages=("duckdb", "deltalake", "dbt-core", "dbt-duckdb"),
    )


def _measured(folder: Path, events: int) -> Grown:
    home, landing = folder / "home", folder / "landing"
    told = _simulated(START, events, landing)
    backlog = piece("run", home, landing)
    tell(f"growth: {_lines(told):,} events: {backlog.cpu:.0f} s of CPU, {backlog.memory:,.0f} MiB")
    _refuse_differences(home, told)
    last = told[-1].settings
    more = _simulated(last.start + timedelta(hours=last.hours), NEW, folder / "more")
    (folder / "more" / "iot_events").rename(landing / "iot_events" / "more")
    new = piece("run", home, landing)
    tell(f"growth: {_lines(more):,} more: {new.cpu:.1f} s of CPU, {new.memory:,.0f} MiB")
    _refuse_differences(home, [*told, *more])
    shutil.rmtree(folder)
    return Grown(backlog, new)


def _simulated(start: datetime, events: int, landing: Path) -> list[Manifest]:
    """So many events' landing, and the truth about its pieces."""
    told: list[Manifest] = []
    for first in range(0, events, PIECE):
        out = landing.with_name(f"piece-{first}") if told else landing
        # A process of its own: what this one takes would be counted to those it starts.
        piece("simulate", min(PIECE, events - first), DEVICES, start.isoformat(), out)
        told.append(Manifest.read(out))
        start += timedelta(hours=told[-1].settings.hours)
        if out != landing:
            (out / "iot_events").rename(landing / "iot_events" / out.name)
            shutil.rmtree(out)
    return told


def _lines(told: Sequence[Manifest]) -> int:
    return sum(manifest.sources["iot_events"].lines for manifest in told)


def _refuse_differences(home: Path, told: Sequence[Manifest]) -> None:
    """LinesLost when bronze, silver or gold have other rows than the simulations say."""
    events = sum(manifest.good_event_ids for manifest in told)
    expected = {
        "count(*) from dev_bronze.iot_events": _lines(told),
        "count(*) from dev_silver.stg_iot_events": events,
        "count(*) from dev_gold.fct_iot_events": events,
        "sum(readings) from dev_gold.int_hourly_readings": events,
        "sum(readings) from dev_gold.agg_daily_device_metrics": events,
    }
    warehouse = Settings(home, home).warehouse
    with duckdb.connect(warehouse, read_only=True, config={"memory_limit": "1GB"}) as connection:
        for what, rows in expected.items():
            found = connection.execute(f"select {what}").fetchall()[0][0]
            if found != rows:
                raise LinesLost(f"{what}: {found:,}, the simulations say {rows:,}")
