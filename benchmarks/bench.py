"""The size of a run in, the landing folders that its sections measure on out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from iot_streaming.simulator import Manifest, Simulation, simulate
from report import Table


@dataclass(frozen=True)
class Bench:
    """`events` is the whole run's size, others are a part of it; `work` is there to be filled.

    `histories` are those that growth is measured over, in events.
    """

    work: Path
    events: int = 5_000_000
    rounds: int = 3
    histories: tuple[int, ...] = (1_000_000, 10_000_000, 50_000_000)

    def simulated(self, name: str, simulation: Simulation) -> tuple[Path, Manifest]:
        """A landing folder and the truth about it; sections that name the same share it."""
        landing = self.work / name
        return landing, simulate(simulation, landing)

    def plain(self) -> tuple[Path, Manifest]:
        """All the events, with faults, in a file for each ten minutes of two days."""
        return self.simulated("plain", Simulation.sized(self.events, hours=48))

    def folder(self, name: str) -> Path:
        """An empty folder for what a section writes."""
        folder = self.work / name
        folder.mkdir()
        return folder


Section = Callable[[Bench], Table]


def size_of(manifest: Manifest, source: str = "iot_events") -> str:
    """Such as `4,970,563 events in 291 files, 1.29 GB`."""
    count = manifest.sources[source]
    return f"{count.lines:,} events in {count.files:,} files, {count.bytes / 1e9:.2f} GB"
