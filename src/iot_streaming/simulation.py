"""Command-line options in, a simulated landing folder out, with progress on the way."""

import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError
from iot_streaming.reporter import Reporter
from iot_streaming.simulator import Manifest, Simulation, follow, simulate


def simulation_of(
    events: int | None,
    *,
    devices: int | None,
    hours: float | None,
    seed: int,
    start: str,
    faults: str,
    gzip: bool,
) -> Simulation:
    """The settings that the options describe; ConfigurationError where they don't fit."""
    try:
        first = datetime.fromisoformat(start)
    except ValueError as error:
        raise ConfigurationError(f"--start {start!r} is no ISO 8601 time ({error})") from error
    first = first.replace(tzinfo=UTC) if first.tzinfo is None else first.astimezone(UTC)
    if events is not None:
        return Simulation.sized(
            events,
            devices=devices,
            hours=hours,
            seed=seed,
            start=first,
            faults=faults,
            gzip=gzip,
        )
    return Simulation(
        seed=seed,
        devices=60 if devices is None else devices,
        start=first,
        hours=48 if hours is None else hours,
        faults=faults,
        gzip=gzip,
    )


def simulate_with_progress(
    reporter: Reporter, simulation: Simulation, out: Path | BucketUrl
) -> Manifest:
    """Simulate into `out`, telling how far it is."""
    reporter.stage(f"simulate {simulation.devices} devices for {simulation.hours:g} h")
    try:
        return simulate(
            simulation, out, lambda done, total: reporter.progress("events written", done, total)
        )
    except OSError as error:
        raise ConfigurationError(f"{out} can't be written ({error.strerror or error})") from error


def follow_until_stopped(
    reporter: Reporter, simulation: Simulation, out: Path | BucketUrl, speed: float
) -> None:
    """Drip files until SIGINT or SIGTERM; the file under way is finished first."""
    stopped: list[int] = []

    def remember(number: int, frame: object) -> None:
        stopped.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, remember)

    def sleep(seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not stopped and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))

    reporter.stage(f"dripping files into {out} at {speed:g} times real time; stop with Ctrl-C")
    follow(simulation, out, speed=speed, sleep=sleep, stop=lambda: bool(stopped))
