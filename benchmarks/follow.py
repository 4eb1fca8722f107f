"""Files that come second by second in, how soon their rows are in the facts out.

A simulated fleet's lines land at a steady rate, a file a second, while `iot run --follow` is at
work in a process of its own. A file's wait ends with the first pass that ends after it was read.
"""

import json
import math
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from bench import Bench
from costs import HERE, tell
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation
from report import Table, held_to

RATE = 2_000
SECONDS = 600


@dataclass(frozen=True)
class Followed:
    """`waits` of every file in seconds, resident MiB by minute, the exit code after SIGTERM."""

    waits: list[float]
    memory: list[float]
    exit_code: int
    stop_seconds: float


def bench_follow(bench: Bench, rate: int = RATE, seconds: int = SECONDS) -> Table:
    """`seconds` of `rate` events a second, after a first run over as many as come in a minute."""
    first, _ = bench.simulated("follow-first", Simulation.sized(60 * rate, hours=1, faults="none"))
    more, truth = bench.simulated(
        "follow-more", Simulation.sized(rate * seconds, hours=24, seed=8, faults="none")
    )
    home = bench.folder("follow-home")
    lines = _lines(more / "iot_events")
    done = _followed(home, first, lines, rate, seconds)
    landed = truth.sources["iot_events"].lines
    rows = _facts(home) - _first_rows(first)
    waits = sorted(done.waits)
    growth = done.memory[-1] / done.memory[len(done.memory) // 2]
    return Table(
        f"{landed:,} events, {rate:,} a second, a file each second; every file counted",
        ("", "figure", "aim"),
        [
            ("wait until in the facts, median", f"{_quantile(waits, 0.5):.1f} s", ""),
            (
                "wait until in the facts, 95th percentile",
                f"{_quantile(waits, 0.95):.1f} s",
                f"s {held_to([_quantile(waits, 0.95)], 5)}",
            ),
            ("longest wait", f"{waits[-1]:.1f} s", ""),
            (
                "memory at the end to half-way",
                f"{growth:.2f} of {done.memory[len(done.memory) // 2]:,.0f} MiB",
                held_to([growth], 1.1),
            ),
            ("exit code after SIGTERM", f"{done.exit_code}", f"after {done.stop_seconds:.1f} s"),
            ("rows in the facts of those that landed", f"{rows:,}", f"{landed:,}"),
        ],
        packages=("duckdb", "deltalake", "dbt-core", "dbt-duckdb"),
    )


def _followed(
    home: Path, landing: Path, lines: Iterator[bytes], rate: int, seconds: int
) -> Followed:
    command = [sys.executable, str(HERE / "pieces.py"), "follow", str(home), str(landing)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    ended: list[float] = []
    begun = threading.Event()

    def listen() -> None:
        for line in process.stdout or ():
            begun.set()
            if line.startswith("{"):
                ended.append(json.loads(line)["ended_at"])
        begun.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    begun.wait()
    memory = _drip(landing, lines, rate, seconds, process.pid)
    time.sleep(15)
    stopped = time.monotonic()
    process.terminate()
    exit_code = process.wait(300)
    listener.join()
    return Followed(_waits(home, ended), memory, exit_code, time.monotonic() - stopped)


def _drip(
    landing: Path, lines: Iterator[bytes], rate: int, seconds: int, process: int
) -> list[float]:
    """A file each second; the process's resident memory by minute."""
    folder = landing / "iot_events" / "drip"
    folder.mkdir()
    memory = []
    started = time.monotonic()
    for number in range(seconds):
        time.sleep(max(0.0, started + number - time.monotonic()))
        hidden = folder / f".{number:06}.ndjson"
        hidden.write_bytes(b"".join(islice(lines, rate)))
        hidden.rename(folder / hidden.name[1:])
        if number % 60 == 59:
            memory.append(_resident(process))
            tell(f"follow: {number + 1} s, {memory[-1]:,.0f} MiB")
    return memory


def _lines(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*.ndjson")):
        with path.open("rb") as file:
            yield from file
    shutil.rmtree(folder)


def _resident(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kib) / 1024


def _waits(home: Path, ended: list[float]) -> list[float]:
    """Of each dripped file: from its landing to the end of the first pass after its ingestion."""
    rows = _asked(
        home,
        "select epoch(modified_at), epoch(ingested_at) from dev_quality.ledger "
        "where file like 'iot_events/drip/%'",
    )
    last = math.inf
    return [
        next((end for end in ended if end > ingested), last) - landed for landed, ingested in rows
    ]


def _first_rows(landing: Path) -> int:
    return sum(
        path.read_bytes().count(b"\n")
        for path in (landing / "iot_events").rglob("*.ndjson")
        if path.parent.name != "drip"
    )


def _facts(home: Path) -> int:
    return int(_asked(home, "select count(*) from dev_gold.fct_iot_events")[0][0])


def _asked(home: Path, sql: str) -> list[tuple[float, ...]]:
    warehouse = Settings(home, home).warehouse
    with duckdb.connect(warehouse, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _quantile(sorted_waits: list[float], share: float) -> float:
    """The wait that so large a share of the files don't exceed; nothing is interpolated."""
    return sorted_waits[math.ceil(share * len(sorted_waits)) - 1]
