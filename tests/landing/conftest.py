"""An object store for each test, and homes that ingest from it."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.bronze.duckdb import engine
from iot_streaming.bronze.ingest import Ingested, create_tables, ingest
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.bucket_url import BucketUrl
from iot_streaming.contract import Source
from iot_streaming.landing.events import LandingEvents
from iot_streaming.settings import Settings
from iot_streaming.sources import IOT_EVENTS
from tests.landing.faults import Proxy, faulty
from tests.landing.s3 import BUCKET, ObjectStore, emptied, s3_server

URL = BucketUrl("s3", BUCKET, "land")


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with s3_server() as started:
        yield started


@pytest.fixture
def store(endpoint: str) -> ObjectStore:
    return emptied(endpoint)


@pytest.fixture
def proxy(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Where the environment says that S3 is."""
    with faulty(store.endpoint) as made:
        for name, value in (store.environment | {"AWS_ENDPOINT_URL": made.endpoint}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield made


@dataclass
class BucketHome:
    """A home whose landing is the bucket; its clock stands where a test sets it."""

    settings: Settings
    now: float = 1_800_000_000.0

    def ingest(self, source: Source = IOT_EVENTS, **changes: Any) -> Ingested:
        events = changes.pop("events", None)
        settings = replace(self.settings, **changes)
        return ingest(settings, source, events=events, clock=lambda: self.now)

    def events(self, queue: str) -> LandingEvents:
        told = LandingEvents(queue, URL)
        told.drain()
        return told

    def rows(self, source: Source = IOT_EVENTS) -> Counter[str]:
        """Bronze rows by file."""
        files = DeltaStore(self.settings.bronze(source.name)).files()
        if not files:
            return Counter()
        with engine(self.settings) as connection:
            found = connection.execute(
                "select _source_file, count(*) from read_parquet($files) group by 1",
                {"files": files},
            )
            return Counter(dict(found.fetchall()))

    def ledger(self, status: str = "ingested") -> Counter[str]:
        """Ledger entries by file."""
        files = DeltaStore(self.settings.ledger).files()
        if not files:
            return Counter()
        with duckdb.connect() as connection:
            found = connection.execute(
                "select file, count(*) from read_parquet($files, union_by_name = true) "
                "where status = $status group by 1",
                {"files": files, "status": status},
            )
            return Counter(dict(found.fetchall()))


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with empty tables, to be copied."""
    folder = tmp_path_factory.mktemp("empty") / "home"
    settings = Settings(home=folder, landing=URL)
    settings.make_folders()
    create_tables(settings)
    return folder


@pytest.fixture
def home(empty_home: Path, tmp_path: Path, proxy: Proxy) -> BucketHome:
    shutil.copytree(empty_home, tmp_path / "home")
    return BucketHome(Settings(home=tmp_path / "home", landing=URL, patience_seconds=3.0))


def lines(count: int, of: int = 0) -> bytes:
    """That many events of a device."""
    text = '{{"event_id":"e-{0}-{1}","device_id":"DEV-{0}","value":1.5}}\n'
    return "".join(text.format(of, number) for number in range(count)).encode()
