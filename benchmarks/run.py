"""Simulated landing files in, a table of ratios out: what the lakehouse costs beside bare DuckDB.

    python benchmarks/run.py [--events 5000000] [--rounds 3] [--keep DIR]

Each measured piece of work is a process of its own: CPU, wall time and peak memory are the
kernel's. The floor and the lakehouse take turns, so that a noisy machine is noisy for both.
"""

import argparse
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from changes import bench_changes
from costs import piece, show
from engines import bench_engines
from iot_streaming.simulator import Simulation, simulate

MORE = 0.01


def bench_ingestion(work: Path, landing: Path, rounds: int) -> None:
    floor, ours = [], []
    for number in range(rounds):
        floor.append(piece("floor", landing, work / "floor.parquet"))
        ours.append(piece("ingest", work / f"home-{number}", landing))
        shutil.rmtree(work / f"home-{number}")
    show("floor: DuckDB typed scan to Parquet", floor)
    show("iot_events into bronze Delta", ours)
    ratios = [one.cpu / other.cpu for one, other in zip(ours, floor, strict=True)]
    print(f"  CPU ratio, pair by pair: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    print(f"  rows: floor {floor[0].said} (all-NULL where it can't parse), bronze {ours[0].said}")


def bench_whole_run(work: Path, landing: Path, more: Path) -> None:
    home = work / "home"
    first = piece("run", home, landing)
    show("landing to gold with all tests", [first])
    moved = shutil.copytree(more / "iot_events", landing / "iot_events" / "more")
    second = piece("run", home, landing)
    show(f"again after {MORE:.0%} new events", [second])
    shutil.rmtree(moved)
    idle = piece("run", home, landing)
    show("again with nothing new", [idle])
    sql = [float(cost.said) for cost in (first, second, idle)]
    print(f"  SQL seconds of models and tests: {', '.join(f'{seconds:.1f}' for seconds in sql)}")
    print(f"  second to first: {sql[1] / sql[0]:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="make the files here and leave them")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="iot-bench-") as temporary:
        work = Path(temporary)
        files = arguments.keep or work
        simulation = Simulation.sized(arguments.events, hours=48)
        landing, more = files / "landing", files / "more"
        truth = simulate(simulation, landing)
        count = truth.sources["iot_events"]
        print(f"{count.lines:,} events in {count.files:,} files, {count.bytes / 1e9:.2f} GB")
        simulate(_later(simulation, arguments.events), more)
        print("{:<44} {:>8} {:>8} {:>8}".format("median", "CPU s", "wall s", "peak MiB"))
        bench_ingestion(work, landing, arguments.rounds)
        bench_whole_run(work, landing, more)
        bench_changes(work / "changes", changes=2_000_000, keys=200_000)
        bench_engines(work / "engines", events=2_000_000)


def _later(simulation: Simulation, events: int) -> Simulation:
    """The same devices' next readings: about MORE of the events."""
    return Simulation(
        seed=simulation.seed,
        devices=simulation.devices,
        start=simulation.start + timedelta(hours=simulation.hours),
        hours=simulation.hours * MORE,
        faults="default" if events * MORE > 10_000 else "none",
    )


if __name__ == "__main__":
    main()
