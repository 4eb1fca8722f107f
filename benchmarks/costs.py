"""A piece of work's name in, what its process cost out: CPU and wall time, memory, as measured."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cost:
    """One process: CPU and wall seconds, peak memory in MiB, the last line that it printed."""

    cpu: float
    wall: float
    memory: float
    said: str


def measured(*command: str) -> Cost:
    """Run a command to its end; CalledProcessError when it fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said)  # noqa: S603 - our own pieces
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        said.seek(0)
        last = (said.read().splitlines() or [""])[-1]
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, last)


def piece(name: str, *arguments: object) -> Cost:
    """One of benchmarks/pieces.py, by name."""
    return measured(sys.executable, str(HERE / "pieces.py"), name, *map(str, arguments))


def median(costs: list[Cost], figure: str) -> float:
    return float(statistics.median(getattr(cost, figure) for cost in costs))


def show(name: str, costs: list[Cost]) -> None:
    figures = (median(costs, "cpu"), median(costs, "wall"), median(costs, "memory"))
    print("{:<44} {:>8.1f} {:>8.1f} {:>8.0f}".format(name, *figures), flush=True)
