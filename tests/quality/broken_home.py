"""A small simulated home in, runs over it out: broken by hand, mended, and found right or wrong."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from iot_streaming.jobs import Run, RunResult
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation, simulate
from iot_streaming.warehouse import EmbeddedWarehouse
from tests.folders import landing_folder

Event = dict[str, Any]

_HOURS_LANDED = 30


@dataclass
class Home:
    """A home whose landing holds the first 30 hours of 40, and that a run found right.

    It always lies at the same path: dbt parses its project anew for another.
    """

    folder: Path
    runs: int = 0

    def __post_init__(self) -> None:
        self.settings = Settings(home=self.folder / "home", landing=self.folder / "landing")
        self.simulated = self.folder / "simulated"
        self.kept = self.folder / "kept"

    def make(self) -> None:
        simulate(Simulation(devices=12, hours=40), self.simulated)
        shutil.copytree(self.simulated / "cdc", landing_folder(self.settings) / "cdc")
        self.land(0, _HOURS_LANDED)
        assert self.run().ok
        for name in ("home", "landing"):
            shutil.copytree(self.folder / name, self.kept / name)

    def reset(self) -> None:
        """As it was made."""
        for name in ("home", "landing"):
            shutil.rmtree(self.folder / name)
            shutil.copytree(self.kept / name, self.folder / name)

    def run(self, *jobs: str, later: float = 0, waits: bool = True) -> RunResult:
        """A run of these jobs (none: all), `later` hours from now."""

        def clock() -> float:
            return time.time() + later * 3600

        return Run(self.settings, clock=clock, waits=waits).jobs(jobs)

    def land(
        self, first: float, last: float, changed: Callable[[Event], Event | None] = lambda e: e
    ) -> None:
        """The events that arrived in these hours, each as `changed` gives it, without its Nones.

        Lines that are no JSON object stay as they are.
        """
        self.runs += 1
        for number, path in enumerate(sorted(self.simulated.glob("iot_events/*/*.ndjson"))):
            if first <= number / 6 < last:
                folder = landing_folder(self.settings) / "iot_events" / path.parent.name
                folder.mkdir(parents=True, exist_ok=True)
                lines = [_changed(line, changed) for line in path.read_text().splitlines()]
                landed = folder / f"{self.runs}-{path.name}"
                landed.write_text("".join(f"{line}\n" for line in lines if line is not None))
                shutil.copystat(path, landed)

    def ask(self, sql: str) -> list[dict[str, Any]]:
        return EmbeddedWarehouse(self.settings).ask(sql)

    def change(self, sql: str) -> None:
        with duckdb.connect(self.settings.warehouse) as connection:
            connection.execute(sql)


def _changed(line: str, changed: Callable[[Event], Event | None]) -> str | None:
    try:
        event = json.loads(line)
    except ValueError:
        return line
    if not isinstance(event, dict):
        return line
    lands = changed(event)
    return line if lands is event else None if lands is None else json.dumps(lands)


def problems_of(result: RunResult) -> str:
    """All that a run says is wrong, in one text."""
    return "\n".join(problem for job in result.jobs for problem in job.failures)
