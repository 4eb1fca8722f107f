"""Runs that write without a pause in, what 20 readers of what they publish saw meanwhile out."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

from bench import Bench
from costs import HERE, tell
from iot_streaming.served import Snapshot, open_snapshot
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation
from report import Table
from serving import serving

SECONDS = 600
EVENTS = 20_000
READERS = 10
PAGES = ("/", "/devices", "/devices/DEV-00001", "/alerts", "/customers", "/quality", "/runs")


@dataclass
class Seen:
    """What one reader found: how often it looked, in how many publications, what was wrong."""

    looks: int = 0
    runs: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    longest: float = 0


def bench_readers(bench: Bench, seconds: int = SECONDS) -> Table:
    """Half of them open the tables, in which a run has to add up; half look at `iot serve`."""
    landing, _ = bench.simulated("readers", Simulation.sized(EVENTS, devices=20))
    settings = Settings(home=bench.folder("readers-home"), landing=landing)
    home = str(settings.home)
    _run(home, landing)
    batches = _batches(bench)
    until = time.monotonic() + seconds
    with serving(home) as (port, _), ThreadPoolExecutor(2 * READERS) as readers:
        tables = [readers.submit(_read, until, _tables(settings)) for _ in range(READERS)]
        pages = [readers.submit(_read, until, _pages(port)) for _ in range(READERS)]
        runs = 0
        while time.monotonic() < until:
            shutil.copytree(next(batches), landing / "iot_events" / f"more-{runs}")
            _run(home, landing)
            runs += 1
            tell(f"readers: {runs} runs")
        seen = {
            "open the tables": [reader.result() for reader in tables],
            "look at pages": [reader.result() for reader in pages],
        }
    return Table(
        f"{runs} runs one after the other over {EVENTS:,} new events each, for {seconds} s",
        (f"{READERS} readers each", "looks", "publications seen", "longest", "wrong", "aim"),
        [_row(name, each) for name, each in seen.items()],
        packages=("duckdb", "deltalake", "starlette", "uvicorn"),
        remarks=[
            "Tables: facts, their hours and their days count the same readings, the last run of "
            "`pipeline_runs` is the snapshot's, and the ledger has its lines. Pages: all of them, "
            "status 200.",
        ],
    )


def _run(home: str, landing: Path) -> None:
    """All jobs, not measured: that would wait for `iot serve` to end."""
    command = [sys.executable, str(HERE / "pieces.py"), "run", home, str(landing)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own


def _row(name: str, readers: list[Seen]) -> tuple[str, ...]:
    looks = sum(reader.looks for reader in readers)
    runs = len(set[str]().union(*(reader.runs for reader in readers)))
    wrong = [each for reader in readers for each in reader.wrong]
    for each in wrong[:5]:
        tell(f"readers: {each}")
    longest = max(reader.longest for reader in readers)
    kept = f"0: {'missed' if wrong else 'met'}"
    return name, f"{looks:,}", f"{runs:,}", f"{longest:.1f} s", f"{len(wrong):,}", kept


def _batches(bench: Bench) -> Iterator[Path]:
    """The folders of events that follow each other, a batch a run."""
    start = Simulation().start
    for number in range(1, 10_000):
        simulation = Simulation.sized(
            EVENTS, devices=20, seed=number, start=start + timedelta(days=number), faults="none"
        )
        landing, _ = bench.simulated(f"readers-{number}", simulation)
        yield landing / "iot_events"


def _read(until: float, look: Callable[[], str]) -> Seen:
    """Look again and again; what a look raises is what is wrong with it."""
    seen = Seen()
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            seen.runs.add(look())
        except Exception as error:
            seen.wrong.append(f"{type(error).__name__}: {error}"[:500])
        seen.looks += 1
        seen.longest = max(seen.longest, time.monotonic() - began)
        time.sleep(0.2)
    return seen


def _tables(settings: Settings) -> Callable[[], str]:
    gold, quality = settings.schema("gold"), settings.schema("quality")
    counted = (
        f"select (select count(*) from {gold}.fct_iot_events), "
        f"(select sum(readings) from {gold}.int_hourly_readings), "
        f"(select sum(readings) from {gold}.agg_daily_device_metrics), "
        f"(select max(run_id) from {quality}.pipeline_runs), "
        f"(select sum(lines) from {quality}.pipeline_runs), "
        f"(select sum(lines) from {quality}.ledger)"
    )

    def look() -> str:
        snapshot = Snapshot.read(settings)
        if snapshot is None:
            raise AssertionError("nothing is published")
        with open_snapshot(settings, snapshot) as connection:
            row = connection.execute(counted).fetchone() or ()
        facts, hourly, daily, run, by_runs, by_files = row
        if not facts == hourly == daily or run != snapshot.run_id or by_runs != by_files:
            raise AssertionError(f"{snapshot.run_id} is half of another: {row}")
        return str(run)

    return look


def _pages(port: int) -> Callable[[], str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    turn = iter(range(10**9))

    def look() -> str:
        path = PAGES[next(turn) % len(PAGES)]
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200 or "</html>" not in text:
            raise AssertionError(f"{path}: {answer.status} {text[:300]}")
        return text.partition('data-token="')[2].partition('"')[0]

    return look
