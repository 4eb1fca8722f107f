"""History sizes in, peak memory and the cost of a run over 100,000 new events out.

    python benchmarks/growth.py [--history 1000000,10000000,50000000]

One fleet, whose history is as long as it takes. It lands as one backlog and is brought to gold by
one run; a second run takes in the fleet's next events. What that costs must follow what is new.
The largest history takes 40 GB of disk; each is gone before the next.

A history is simulated in pieces, each with the seed of all and from the end of the one before. Of
the database there are the first piece's changes alone: it is the events that grow.
"""

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from costs import Cost, piece, show
from iot_streaming.errors import LinesLost
from iot_streaming.settings import Settings
from iot_streaming.simulator import Manifest

HISTORIES = (1_000_000, 10_000_000, 50_000_000)
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


def bench_growth(work: Path, histories: Sequence[int] = HISTORIES) -> None:
    """Print both runs' CPU, wall and memory by history, and how the second's cost grows."""
    grown = [_measured(work / str(events), events) for events in histories]
    sql = [float(runs.new.said) for runs in grown]
    cpu = [runs.new.cpu for runs in grown]
    print(f"  SQL seconds of models and tests over {NEW:,} new: {_listed(sql)}")
    print(f"  largest history to smallest: SQL {sql[-1] / sql[0]:.2f}, CPU {cpu[-1] / cpu[0]:.2f}")
    print(f"  peak MiB: {max(runs.backlog.memory for runs in grown):.0f}")


def _listed(figures: Sequence[float]) -> str:
    return ", ".join(f"{figure:.1f}" for figure in figures)


def _measured(folder: Path, events: int) -> Grown:
    home, landing = folder / "home", folder / "landing"
    told = _simulated(START, events, landing)
    backlog = piece("run", home, landing)
    show(f"landing to gold: {_lines(told):,} events", [backlog])
    _refuse_differences(home, told)
    last = told[-1].settings
    more = _simulated(last.start + timedelta(hours=last.hours), NEW, folder / "more")
    (folder / "more" / "iot_events").rename(landing / "iot_events" / "more")
    new = piece("run", home, landing)
    show(f"  and {_lines(more):,} new ones", [new])
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", default=",".join(map(str, HISTORIES)))
    arguments = parser.parse_args()
    histories = [int(events) for events in arguments.history.split(",")]
    with tempfile.TemporaryDirectory(prefix="iot-bench-") as temporary:
        print("{:<44} {:>8} {:>8} {:>8}".format("", "CPU s", "wall s", "peak MiB"))
        bench_growth(Path(temporary), histories)


if __name__ == "__main__":
    main()
