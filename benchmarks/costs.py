"""A program and its arguments in, what its process cost out: CPU and wall time, memory."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from unwaited import Unwaited

HERE = Path(__file__).parent
_COMPLAINT = 2000


@dataclass(frozen=True)
class Cost:
    """One process: CPU and wall seconds, peak memory in MiB, the last line that it printed.

    CPU is that of all the processes it started, the peak is the largest one's.
    """

    cpu: float
    wall: float
    memory: float
    said: str


def measured(*command: str) -> Cost:
    """Run a command to its end; CalledProcessError, with what it complained of, when it fails."""
    with _unwaited() as unwaited:
        cost = _waited(command)
    return replace(cost, cpu=cost.cpu + unwaited.cpu) if unwaited else cost


def program(path: str, *arguments: object) -> Cost:
    """A Python program, such as one of benchmarks/peers."""
    return measured(sys.executable, path, *map(str, arguments))


def piece(name: str, *arguments: object) -> Cost:
    """One of benchmarks/pieces.py, by name."""
    return program(str(HERE / "pieces.py"), name, *arguments)


def killed(seconds: float, path: str, *arguments: object) -> None:
    """Start a Python program and kill it, with all that it started, after so many seconds."""
    command = [sys.executable, path, *map(str, arguments)]
    with _unwaited():
        process = subprocess.Popen(  # noqa: S603 - our own programs
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def in_turn(rounds: int, works: Mapping[str, Callable[[int], Cost]]) -> dict[str, list[Cost]]:
    """Every work's costs: each round does each of them once, and tells them its number.

    A work that fails is left out of the rounds that follow, and of what comes back.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for number in range(rounds):
        for name in list(costs):
            try:
                cost = works[name](number)
            except subprocess.CalledProcessError as error:
                tell(f"{name}: failed: {_last_line(error)}")
                del costs[name]
            else:
                tell(f"{name}: {cost.cpu:.1f} s of CPU, {cost.wall:.1f} s")
                costs[name].append(cost)
    return costs


def median(costs: list[Cost], figure: str) -> float:
    return float(statistics.median(getattr(cost, figure) for cost in costs))


def ratios(costs: list[Cost], others: list[Cost], figure: str = "cpu") -> list[float]:
    """Pair by pair, for a noisy machine is noisy for both."""
    return [getattr(a, figure) / getattr(b, figure) for a, b in zip(costs, others, strict=True)]


def tell(what: str) -> None:
    """Progress, beside the table."""
    print(f"  {time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _unwaited() -> AbstractContextManager[Unwaited | None]:
    return Unwaited() if sys.platform == "linux" else nullcontext()


def _waited(command: tuple[str, ...]) -> Cost:
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen(command, stdout=said, stderr=complained)  # noqa: S603 - as above
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        if process.returncode:
            complained.seek(0)
            text = complained.read()[-_COMPLAINT:]
            error = subprocess.CalledProcessError(process.returncode, command, stderr=text)
            error.add_note(text)
            raise error
        said.seek(0)
        last = (said.read().splitlines() or [""])[-1]
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, last)


def _last_line(error: subprocess.CalledProcessError) -> str:
    return (str(error.stderr).strip().splitlines() or [str(error)])[-1]
