"""Landing files in, the cost of all jobs with all tests out: at first, with more, with nothing."""

import shutil
from datetime import timedelta

from bench import Bench, size_of
from costs import Cost, piece
from iot_streaming.simulator import Simulation
from report import COSTS, Table, cost_cells, held_to

MORE = 0.01


def bench_whole_run(bench: Bench) -> Table:
    """From landing to gold, each run by itself: the second has MORE of the events."""
    landing, manifest = bench.plain()
    more, _ = bench.simulated("more", _later(manifest.settings, bench.events))
    home = bench.work / "home"
    first = piece("run", home, landing)
    moved = shutil.copytree(more / "iot_events", landing / "iot_events" / "more")
    second = piece("run", home, landing)
    shutil.rmtree(moved)
    idle = piece("run", home, landing)
    share = _sql(second) / _sql(first)
    in_time = f"wall s {held_to([first.wall], 90)}"
    return Table(
        f"{size_of(manifest)}, and {MORE:.0%} more; one run each",
        (*COSTS, "SQL s", "aim"),
        [
            (
                *cost_cells("landing to gold with all tests", [first]),
                first.said,
                in_time,
            ),
            (
                *cost_cells(f"again after {MORE:.0%} new events", [second]),
                second.said,
                f"SQL {share:.1%} of the first's, {held_to([share * 100], 10)}",
            ),
            (*cost_cells("again with nothing new", [idle]), idle.said, ""),
        ],
        packages=("duckdb", "deltalake", "dbt-core", "dbt-duckdb"),
    )


def _sql(run: Cost) -> float:
    """Elapsed seconds of models and tests."""
    return float(run.said)


def _later(simulation: Simulation, events: int) -> Simulation:
    """The same devices' next readings: about MORE of the events."""
    return Simulation(
        seed=simulation.seed,
        devices=simulation.devices,
        start=simulation.start + timedelta(hours=simulation.hours),
        hours=simulation.hours * MORE,
        faults="default" if events * MORE > 10_000 else "none",
    )
