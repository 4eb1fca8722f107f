"""A small home in, what commands cost that have nothing to do out."""

import sys
from pathlib import Path

from bench import Bench
from costs import Cost, in_turn, measured, median, piece
from iot_streaming.simulator import Simulation
from report import Table, held_to

IOT = str(Path(sys.executable).parent / "iot")


def bench_start_up(bench: Bench) -> Table:
    """Each once to warm the disk's cache, then in turn."""
    landing, _ = bench.simulated("start-up", Simulation(devices=12, hours=30, faults="none"))
    home = str(bench.folder("start-up-home"))
    piece("run", home, landing)
    commands = {
        "iot --help": (["--help"], 0.3),
        "iot status": (["status", "--home", home], 1.0),
        "iot run with nothing new": (["run", "--home", home, "--landing", str(landing)], 4.0),
    }
    works = {
        name: (lambda _, words=words: measured(IOT, *words))
        for name, (words, _) in commands.items()
    }
    in_turn(1, works)
    costs = in_turn(max(bench.rounds, 3), works)
    return Table(
        "A home of 12 devices and 30 hours",
        ("", "CPU s", "wall s", "aim"),
        [_row(name, costs[name], aim) for name, (_, aim) in commands.items()],
        packages=("duckdb", "deltalake", "dbt-core", "typer"),
    )


def _row(name: str, costs: list[Cost], aim: float) -> tuple[str, ...]:
    """Of fractions of a second the second digit counts too; memory is less than the driver's."""
    cpu, wall = (median(costs, figure) for figure in ("cpu", "wall"))
    kept = held_to([cost.wall for cost in costs], aim)
    return name, f"{cpu:.2f}", f"{wall:.2f}", f"wall s {kept}"
