"""Known and new objects in a bucket in, what it costs to find the new ones out.

    python -m tests.landing.bench [--known 100000] [--new 100]

The server is moto's, in a process of its own behind a counting proxy: wall time is mostly theirs,
the CPU time is this process's.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb

from iot_streaming.bronze.arrivals import Arrivals
from iot_streaming.bronze.ingest import create_tables
from iot_streaming.bronze.ledger import Ledger, LedgerEntry
from iot_streaming.landing.discovery import Discovery
from iot_streaming.landing.events import LandingEvents
from iot_streaming.landing.opened import landing_of
from iot_streaming.settings import Settings
from iot_streaming.sources import IOT_EVENTS
from tests.landing.conftest import URL
from tests.landing.faults import Proxy, faulty
from tests.landing.s3 import environment_at

_START = date(2025, 1, 1)
_A_DAY = 500
_NOW = 1_800_000_000.0
# Puts objects straight into the server's memory; then prints the queue's URL, and waits.
_SERVER = """
import sys
from tests.landing.bench import key_of
from tests.landing.s3 import BUCKET, emptied, s3_server
known, new = map(int, sys.argv[1:])
with s3_server() as endpoint:
    store = emptied(endpoint)
    for number in range(known):
        store.put(f"land/{key_of(number)}", b"{}")
    print(endpoint, flush=True)
    for step in sys.stdin:
        queue = store.queue("landed")
        for number in range(known, known + new):
            store.put(f"land/{key_of(number)}", b"{}")
        print(queue, flush=True)
"""


def key_of(number: int) -> str:
    day = _START + timedelta(days=number // _A_DAY)
    return f"iot_events/date={day}/{number:09}.ndjson"


@contextmanager
def _server(known: int, new: int) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(known), str(new)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def _told(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _measure(what: str, proxy: Proxy, look: Arrivals, ledger: Ledger) -> Discovery:
    proxy.requests.clear()
    wall, cpu = time.perf_counter(), time.process_time()
    if look.events is not None:
        look.events.drain()
    found = look.look(ledger.known("iot_events"))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    asked = ", ".join(f"{n:,} {kind}" for kind, n in sorted(proxy.count().items()))
    print(f"{what:<34} {len(found.new):>7,} {wall:>8.2f} {cpu:>8.2f}  {asked}", flush=True)
    return found


def _make_known(ledger: Ledger, found: Discovery) -> None:
    entries = [
        LedgerEntry(
            source="iot_events",
            file=file.key,
            status="ingested",
            size_bytes=file.size,
            modified_at=file.modified_at,
            ingested_at=1,
            batch_id=1,
            etag=file.etag,
        )
        for file in found.new
    ]
    ledger.append(entries, "iot_events", 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known", type=int, default=100_000)
    parser.add_argument("--new", type=int, default=100)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="iot-bench-") as temporary,
        _server(asked.known, asked.new) as process,
        faulty(_told(process)) as proxy,
    ):
        os.environ.update(environment_at(proxy.endpoint))
        settings = Settings(home=Path(temporary), landing=URL)
        settings.make_folders()
        create_tables(settings)
        landing, ledger = landing_of(settings), Ledger(settings, duckdb.connect())

        def arrivals(events: LandingEvents | None = None) -> Arrivals:
            return Arrivals(settings, IOT_EVENTS, landing, ledger, events, _NOW)

        print(f"{asked.known:,} objects known, {asked.new:,} new")
        print(f"{'':<34} {'found':>7} {'wall s':>8} {'CPU s':>8}  requests")
        first = arrivals()
        _make_known(ledger, _measure("nothing known: listed whole", proxy, first, ledger))
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        queue = _told(process)
        _measure("known: listed whole, once a day", proxy, arrivals(), ledger)
        first.remember()
        told = arrivals(LandingEvents(queue, URL))
        found = {
            "by date": _measure("known: listed from a date on", proxy, arrivals(), ledger),
            "by queue": _measure("known: told by the queue", proxy, told, ledger),
        }
        for way, by in found.items():
            assert len(by.new) == asked.new, way


if __name__ == "__main__":
    main()
