"""Files are written to a bucket whole: what is seen there is all there."""

import threading
from pathlib import Path

import pytest

from iot_streaming.capture import Wanted, capture
from iot_streaming.capture.stage import hidden_folder
from iot_streaming.errors import ConfigurationError, LandingFailed
from iot_streaming.landing import bucket as landing_bucket
from iot_streaming.landing.opened import landing_at
from iot_streaming.simulator import Simulation, follow, simulate
from tests.capture.test_capture_files import FakeEngine, change, end
from tests.landing import faults
from tests.landing.conftest import URL
from tests.landing.faults import Proxy
from tests.landing.s3 import ObjectStore

SMALL = Simulation(devices=6, hours=2)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def objects_of(store: ObjectStore) -> dict[str, bytes]:
    return {key.removeprefix("land/"): store.content(key) for key in store.objects()}


def test_bucket_gets_the_very_files_of_a_folder(
    store: ObjectStore, proxy: Proxy, tmp_path: Path
) -> None:
    manifest = simulate(SMALL, URL)
    assert simulate(SMALL, tmp_path) == manifest
    assert objects_of(store) == files_of(tmp_path)
    proxy.requests.clear()
    assert simulate(SMALL, URL) == manifest
    assert proxy.count()["PUT"] == 0


def test_simulation_that_was_broken_off_goes_on(
    store: ObjectStore, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.on("PUT", r"iot_events/.*T01", faults.error(403, "AccessDenied"), times=1)
    with pytest.raises(LandingFailed, match=r"written: AccessDenied: .*s3:PutObject"):
        simulate(SMALL, URL)
    assert "_manifest.json" not in objects_of(store)
    simulate(SMALL, URL)
    simulate(SMALL, tmp_path)
    assert objects_of(store) == files_of(tmp_path)


def test_bucket_of_another_simulation_or_of_anything_is_refused(
    store: ObjectStore, proxy: Proxy
) -> None:
    simulate(SMALL, URL)
    with pytest.raises(ConfigurationError, match="holds another simulation"):
        simulate(Simulation(devices=7, hours=2), URL)
    store.delete("land/_simulation.json")
    with pytest.raises(ConfigurationError, match="no simulation is on record"):
        simulate(SMALL, URL)


def test_dripping_looks_at_the_bucket_once(store: ObjectStore, proxy: Proxy) -> None:
    windows = [0]

    def stop() -> bool:
        windows[0] += 1
        return windows[0] > 6

    follow(SMALL, URL, sleep=lambda seconds: None, stop=stop)
    assert [key for key in store.objects() if "iot_events/" in key]
    assert proxy.count()["LIST"] <= 4


@pytest.mark.parametrize("fault", [faults.reset, faults.error(503, "SlowDown")])
def test_large_file_goes_up_in_parts_and_is_seen_whole(
    store: ObjectStore,
    proxy: Proxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: faults.Fault,
) -> None:
    monkeypatch.setattr(landing_bucket, "_PART", 5 * 1024 * 1024)
    seen: list[list[str]] = []
    proxy.on("PUT", "partNumber=2", fault, times=1)
    proxy.on("POST", "uploadId=", faults.after(lambda: seen.append(store.objects())))
    landing = landing_at(URL, tmp_path)
    content = bytes(range(256)) * 50_000
    landing.hidden("iot_events/a.ndjson").write_bytes(content)
    landing.show(["iot_events/a.ndjson"])
    assert seen == [[]]
    assert objects_of(store) == {"iot_events/a.ndjson": content}


def test_upload_that_fails_leaves_nothing_to_be_seen(
    store: ObjectStore, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing_bucket, "_PART", 5 * 1024 * 1024)
    proxy.on("PUT", "partNumber=2", faults.error(403, "AccessDenied"))
    landing = landing_at(URL, tmp_path)
    hidden = landing.hidden("iot_events/a.ndjson")
    hidden.write_bytes(bytes(12 * 1024 * 1024))
    with pytest.raises(LandingFailed, match="AccessDenied"):
        landing.show(["iot_events/a.ndjson"])
    assert objects_of(store) == {}
    uploads = store.client("s3").list_multipart_uploads(Bucket=URL.bucket)
    assert uploads.get("Uploads", []) == []
    proxy.rules.clear()
    landing.show(["iot_events/a.ndjson"])
    assert list(objects_of(store)) == ["iot_events/a.ndjson"] and not hidden.exists()


@pytest.fixture
def wanted(proxy: Proxy, tmp_path: Path) -> Wanted:
    return Wanted("postgresql://h/d", URL, tmp_path / "state", ("customers", "orders"))


def run(wanted: Wanted, engine: FakeEngine) -> None:
    stop = threading.Event()
    stop.set()
    capture(wanted, start=engine, stop=stop)


def landed(store: ObjectStore, table: str) -> list[str]:
    found = objects_of(store).items()
    texts = [text for key, text in found if key.startswith(f"cdc/{table}/")]
    return b"".join(texts).decode().splitlines()


def test_captured_changes_land_in_the_bucket(store: ObjectStore, wanted: Wanted) -> None:
    changes = [change("customers", '{"a":1}'), change("orders", "null"), end(5)]
    run(wanted, FakeEngine(changes))
    assert landed(store, "customers") == ['{"a":1}'] and landed(store, "orders") == ["null"]
    run(wanted, FakeEngine([change("customers", '{"a":2}'), end(9)]))
    assert landed(store, "customers") == ['{"a":1}', '{"a":2}']
    staged = hidden_folder(wanted.opened(), "customers")
    assert list(staged.iterdir()) == []


def test_capture_that_could_not_show_its_files_shows_them_next_time(
    store: ObjectStore, proxy: Proxy, wanted: Wanted
) -> None:
    proxy.on("PUT", "cdc/", faults.error(400, "ExpiredToken"))
    with pytest.raises(LandingFailed, match="expired"):
        run(wanted, FakeEngine([change("customers", "1"), end(5)]))
    assert landed(store, "customers") == []
    proxy.rules.clear()
    run(wanted, FakeEngine([]))
    assert landed(store, "customers") == ["1"]


def test_file_that_was_shown_before_its_capture_was_killed_is_shown_once(
    store: ObjectStore, wanted: Wanted
) -> None:
    """The upload was whole, and the staged file was still there."""
    run(wanted, FakeEngine([change("customers", "1"), end(5)]))
    (key,) = (key for key in objects_of(store) if key.startswith("cdc/customers/"))
    landing = wanted.opened()
    landing.hidden(key).write_bytes(b"1\n")
    run(wanted, FakeEngine([]))
    assert landed(store, "customers") == ["1"] and not landing.hidden(key).exists()


def test_bucket_that_holds_other_changes_is_refused(store: ObjectStore, wanted: Wanted) -> None:
    store.put("land/cdc/customers/a.ndjson", b"1\n")
    with pytest.raises(ConfigurationError, match="holds other changes already"):
        run(wanted, FakeEngine([]))
