"""Whole runs from a bucket: the same tables as from a folder, and no secret anywhere."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from iot_streaming.parity.rules import ComparedColumn, kind_of, quoted
from iot_streaming.simulator import Simulation, simulate
from tests.command import IOT, iot
from tests.landing import faults
from tests.landing.faults import Proxy, faulty
from tests.landing.s3 import BUCKET, PLANTED, ObjectStore, emptied

LANDING = f"s3://{BUCKET}/land"
INGEST = "iot_ingestion_job"


@dataclass
class Twins:
    """The same files in a folder and in a bucket, each run in a home of its own."""

    folder: Path
    store: ObjectStore
    told: dict[str, "subprocess.CompletedProcess[str]"]

    def home(self, which: str) -> Path:
        return self.folder / f"{which} home"

    def warehouse(self, which: str) -> Path:
        return self.home(which) / "dev" / "iot_streaming_dev.duckdb"


@pytest.fixture(scope="module")
def twins(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    twins = Twins(tmp_path_factory.mktemp("twins"), emptied(endpoint), {})
    landing = twins.folder / "landing"
    simulate(Simulation(devices=12, hours=8, seed=11), landing)
    twins.store.mirror(landing, "land")
    for path in landing.rglob("*.ndjson"):
        at = twins.store.modified_at(f"land/{path.relative_to(landing).as_posix()}")
        os.utime(path, (at, at))
    for which, where in (("folder", str(landing)), ("bucket", LANDING)):
        twins.told[which] = iot(
            "run", "--home", str(twins.home(which)), "--landing", where, "--json",
            "--notify-file", str(twins.folder / f"{which}.json"),
            settings=twins.store.environment,
        )  # fmt: skip
        assert twins.told[which].stdout, twins.told[which].stderr
    return twins


@pytest.fixture
def connection(twins: Twins) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for which in ("folder", "bucket"):
            connection.execute(f"attach '{twins.warehouse(which)}' as {which} (read_only)")
        yield connection


@pytest.mark.slow
def test_run_tells_the_same_of_both(twins: Twins) -> None:
    told = {which: json.loads(done.stdout) for which, done in twins.told.items()}
    ingested = {which: run["jobs"][0]["ingested"] for which, run in told.items()}
    for reports in ingested.values():
        for report in reports:
            del report["looked"]
    assert ingested["bucket"] == ingested["folder"]
    assert sum(report["lines"] for report in ingested["bucket"]) > 10_000
    failed = {
        which: [problem.partition(":")[0] for job in run["jobs"] for problem in job["failures"]]
        for which, run in told.items()
    }
    assert failed["bucket"] == failed["folder"]


@pytest.mark.slow
def test_every_table_is_the_same(connection: duckdb.DuckDBPyConnection) -> None:
    tables = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_catalog = 'folder' and table_schema <> 'dev_quality' order by all"
    ).fetchall()
    assert len(tables) > 40
    for (table,) in tables:
        described = connection.execute(f"describe bucket.{table}").fetchall()
        columns = [ComparedColumn(name, kind_of(kind)) for name, kind, *_ in described]
        names = ", ".join(quoted(column.name) for column in columns if not column.is_excluded)
        for one, other in (("folder", "bucket"), ("bucket", "folder")):
            missing = connection.execute(
                f"select {names} from {one}.{table} except all select {names} from {other}.{table}"
            ).fetchall()
            assert missing[:1] == [], f"{len(missing)} rows of {table} in {one} only"


@pytest.mark.slow
def test_ledger_knows_objects_by_their_etag(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "select b.file, b.etag, f.etag from bucket.dev_quality.ledger b "
        "full join folder.dev_quality.ledger f on b.file = f.file and b.lines = f.lines"
    ).fetchall()
    assert len(found) > 50
    assert all(
        file and len(of_bucket) > 30 and not of_folder for file, of_bucket, of_folder in found
    )


def secrets_in(folder: Path) -> list[str]:
    return [
        f"{name} in {path}"
        for path in folder.rglob("*")
        if path.is_file()
        for name, secret in PLANTED.items()
        if secret.encode() in path.read_bytes()
    ]


@pytest.mark.slow
def test_no_secret_is_anywhere(twins: Twins) -> None:
    (twins.folder / "planted").write_text(PLANTED["AWS_SESSION_TOKEN"])
    assert len(secrets_in(twins.folder)) == 1
    (twins.folder / "planted").unlink()
    assert secrets_in(twins.folder) == []
    for done in twins.told.values():
        assert not any(secret in done.stdout + done.stderr for secret in PLANTED.values())


def run_once(home: Path, proxy: Proxy, store: ObjectStore, *more: str) -> "subprocess.Popen[str]":
    there = {"AWS_ENDPOINT_URL": proxy.endpoint, "PATH": os.environ["PATH"]}
    return subprocess.Popen(
        [IOT, "run", INGEST, "--home", str(home), "--landing", LANDING, *more],
        env=store.environment | there, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (faults.error(400, "ExpiredToken"), "sign in again"),
        (
            faults.error(403, "InvalidAccessKeyId", f"<A>{PLANTED['AWS_ACCESS_KEY_ID']}</A>"),
            "is not known there",
        ),
    ],
)
def test_failing_run_tells_no_secret(
    twins: Twins, tmp_path: Path, fault: faults.Fault, message: str
) -> None:
    with faulty(twins.store.endpoint) as proxy:
        proxy.on("GET", "", fault)
        process = run_once(tmp_path / "home", proxy, twins.store, "--debug", "--json")
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1 and message in out
    assert not any(secret in out + err for secret in PLANTED.values())
    assert secrets_in(tmp_path) == []


@pytest.mark.slow
def test_run_takes_what_a_queue_tells_of_and_goes_on_without_it(
    twins: Twins, tmp_path: Path
) -> None:
    home, store = tmp_path / "home", twins.store
    queue = store.queue("runs")

    def told(url: str) -> tuple[int, str, str]:
        """New files of events, how they were looked for, and what was said."""
        done = iot(
            "run", INGEST, "--home", str(home), "--landing", LANDING, "--landing-events", url,
            "--json", settings=store.environment,
        )  # fmt: skip
        assert done.stdout, done.stderr
        events = json.loads(done.stdout)["jobs"][0]["ingested"][0]
        return events["files"], events["looked"], done.stderr

    assert told(queue)[1] == "listed whole"
    store.put("land/iot_events/more.ndjson", b"{}\n")
    assert told(queue)[:2] == (1, "1 files told by the queue")
    assert store.waiting(queue) == (0, 0)
    store.put("land/iot_events/more still.ndjson", b"{}\n")
    files, looked, said = told(queue + "-gone")
    assert (files, looked) == (1, "listed whole")
    assert "sqs:ReceiveMessage" in said and "listed instead" in said
    for name in ("more", "more still"):
        store.delete(f"land/iot_events/{name}.ndjson")


@pytest.mark.slow
def test_run_that_is_killed_while_it_reads_goes_on(twins: Twins, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with faulty(twins.store.endpoint) as proxy:
        proxy.on("GET", "", faults.trickling(2, 0.1))
        for seconds in (0.0, 0.2, 0.6):
            proxy.requests.clear()
            process = run_once(home, proxy, twins.store)
            while not proxy.count()["GET"] and process.poll() is None:
                time.sleep(0.02)
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        proxy.rules.clear()
        done = run_once(home, proxy, twins.store)
        done.communicate(timeout=120)
    assert done.returncode == 0
    with duckdb.connect() as connection:
        connection.execute(f"attach '{twins.warehouse('bucket')}' as whole (read_only)")
        connection.execute(f"attach '{home}/dev/iot_streaming_dev.duckdb' as killed (read_only)")
        for table in ("dev_bronze.iot_events", "dev_bronze.cdc_devices", "dev_quality.ledger"):
            file = "file" if "ledger" in table else "_source_file"
            counts = [
                connection.execute(
                    f"select {file}, count(*) from {of}.{table} group by 1 order by 1"
                ).fetchall()
                for of in ("whole", "killed")
            ]
            assert counts[0] == counts[1]
