"""Whatever an object store does: nothing lost, nothing doubled, and the message says what to do."""

from typing import Any

import pytest

from iot_streaming.bronze import ingest
from iot_streaming.bronze.duckdb import write_rows
from iot_streaming.errors import ConfigurationError, LandingFailed
from iot_streaming.landing import store as landing_store
from tests.landing import faults
from tests.landing.conftest import BucketHome, lines
from tests.landing.faults import Fault, Proxy
from tests.landing.s3 import PLANTED, ObjectStore

FILES = {f"iot_events/date=2026-01-05/{n}.ndjson": 40 + n for n in range(6)}
ONE = "iot_events/date=2026-01-05/0.ndjson"


@pytest.fixture
def landed(store: ObjectStore, home: BucketHome) -> BucketHome:
    for number, (key, count) in enumerate(FILES.items()):
        store.put(f"land/{key}", lines(count, number))
    return home


def assert_whole(home: BucketHome) -> None:
    assert home.rows() == FILES
    assert home.ledger() == dict.fromkeys(FILES, 1)
    assert not home.settings.plan("iot_events").exists()
    assert not (home.settings.scratch / "spool").exists()


PASSING: dict[str, Fault] = {
    "500": faults.error(500, "InternalError"),
    "503 slow down": faults.error(503, "SlowDown"),
    "429": faults.error(429, "TooManyRequests"),
    "reset": faults.reset,
    "reset in body": faults.reset_in_body,
    "truncated": faults.cut_off,
    "trickle": faults.trickling(10, 0.05),
}


@pytest.mark.parametrize("fault", [*PASSING.values(), faults.shorter], ids=[*PASSING, "shorter"])
def test_reading_goes_on_after_what_passes(landed: BucketHome, proxy: Proxy, fault: Fault) -> None:
    proxy.on("GET", "0.ndjson", fault, times=2)
    proxy.on("GET", "3.ndjson", fault, times=1)
    report = landed.ingest()
    assert report.rejected == {} and report.files == 6
    assert_whole(landed)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_listing_goes_on_after_what_passes(landed: BucketHome, proxy: Proxy, fault: Fault) -> None:
    proxy.on("LIST", "", fault, times=2)
    landed.ingest()
    assert_whole(landed)


def test_connection_that_falls_silent_is_tried_again(
    landed: BucketHome, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing_store, "SILENCE", 0.3)
    proxy.on("GET", "0.ndjson", faults.trickling(2, 1.5), times=1)
    landed.ingest()
    assert_whole(landed)


def test_listing_may_be_repeated_and_in_any_order(landed: BucketHome, proxy: Proxy) -> None:
    proxy.on("LIST", "", faults.shuffled_twice)
    landed.ingest()
    assert landed.ingest().files == 0
    assert_whole(landed)


def test_file_that_is_overwritten_before_it_is_read_comes_next_time(
    landed: BucketHome, proxy: Proxy, store: ObjectStore
) -> None:
    new = lines(FILES[ONE], 77)
    proxy.on("GET", "0.ndjson", faults.after(lambda: store.put(f"land/{ONE}", new)), times=1)
    report = landed.ingest()
    assert "changed while it was read" in report.rejected[ONE] and report.files == 5
    assert ONE not in landed.rows()
    assert landed.ingest().files == 1
    assert_whole(landed)


def test_file_that_is_overwritten_after_it_was_read_is_told_and_left(
    landed: BucketHome, store: ObjectStore
) -> None:
    landed.ingest()
    store.put(f"land/{ONE}", lines(FILES[ONE], 77))
    report = landed.ingest()
    assert report.changed == [ONE] and report.files == 0
    assert_whole(landed)


def test_file_that_is_put_again_as_it_was_has_not_changed(
    landed: BucketHome, store: ObjectStore
) -> None:
    landed.ingest()
    store.put(f"land/{ONE}", lines(FILES[ONE], 0))
    assert landed.ingest().changed == []


def test_file_that_goes_away_is_told(landed: BucketHome, proxy: Proxy, store: ObjectStore) -> None:
    proxy.on("GET", "0.ndjson", faults.after(lambda: store.delete(f"land/{ONE}")), times=1)
    report = landed.ingest()
    assert "went away" in report.rejected[ONE] and report.files == 5
    assert landed.rows() == {key: n for key, n in FILES.items() if key != ONE}


def test_one_file_that_may_not_be_read_holds_nobody_up(landed: BucketHome, proxy: Proxy) -> None:
    proxy.on("GET", "0.ndjson", faults.error(403, "AccessDenied"), times=1)
    report = landed.ingest()
    assert "s3:GetObject" in report.rejected[ONE] and report.files == 5
    assert landed.ingest().files == 1
    assert_whole(landed)


def test_one_file_that_never_comes_holds_nobody_up(landed: BucketHome, proxy: Proxy) -> None:
    proxy.on("GET", "0.ndjson", faults.error(500, "InternalError"))
    report = landed.ingest()
    assert "InternalError 500, after every retry" in report.rejected[ONE] and report.files == 5
    proxy.rules.clear()
    assert landed.ingest().files == 1
    assert_whole(landed)


LASTING: dict[str, tuple[Fault, str]] = {
    "all forbidden": (faults.error(403, "AccessDenied"), "AccessDenied: .*s3:GetObject"),
    "expired": (faults.error(400, "ExpiredToken"), "have expired: sign in again"),
    "unknown key": (
        faults.error(403, "InvalidAccessKeyId", f"<A>{PLANTED['AWS_ACCESS_KEY_ID']}</A>"),
        "access key is not known",
    ),
    "wrong secret": (
        faults.error(403, "SignatureDoesNotMatch", "<StringToSign>AWS4</StringToSign>"),
        "secret key does not fit",
    ),
    "down": (faults.error(503, "SlowDown"), "SlowDown 503, after every retry; nothing is lost"),
    "unreachable": (faults.reset, "are the network and AWS_ENDPOINT_URL right"),
    "other region": (faults.error(301, "PermanentRedirect"), "set AWS_REGION"),
}


@pytest.mark.parametrize("kind", ["GET", "LIST"])
@pytest.mark.parametrize("what", LASTING)
def test_trouble_with_the_store_ends_the_run_and_the_next_goes_on(
    landed: BucketHome, proxy: Proxy, what: str, kind: str
) -> None:
    fault, message = LASTING[what]
    proxy.on(kind, "", fault)
    with pytest.raises(LandingFailed, match=message) as told:
        landed.ingest()
    assert landed.rows() == {} and landed.ledger() == {}
    assert not any(secret in str(told.value) for secret in PLANTED.values())
    assert "StringToSign" not in str(told.value)
    proxy.rules.clear()
    landed.ingest()
    assert_whole(landed)


def test_trouble_in_the_middle_leaves_what_is_in(landed: BucketHome, proxy: Proxy) -> None:
    """The second batch's files can't be had; the first batch stays, and nothing comes twice."""
    proxy.on("GET", r"[345]\.ndjson", faults.error(400, "ExpiredToken"))
    with pytest.raises(LandingFailed, match="expired"):
        landed.ingest(max_files=3)
    assert sum(landed.ledger().values()) == 3
    proxy.rules.clear()
    landed.ingest()
    assert_whole(landed)


def test_spool_is_never_larger_than_it_may_be(
    landed: BucketHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    spool = landed.settings.scratch / "spool"

    def weigh(*arguments: Any) -> None:
        sizes.append(sum(path.stat().st_size for path in spool.iterdir()))
        write_rows(*arguments)

    monkeypatch.setattr(ingest, "write_rows", weigh)
    limit = 2 * len(lines(45, 5))
    report = landed.ingest(spool_bytes=limit)
    assert report.files == 6 and len(report.batches) >= 3
    assert 0 < max(sizes) <= limit
    assert_whole(landed)


def test_file_that_is_larger_than_the_spool_is_told(landed: BucketHome) -> None:
    report = landed.ingest(spool_bytes=len(lines(40)) + 1)
    assert report.files == 1
    assert "set IOT_SPOOL higher" in next(iter(report.rejected.values()))
    assert landed.ingest().files == 5
    assert_whole(landed)


def test_plan_made_under_a_larger_spool_is_cut_to_fit(landed: BucketHome, proxy: Proxy) -> None:
    proxy.on("GET", "ndjson", faults.error(400, "ExpiredToken"))
    with pytest.raises(LandingFailed):
        landed.ingest()
    proxy.rules.clear()
    report = landed.ingest(spool_bytes=2 * len(lines(45, 5)))
    assert report.files == 6 and len(report.batches) >= 3
    assert_whole(landed)


def test_nothing_below_the_prefix_may_be_a_wrong_prefix(home: BucketHome) -> None:
    from iot_streaming.landing.opened import landing_of

    with pytest.raises(ConfigurationError, match="is the prefix right"):
        landing_of(home.settings).refuse_missing()


def test_no_credentials_are_told_at_once(home: BucketHome, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PLANTED:
        monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError, match="there are no AWS credentials: set AWS_PROFILE"):
        home.ingest()
