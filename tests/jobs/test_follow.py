"""`iot run --follow`: what lands is in the facts soon, and it ends when it is told to."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from iot_streaming.jobs import Run, follow
from iot_streaming.reporter import Silent
from iot_streaming.served import served
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation, simulate
from tests.command import IOT, iot

FIRST = Simulation(devices=12, hours=6, faults="none")


class Following:
    """The command at work; what it says is read as it comes."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [IOT, "run", "--follow", "--home", str(home)],
            env={"PATH": os.environ["PATH"]}, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def wait_for(self, words: str, seconds: float = 300) -> str:
        assert self.process.stderr
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        said = []
        try:
            for line in self.process.stderr:
                said.append(line)
                if words in line:
                    return line
        finally:
            timer.cancel()
        raise AssertionError(f"{words!r} was never said: {said}")

    def lines_of_a_pass(self) -> int:
        """How many lines the next pass says that it brought into the facts."""
        told = re.search(r"([\d,]+) lines in the facts", self.wait_for("lines in the facts"))
        assert told
        return int(told[1].replace(",", ""))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    simulate(FIRST, tmp_path / "home" / "landing")
    more = Simulation(
        devices=12, hours=1, faults="none", start=FIRST.start + timedelta(hours=FIRST.hours)
    )
    simulate(more, tmp_path / "more")
    return tmp_path / "home"


@pytest.fixture
def following(home: Path) -> Iterator[Following]:
    following = Following(home)
    with following.process:
        yield following
        following.process.kill()


def published_facts(home: Path) -> int:
    with served(Settings(home=home, landing=home / "landing")) as (connection, _):
        row = connection.execute("select count(*) from dev_gold.fct_iot_events").fetchone()
    return row[0] if row else 0


def asked(home: Path, sql: str) -> int:
    with duckdb.connect(home / "dev" / "iot_streaming_dev.duckdb", read_only=True) as connection:
        row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def facts(home: Path) -> int:
    return asked(home, "select count(*) from dev_gold.fct_iot_events")


def counted_by_hour(home: Path) -> int:
    return asked(home, "select sum(readings) from dev_gold.int_hourly_readings")


@pytest.mark.slow
def test_new_files_come_into_the_facts_until_it_is_told_to_stop(
    home: Path, following: Following
) -> None:
    following.wait_for("new files come into the facts")
    first = landed = facts_told = facts(home)
    for number in (1, 2):
        folder = home / "landing" / "iot_events" / f"more-{number}"
        files = sorted((home.parent / "more" / "iot_events").rglob("*.ndjson"))[number - 1 :: 2]
        folder.mkdir()
        for file in files:
            shutil.copy(file, folder / f".{file.name}")
            (folder / f".{file.name}").rename(folder / file.name)
            landed += len(file.read_bytes().splitlines())
        while facts_told < landed:
            facts_told += following.lines_of_a_pass()
        # A pass says so after it has published.
        assert facts_told == landed == published_facts(home)
    following.process.send_signal(signal.SIGTERM)
    following.wait_for("stopped; the next run goes on where this one was")
    assert following.process.wait(60) == 0
    assert facts(home) == landed > first
    # What is counted from the facts waits for the whole run.
    assert counted_by_hour(home) == first
    done = iot("run", "--home", str(home))
    assert done.returncode == 0, done.stderr
    everything = (home / "landing" / "iot_events").rglob("*.ndjson")
    assert facts(home) == landed == sum(len(f.read_bytes().splitlines()) for f in everything)
    assert counted_by_hour(home) == landed


def test_passes_after_a_failed_run_publish_nothing(home: Path) -> None:
    settings = Settings(home=home, landing=home / "landing")
    last = Run(settings).jobs()
    first = facts(home)
    shutil.copytree(home.parent / "more" / "iot_events", home / "landing" / "iot_events" / "more")
    last.jobs[-1].failures.append("a check that failed")
    with follow._passes(settings, Silent(), last, time.time) as one_pass:
        done = one_pass()
    assert done and facts(home) == first + done.lines > first == published_facts(home)


def test_whole_runs_that_take_long_are_fewer() -> None:
    assert [follow._pause(300, took) for took in (1, 10, 15, 30, 400)] == [300, 300, 450, 900, 900]


def test_follow_refuses_what_it_can_not_do(tmp_path: Path) -> None:
    for more in (["--json"], ["data_quality_job"], ["--engine", "spark"]):
        done = iot("run", *more, "--follow", "--home", str(tmp_path / "home"))
        assert done.returncode == 2 and "--follow" in done.stderr, done.stderr
