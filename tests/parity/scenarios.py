"""Inputs that are hard for two engines to agree on, landed step by step."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from iot_streaming.errors import PipelineError
from iot_streaming.parity.report import Input
from iot_streaming.parity.runs import Parity, run_parity
from iot_streaming.reporter import Reporter
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation, simulate
from iot_streaming.sources import SOURCES

CAPTURE = Path(__file__).parents[1] / "data" / "cdc" / "landing"
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True)
class Scenario:
    """`prepare` makes a folder of files; they land in two steps, the second with a replay."""

    name: str
    about: str
    prepare: Callable[[Path], None]

    def run(self, folder: Path, reporter: Reporter) -> Input:
        """Run both engines after each step."""
        prepared, landing = folder / "prepared", folder / "landing"
        self.prepare(prepared)
        settings = Settings.from_environment(folder / "home", landing)
        steps: list[tuple[str, Parity]] = []
        for step, land in STEPS.items():
            land(prepared, landing)
            steps.append((step, run_parity(settings, reporter)))
        return Input(self.name, self.about, steps)


def fleet(simulation: Simulation) -> Scenario:
    """A simulated fleet with all faults planted."""

    def prepare(folder: Path) -> None:
        simulate(simulation, folder)

    return Scenario(
        "fleet",
        f"{simulation.devices} simulated devices for {simulation.hours:g} hours with every fault "
        "that `iot demo` plants: malformed lines, wrong types, unknown fields, repeated, late and "
        "disordered events, redelivered changes.",
        prepare,
    )


def capture() -> Scenario:
    """What Debezium wrote of a real PostgreSQL."""

    def prepare(folder: Path) -> None:
        for source in SOURCES:
            there = CAPTURE / source.path.removeprefix("cdc/")
            if there.is_dir():
                shutil.copytree(there, folder / source.path)

    return Scenario(
        "capture",
        "Changes that Debezium captured of a PostgreSQL: key updates and chains of them, deletes, "
        "TRUNCATE, unsent values, columns added and dropped, extremes, a restart's redeliveries.",
        prepare,
    )


def _files(folder: Path) -> Iterator[tuple[Path, Path]]:
    """(file, its path in landing), sources one after the other, each by arrival."""
    for source in SOURCES:
        files = sorted((folder / source.path).rglob("*.ndjson*"))
        for path in sorted(files, key=lambda path: path.stat().st_mtime_ns):
            yield path, path.relative_to(folder)


def _land(prepared: Path, landing: Path, chosen: Callable[[int], bool]) -> None:
    landed = 0
    for number, (path, key) in enumerate(_files(prepared)):
        if chosen(number):
            (landing / key).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, landing / key)
            landed += 1
    if not landed:
        raise PipelineError(f"nothing to land in {prepared}")


def _land_most(prepared: Path, landing: Path) -> None:
    _land(prepared, landing, lambda number: number % 3 != 1)


def _land_the_rest(prepared: Path, landing: Path) -> None:
    """And every other file once more, under a new name and an hour later."""
    _land(prepared, landing, lambda number: number % 3 == 1)
    for path, key in [each for number, each in enumerate(_files(prepared)) if number % 2]:
        again = landing / key.with_name(f"replayed-{key.name}")
        shutil.copyfile(path, again)
        later = path.stat().st_mtime_ns + _HOUR_NS
        os.utime(again, ns=(later, later))


STEPS = {
    "two files of three": _land_most,
    "the rest, and every other file again under a new name": _land_the_rest,
}
