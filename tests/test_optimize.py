"""Many small files made few: the same rows, the same account, and readers undisturbed."""

import json
import os
import time
from pathlib import Path

import pytest
from deltalake import DeltaTable

from iot_streaming import optimize
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.errors import ConfigurationError
from iot_streaming.jobs.embedded import Embedded
from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.sources import IOT_EVENTS, source_named
from iot_streaming.warehouse import EmbeddedWarehouse, show_bronze
from tests.bronze.conftest import Lakehouse, event, lines
from tests.command import iot

CUSTOMERS = source_named("cdc_customers")
BATCHES = 4


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    """A bronze table of events in as many files as batches, one line of each quarantined."""
    lakehouse = Lakehouse(tmp_path)
    for number in range(BATCHES):
        lakehouse.land(f"{number}.ndjson", lines(event(number), "{garbage"))
        lakehouse.ingest()
    lakehouse.land("c.ndjson", lines(change(1)), CUSTOMERS)
    lakehouse.ingest(CUSTOMERS)
    show_bronze(lakehouse.settings)
    return lakehouse


def change(lsn: int) -> str:
    source = {"ts_us": 1700000000000000, "lsn": lsn, "txId": 1, "sequence": f'["1","{lsn}"]'}
    return json.dumps({"op": "c", "after": {"customer_id": "C1"}, "source": source})


def events_of(settings: Settings) -> DeltaStore:
    return DeltaStore(settings.bronze(IOT_EVENTS.name))


def test_rows_account_and_versions_stay(lakehouse: Lakehouse) -> None:
    settings = lakehouse.settings
    rows, account = lakehouse.bronze(), lakehouse.ledger()
    newest = events_of(settings).newest("_ingested_at")
    last = max(row["micros"] for row in lakehouse.bronze("epoch_us(_ingested_at) as micros"))
    ordered_by = DeltaStore(settings.bronze(CUSTOMERS.name)).extremes("_ordered_by")
    done = {one.table: one for one in optimize.optimize(settings)}
    events, ledger = done["dev_bronze.iot_events"], done["dev_quality.ledger"]
    assert (events.before, events.after) == (BATCHES, 1)
    assert (ledger.before, ledger.after) == (BATCHES + 1, 1)
    assert lakehouse.bronze() == rows and len(rows) == 2 * BATCHES
    assert lakehouse.ledger() == account
    # What a batch is checked against is still told of each file.
    assert events_of(settings).newest("_ingested_at") == newest >= last
    assert DeltaStore(settings.bronze(CUSTOMERS.name)).extremes("_ordered_by") == ordered_by
    asked = EmbeddedWarehouse(settings).ask("select count(*) as n from dev_bronze.iot_events")
    assert asked == [{"n": 2 * BATCHES}]


def test_ingestion_goes_on_where_it_was(lakehouse: Lakehouse) -> None:
    optimize.optimize(lakehouse.settings)
    assert lakehouse.ingest().files == 0
    lakehouse.land("more.ndjson", lines(event(100)))
    assert lakehouse.ingest().lines == 1
    assert {row["_batch_id"] for row in lakehouse.bronze("_batch_id")} == set(range(1, BATCHES + 2))


def test_old_files_stay_for_readers_and_go_when_none_needs_them(lakehouse: Lakehouse) -> None:
    old = events_of(lakehouse.settings).files()
    optimize.optimize(lakehouse.settings)
    assert all(Path(file).exists() for file in old)
    killed = Path(old[0]).with_name("part-of-a-killed-run.parquet")
    killed.write_bytes(b"")
    week = time.time() - 8 * 24 * 3600
    os.utime(killed, (week, week))
    removed = {one.table: one.removed for one in optimize.optimize(lakehouse.settings)}
    assert removed["dev_bronze.iot_events"] == 1 and not killed.exists()
    assert all(Path(file).exists() for file in old)
    with pytest.raises(ConfigurationError, match="24 hours"):
        optimize.optimize(lakehouse.settings, retain_hours=1)


def test_table_with_an_unfinished_batch_is_left_alone(lakehouse: Lakehouse) -> None:
    """Its file may have to be counted yet for the ledger."""
    plan = lakehouse.settings.plan(IOT_EVENTS.name)
    plan.parent.mkdir(parents=True, exist_ok=True)
    plan.write_text("{}")
    tables = [one.table for one in optimize.optimize(lakehouse.settings)]
    assert "dev_bronze.iot_events" not in tables and "dev_bronze.cdc_customers" in tables
    assert len(events_of(lakehouse.settings).files()) == BATCHES


def test_run_compacts_when_it_is_due(lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    assert optimize.compact_due(lakehouse.settings) == []
    monkeypatch.setattr(optimize, "DUE_FILES", BATCHES)
    rows = lakehouse.bronze()
    engine = Embedded(lakehouse.settings, Silent(), time.time)
    assert engine.ingest(Path(), {}, [IOT_EVENTS]).failures == {}
    assert len(events_of(lakehouse.settings).files()) == 1
    assert len(DeltaStore(lakehouse.settings.ledger).files()) == 1
    assert lakehouse.bronze() == rows
    assert optimize.compact_due(lakehouse.settings) == []
    # Readers of the log begin at the checkpoint instead of at the first commit.
    log = lakehouse.settings.bronze(IOT_EVENTS.name) / "_delta_log"
    assert list(log.glob("*.checkpoint.parquet"))


def test_command_tells_what_it_did(lakehouse: Lakehouse) -> None:
    home = str(lakehouse.settings.home)
    done = iot("optimize", "--home", home, "--json")
    assert done.returncode == 0, done.stderr
    told = {one["table"]: one["after"] for one in json.loads(done.stdout)}
    assert told["dev_bronze.iot_events"] == 1
    assert len(DeltaTable(lakehouse.settings.bronze(IOT_EVENTS.name)).file_uris()) == 1
    refused = iot("optimize", "--home", home, "--retain-hours", "1")
    assert refused.returncode == 2 and "24 hours" in refused.stderr


def test_logs_of_many_commits_are_read_from_a_checkpoint(lakehouse: Lakehouse) -> None:
    for number in range(BATCHES, 10):
        lakehouse.land(f"{number}.ndjson", lines(event(number)))
        lakehouse.ingest()
    settings = lakehouse.settings
    for table in (settings.bronze(IOT_EVENTS.name), settings.ledger):
        assert list((table / "_delta_log").glob("*.checkpoint.parquet")), table
