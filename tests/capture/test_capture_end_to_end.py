"""A live PostgreSQL, captured while it is worked on and the capture killed, equals silver."""

import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.settings import Settings
from tests.capture.server import ROLE, Server
from tests.capture.workload import TABLES, Client, create_tables, seed
from tests.command import IOT, iot

# Silver names these otherwise, or keeps the exact text beside a double.
RENAMED = {
    "order_timestamp": "ordered_at",
    "min_value": "min_value_exact",
    "max_value": "max_value_exact",
}
PUBLICATION = f"create publication iot_capture for table {', '.join(TABLES)}"


@contextmanager
def capturing(server: Server, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`iot capture` with small files; killed at the end of the block if it still runs."""
    with (home.parent / "capture.log").open("ab") as log:
        process = subprocess.Popen(
            [IOT, "capture", "--home", home, "--rotate-seconds", "1", "--rotate-bytes", "60000"],
            env={"PATH": os.environ["PATH"], "IOT_CAPTURE_DSN": server.dsn},
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(what: Callable[[], bool], process: "subprocess.Popen[bytes]", home: Path) -> None:
    # On a busy machine, where this has the least of it, the engine catches up slowly.
    until = time.monotonic() + 300
    while not what():
        log = (home.parent / "capture.log").read_text()
        assert process.poll() is None, f"capture ended by itself\n{log}"
        assert time.monotonic() < until, f"not so within five minutes\n{log}"
        time.sleep(0.05)


def landed(home: Path) -> list[Path]:
    return sorted((home / "landing" / "cdc").glob("*/[0-9]*.ndjson"))


def the_one_value(connection: Any, query: str, *parameters: Any) -> Any:
    row = connection.execute(query, parameters).fetchone()
    return row and row[0]


def confirmed_past(connection: Any, position: str) -> bool:
    """Whether the server may forget its log up to `position`: all before it has landed."""
    slots = "select confirmed_flush_lsn >= %s::pg_lsn from pg_replication_slots"
    return bool(the_one_value(connection, slots, position))


@pytest.fixture(scope="module")
def captured(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose silver was made from the capture; the server is quiet by then."""
    import psycopg

    home = tmp_path_factory.mktemp("capture") / "home"
    with psycopg.connect(server.admin, autocommit=True) as admin:
        create_tables(admin)
        seed(admin, random.Random(1))
        admin.execute(PUBLICATION)
        admin.execute(f"grant select on all tables in schema public to {ROLE}")
        stop = threading.Event()
        clients = [Client(server.admin, random.Random(number), stop) for number in range(3)]
        with ThreadPoolExecutor(3) as pool:
            working = [pool.submit(client.run) for client in clients]
            try:
                _capture_and_be_killed(server, home, admin)
                with capturing(server, home) as capture:
                    shown = len(landed(home))
                    wait_until(lambda: len(landed(home)) > shown + 7, capture, home)
                    stop.set()
                    for client in working:
                        client.result()
                    # A TRUNCATE may have been a table's last change: leave something to compare.
                    seed(admin, random.Random(2))
                    end = the_one_value(admin, "select pg_current_wal_lsn()")
                    wait_until(lambda: confirmed_past(admin, end), capture, home)
                    capture.send_signal(signal.SIGTERM)
                    assert capture.wait(120) == 0
            finally:
                stop.set()
    done = sum((client.done for client in clients), Counter[str]())
    assert min(done[step] for step in ("truncate", "key_update", "many", "rollback")) > 0, done
    outcome = iot("run", "iot_ingestion_job", "dbt_transformation_job", "--home", str(home))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return home


def _capture_and_be_killed(server: Server, home: Path, admin: Any) -> None:
    """Once in the first snapshot, once among changes."""
    with capturing(server, home) as capture:
        slots = "select count(*) from pg_replication_slots"
        wait_until(lambda: bool(the_one_value(admin, slots)), capture, home)
    assert landed(home) == []
    with capturing(server, home) as capture:
        wait_until(lambda: len(landed(home)) > 30, capture, home)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_silver_equals_the_database_row_by_row(server: Server, captured: Path, table: str) -> None:
    import psycopg

    with psycopg.connect(server.admin) as connection:
        names = ", ".join(TABLES[table])
        expected = connection.execute(f"select {names} from {table} order by 1").fetchall()
    settings = Settings(home=captured, landing=captured)
    with duckdb.connect(settings.warehouse, read_only=True) as warehouse:
        warehouse.execute("set timezone = 'UTC'")
        names = ", ".join(RENAMED.get(name, name) for name in TABLES[table])
        silver = warehouse.execute(
            f"select {names} from dev_silver.stg_{table} where not _is_deleted"
        ).fetchall()
    exact = [name in ("min_value", "max_value") for name in TABLES[table]]
    told = [tuple(map(_as_silver_tells, row, exact)) for row in expected]
    assert told, f"nothing was left in {table} to compare"
    assert sorted(silver, key=_key_of) == sorted(told, key=_key_of)


def _key_of(row: tuple[Any, ...]) -> str:
    return str(row[0])


def _as_silver_tells(value: Any, exact: bool) -> Any:
    if exact and value is not None:
        return {"NaN": "NAN", "Infinity": "POSITIVE_INFINITY"}.get(str(value), f"{value:f}")
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return str(value) if type(value).__name__ == "UUID" else value


@pytest.mark.slow
def test_landing_holds_whole_files_in_the_order_of_their_names(captured: Path) -> None:
    files = landed(captured)
    assert list((captured / "landing").rglob("_*")) == []
    assert all(path.read_bytes().endswith(b"\n") for path in files)
    for table in TABLES:
        lines = [
            json.loads(line)
            for path in files
            if path.parent.name == table
            for line in path.read_text().split("\n")[:-1]
        ]
        places = [
            (int(json.loads(line["source"]["sequence"])[0] or 0), line["source"]["lsn"])
            for line in lines
            if line
        ]
        assert places == sorted(places)


@pytest.mark.slow
def test_no_password_reaches_logs_or_files(server: Server, captured: Path) -> None:
    log = (captured.parent / "capture.log").read_text()
    assert re.search(r"landed .*customers \d", log)
    password = re.search(r":([^:@]+)@", server.dsn)
    assert password
    written = [path for path in captured.rglob("*") if path.is_file()]
    assert password[1] not in log
    assert [path for path in written if password[1].encode() in path.read_bytes()] == []
