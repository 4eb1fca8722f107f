"""Settings and a place in; a landing there with its manifest, or an endless drip, out."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.compute as pc

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError
from iot_streaming.landing.opened import landing_at
from iot_streaming.landing.place import Landing
from iot_streaming.simulator.anomalies import plan
from iot_streaming.simulator.changes import ChangeFeed
from iot_streaming.simulator.database import Database
from iot_streaming.simulator.events import EVENTS, EventFeed
from iot_streaming.simulator.faults import QUARANTINED, WINDOW_MS, Planter
from iot_streaming.simulator.fleet import Fleet
from iot_streaming.simulator.manifest import MANIFEST_NAME, Manifest, SourceCount
from iot_streaming.simulator.readings import DAY_MS, HOUR_MS, Behaviour
from iot_streaming.simulator.settings import Simulation

__all__ = ["follow", "simulate"]

Progress = Callable[[int, int], None]

_CLAIM_NAME = "_simulation.json"
_ROWS_AT_ONCE = 150_000  # bounds memory, whatever the size of the fleet
_ENDLESS_MS = 3_650 * DAY_MS
_LONGEST_SLEEP = 0.5  # seconds until a drip notices that it should stop


class _World:
    """A fleet, its database and their feeds into one landing."""

    def __init__(self, simulation: Simulation, out: Landing, *, endless: bool) -> None:
        start_ms, scale = simulation.start_ms, simulation.fault_scale
        self.simulation = simulation
        self.fleet = Fleet(simulation.seed, simulation.devices, start_ms)
        end_ms = start_ms + _ENDLESS_MS if endless else simulation.end_ms
        behaviour = Behaviour(self.fleet, end_ms)
        self.limits, self.silent = plan(behaviour, simulation.end_ms, scale)
        self.events = EventFeed(
            Planter(behaviour, self.limits, scale),
            out,
            compress=simulation.gzip,
            real_arrival=endless,
        )
        self.database = Database(self.fleet, (start_ms - HOUR_MS) * 1000)
        self.changes = ChangeFeed(self.database, out, scale=scale, real_arrival=endless)

    def pass_time(self, from_ms: int, to_ms: int) -> None:
        """Everything that happens in an interval, in files as far as they are over."""
        alerts = self.events.deliver(from_ms, to_ms)
        for alert in alerts:
            self.database.raise_alert(alert)
        self.changes.advance(to_ms)

    def manifest(self) -> Manifest:
        """The truth so far."""
        planted = self.events.planter.counts
        stuck = [
            (self.fleet.series_names[series], int(self.limits.stuck_to[series] - begin + 1))
            for series, begin in enumerate(self.limits.stuck_from.tolist())
            if begin >= 0
        ]
        silent = [self.fleet.series_names[series] for series in self.silent]
        return Manifest(
            settings=self.simulation,
            sources={EVENTS: self.events.written, **self.changes.sources},
            good_event_ids=self.events.readings - sum(planted[kind] for kind in QUARANTINED),
            tables={table: len(rows) for table, rows in self.database.tables.items()},
            faults={
                **planted,
                "stuck_sensors": len(stuck),
                "stuck_readings": sum(readings for _, readings in stuck),
                "silent_sensors": len(silent),
                **self.changes.faults,
            },
            details={"stuck_sensors": [name for name, _ in stuck], "silent_sensors": silent},
        )


def simulate(
    simulation: Simulation, out: Path | BucketUrl, progress: Progress | None = None
) -> Manifest:
    """Write a whole simulation into a folder or bucket; its manifest comes last.

    A place that holds this simulation already is left as it is; one that holds another is
    refused with ConfigurationError. `progress` is told readings so far and readings in all (as
    many as there are slots; outages lose a few).

    >>> simulate(Simulation(devices=20, hours=6), Path("landing")).faults["late_events"]
    40
    """
    with _opened(out) as landing:
        _claim(landing, simulation, "simulate")
        return _finished(landing) or _write(simulation, landing, progress)


def _write(simulation: Simulation, landing: Landing, progress: Progress | None) -> Manifest:
    world = _World(simulation, landing, endless=False)
    expected = int(world.limits.slots.sum())
    last_ms = simulation.end_ms + WINDOW_MS  # by when every reading has been delivered
    duration_ms = simulation.end_ms - simulation.start_ms
    step_ms = max(1000, _ROWS_AT_ONCE * duration_ms // max(1, expected))
    for from_ms in range(simulation.start_ms, last_ms, step_ms):
        world.pass_time(from_ms, min(last_ms, from_ms + step_ms))
        if progress:
            progress(world.events.readings, expected)
    world.events.finish()
    world.changes.finish()
    manifest = world.manifest()
    _write_text(landing, MANIFEST_NAME, manifest.to_json())
    return manifest


def follow(
    simulation: Simulation,
    out: Path | BucketUrl,
    *,
    speed: float = 60.0,
    sleep: Callable[[float], None] = time.sleep,
    stop: Callable[[], bool],
) -> None:
    """Let a fleet drip into a folder or bucket, window by window, until `stop()` says so.

    Simulated time passes at `speed` x real time; the files' mtime is the real arrival. For
    arrival and event time to agree, start now and take speed 1. Begun again with the same
    settings, it goes on after the last window that is there. There is no end and no manifest;
    silent and stuck sensors come within the first `simulation.hours`.
    """
    if speed <= 0:
        raise ConfigurationError(f"speed {speed}; ask for more than 0, such as 60")
    with _opened(out) as landing:
        _claim(landing, simulation, "follow")
        resumed_at = _newest_file(landing)
        world = _World(simulation, landing, endless=True)
        from_ms = simulation.start_ms - simulation.start_ms % WINDOW_MS
        while not stop():
            to_ms = from_ms + WINDOW_MS
            world.pass_time(from_ms, to_ms)
            if world.events.newest > resumed_at:
                _sleep(WINDOW_MS / 1000 / speed, sleep, stop)
            from_ms = to_ms


def _sleep(seconds: float, sleep: Callable[[float], None], stop: Callable[[], bool]) -> None:
    while seconds > 0 and not stop():
        sleep(min(seconds, _LONGEST_SLEEP))
        seconds -= _LONGEST_SLEEP


@contextmanager
def _opened(out: Path | BucketUrl) -> Iterator[Landing]:
    if isinstance(out, Path):
        if out.exists() and not out.is_dir():
            raise ConfigurationError(f"{out} is a file; choose a folder")
        out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="iot-simulate-") as scratch:
        yield landing_at(out, Path(scratch))


def _newest_file(landing: Landing) -> str:
    """Key of the newest event file, empty when there is none."""
    return pc.max(landing.listed(EVENTS).files["key"]).as_py() or ""


def _claim(landing: Landing, simulation: Simulation, mode: str) -> None:
    """Mark the landing as this simulation's, or refuse it."""
    claim = {"mode": mode, **simulation.to_dict()}
    marker = landing.read_text(_CLAIM_NAME)
    if marker is not None:
        found = json.loads(marker)
        if found == claim:
            return
        differing = [name for name in claim if found.get(name) != claim[name]]
        was = ", ".join(f"{name} {found.get(name)} not {claim[name]}" for name in differing)
        raise ConfigurationError(
            f"{landing} holds another simulation ({was}); choose an empty folder or prefix"
        )
    has_files = any(landing.listed(name).files.num_rows for name in (EVENTS, "cdc"))
    if has_files or landing.read_text(MANIFEST_NAME) is not None:
        raise ConfigurationError(
            f"{landing} holds files that no simulation is on record for; choose an empty folder "
            "or prefix"
        )
    _write_text(landing, _CLAIM_NAME, json.dumps(claim, indent=2) + "\n")


def _finished(landing: Landing) -> Manifest | None:
    """The manifest of a simulation that is all there."""
    text = landing.read_text(MANIFEST_NAME)
    if text is None:
        return None
    manifest = Manifest.from_json(text)
    there = {}
    for name, count in manifest.sources.items():
        files = landing.listed(name.replace("cdc_", "cdc/", 1)).files
        size = pc.sum(files["size"]).as_py() or 0
        there[name] = SourceCount(files=files.num_rows, lines=count.lines, bytes=size)
    return manifest if there == dict(manifest.sources) else None


def _write_text(landing: Landing, key: str, text: str) -> None:
    landing.hidden(key).write_text(text, encoding="utf-8")
    landing.show([key], replace=True)
