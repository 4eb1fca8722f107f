"""A home of 10,000 devices and 50 million readings in, what publishing and showing it costs out."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import duckdb

from bench import Bench
from big_home import multiply
from costs import piece, tell
from iot_streaming.served import served
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation
from report import Table, held_to

IOT = str(Path(sys.executable).parent / "iot")
DEVICES, COPIES, READINGS = 80, 125, 400_000
NEW = 100_000
LOOKS = 60
PAGES = {
    "fleet": "/",
    "devices, sorted": "/devices?sort=-health_score",
    "a device, a day": "/devices/{device}?range=day",
    "a device, a year": "/devices/{device}?range=year",
    "alerts": "/alerts",
    "customers": "/customers",
    "quality": "/quality",
    "runs": "/runs",
}


def bench_serving(bench: Bench) -> Table:
    """Publish it, publish what is new in it, and look at each page of it LOOKS times."""
    landing, _ = bench.simulated("serving", Simulation.sized(READINGS, devices=DEVICES))
    settings = Settings(home=bench.folder("serving-home"), landing=landing)
    home = str(settings.home)
    piece("run", home, landing)
    multiply(settings, COPIES)
    whole = piece("publish", home)
    _add_readings(settings)
    new, nothing = piece("publish", home), piece("publish", home)
    readings, devices = _size(settings)
    costs = {
        f"publish {readings - NEW:,} readings": whole,
        f"publish {NEW:,} new ones": new,
        "publish nothing": nothing,
    }
    # The kernel tells the peak of the largest process so far, which is the first one's.
    publishing = [
        (name, f"{cost.wall:.1f} s", f"{cost.memory:,.0f} MiB" if cost is whole else "", "")
        for name, cost in costs.items()
    ]
    with serving(home) as (port, process):
        some = _devices(settings)
        pages = [_looked_at(port, name, path, some) for name, path in PAGES.items()]
        memory = _resident(process)
    server = ("iot serve after that", "", f"{memory:,.0f} MiB", held_to([memory], 500))
    return Table(
        f"{devices:,} devices, {readings:,} readings; each page {LOOKS} times, of devices any",
        ("", "time", "memory", "aim"),
        [*publishing, *pages, server],
        packages=("duckdb", "deltalake", "starlette", "uvicorn"),
        remarks=[
            "Pages: the server's time at the 95th percentile, by their `Server-Timing`, each asked "
            "for after the one before was answered.",
        ],
    )


def _add_readings(settings: Settings) -> None:
    """Some come again a minute later, as others, of the same last day."""
    facts = f"{settings.schema('gold')}.fct_iot_events"
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute(
            f"insert into {facts} select * replace (event_id || '-new' as event_id, "
            f"_ingested_at + interval 1 minute as _ingested_at) from {facts} "
            f"where event_date = (select max(event_date) from {facts}) limit {NEW}"
        )


def _size(settings: Settings) -> tuple[int, int]:
    """Readings and devices, as they are served."""
    gold = settings.schema("gold")
    with served(settings) as (connection, _):
        asked = "select count(*), (select count(*) from {0}.dim_devices) from {0}.fct_iot_events"
        ((readings, devices),) = connection.execute(asked.format(gold)).fetchall()
        return readings, devices


def _devices(settings: Settings) -> list[str]:
    """As many as looks, from all over the fleet."""
    gold = settings.schema("gold")
    with served(settings) as (connection, _):
        found = connection.execute(
            f"select device_id from {gold}.dim_devices where readings > 0 order by device_id"
        ).fetchall()
    return [device for (device,) in found[:: max(len(found) // LOOKS, 1)]][:LOOKS]


@contextmanager
def serving(home: str) -> Iterator[tuple[int, int]]:
    """The port that `iot serve` listens on, and its process."""
    command = [IOT, "serve", "--home", home, "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            began = process.stderr.readline() if process.stderr else ""
            told = re.search(r":(\d+)/", began)
            if told is None:
                raise SystemExit(f"iot serve did not begin: {began}")
            yield int(told[1]), process.pid
        finally:
            process.terminate()


def _looked_at(port: int, name: str, path: str, devices: list[str]) -> tuple[str, ...]:
    """A page's server time in milliseconds, at the 95th percentile."""
    connection = HTTPConnection("127.0.0.1", port)
    times = []
    for device in devices:
        connection.request("GET", path.format(device=quote(device)))
        answer = connection.getresponse()
        text = answer.read()
        told = re.search(r"total;dur=([\d.]+)", answer.getheader("Server-Timing", ""))
        if answer.status != 200 or told is None or b"</html>" not in text:
            raise SystemExit(f"{path} of {device}: {answer.status} {text[:500]!r}")
        times.append(float(told[1]))
    late = sorted(times)[int(0.95 * len(times))]
    tell(f"{name}: {late:.0f} ms")
    return name, f"{late:.0f} ms", "", held_to([late], 300)


def _resident(process: int) -> float:
    """MiB of a process's memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
