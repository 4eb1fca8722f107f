"""A bucket is looked through for as few requests as it takes, and nothing is missed for it."""

from datetime import date

import pytest

from iot_streaming.bronze import arrivals
from iot_streaming.landing.discovery import start_after
from iot_streaming.landing.opened import landing_of
from iot_streaming.landing.place import LISTED, Listing
from tests.landing import faults
from tests.landing.conftest import BucketHome, lines
from tests.landing.faults import Proxy
from tests.landing.s3 import ObjectStore

DAY = 24 * 60 * 60.0


def day(number: int, name: str = "a") -> str:
    return f"iot_events/date=2026-01-{number:02}/{name}.ndjson"


@pytest.fixture
def large(store: ObjectStore, home: BucketHome, monkeypatch: pytest.MonkeyPatch) -> BucketHome:
    """A home that knows a bucket of three days, and takes it for a large one."""
    monkeypatch.setattr(arrivals, "SMALL", 0)
    for number in (5, 6, 7):
        store.put(f"land/{day(number)}", lines(10, number))
    assert home.ingest().looked == "listed whole"
    return home


def test_known_bucket_is_listed_from_the_day_before_the_newest(
    large: BucketHome, store: ObjectStore, proxy: Proxy
) -> None:
    store.put(f"land/{day(8)}", lines(10, 8))
    proxy.requests.clear()
    report = large.ingest()
    assert (report.files, report.looked) == (1, "listed from iot_events/date=2026-01-06 on")
    listing = next(request for request in proxy.requests if request.kind == "LIST")
    assert "start-after=land%2Fiot_events%2Fdate%3D2026-01-06" in listing.query
    assert large.ingest().files == 0


def test_what_comes_earlier_than_that_is_found_by_the_daily_listing(
    large: BucketHome, store: ObjectStore
) -> None:
    store.put(f"land/{day(2)}", lines(10, 2))
    assert large.ingest().files == 0
    assert large.ingest(relist_seconds=0).files == 1
    store.put(f"land/{day(3)}", lines(10, 3))
    large.now += DAY - 1
    assert large.ingest().files == 0
    large.now += DAY
    assert (large.ingest().files, large.ingest().files) == (1, 0)


def test_whole_listing_counts_once_its_files_are_in(
    large: BucketHome, store: ObjectStore, proxy: Proxy
) -> None:
    """Killed in between, what it found must be looked for again."""
    store.put(f"land/{day(2)}", lines(10, 2))
    proxy.on("GET", "02/a", faults.error(400, "ExpiredToken"))
    with pytest.raises(Exception, match="expired"):
        large.ingest(relist_seconds=0)
    large.settings.plan("iot_events").unlink()
    proxy.rules.clear()
    large.now += DAY
    assert large.ingest().files == 1


def test_memory_of_another_bucket_or_of_none_lists_all(large: BucketHome) -> None:
    memory = large.settings.plan("iot_events.listed")
    text = memory.read_text()
    for other in (text.replace("fleet", "other"), "{", "[]", '{"landing": 1}'):
        memory.write_text(other)
        assert large.ingest().looked == "listed whole"
    memory.unlink()
    assert large.ingest().looked == "listed whole"
    # A clock that was set back.
    large.now -= 2 * DAY
    assert large.ingest().looked == "listed whole"


def test_file_that_could_not_be_read_is_tried_again_wherever_it_lies(
    large: BucketHome, store: ObjectStore, proxy: Proxy
) -> None:
    store.put(f"land/{day(1)}", lines(10, 1))
    proxy.on("GET", "01/a", faults.error(403, "AccessDenied"), times=1)
    assert list(large.ingest(relist_seconds=0).rejected) == [day(1)]
    report = large.ingest()
    assert report.looked.startswith("listed from") and report.files == 1


def test_changed_file_is_told_if_it_is_looked_at(large: BucketHome, store: ObjectStore) -> None:
    store.put(f"land/{day(7)}", lines(11, 7))
    store.put(f"land/{day(5)}", lines(11, 5))
    assert large.ingest().changed == [day(7)]
    assert large.ingest(relist_seconds=0).changed == [day(5), day(7)]


@pytest.mark.parametrize(
    ("oldest", "newest", "expected"),
    [
        ("e/date=2026-01-05/a", "e/date=2026-01-07/b", "e/date=2026-01-06"),
        ("cdc/devices/devices-20260105T0000.x", "cdc/devices/devices-20260301T0900.x",
         "cdc/devices/devices-20260228"),
        ("e/2026-01-05", "e/2026-01-05", "e/2026-01-04"),
        # Two sites: the second's newest says nothing about the first.
        ("e/site=a/date=2026-01-05/a", "e/site=b/date=2026-01-07/b", ""),
        ("e/LOAD001.csv", "e/date=2026-01-07/b", ""),
        ("e/abc", "e/def", ""),
        ("e/date=2026-01-05/a", "e/date=2026-13-07/b", ""),
        # A device whose clock is wrong must not hide the others' files.
        ("e/date=2026-01-05/a", "e/date=2062-01-07/b", ""),
        ("", "", ""),
    ],
)  # fmt: skip
def test_listing_starts_where_time_does(oldest: str, newest: str, expected: str) -> None:
    assert start_after(oldest, newest, date(2026, 6, 1)) == expected


@pytest.mark.parametrize("key", ["a//b.ndjson", "../b.ndjson", "./b.ndjson", "a\nb.ndjson"])
def test_key_that_is_no_path_is_told_and_holds_nobody_up(
    store: ObjectStore, home: BucketHome, key: str
) -> None:
    store.put(f"land/iot_events/{key}", lines(1))
    store.put(f"land/{day(5)}", lines(10))
    report = home.ingest()
    assert list(report.rejected) == [f"iot_events/{key}"]
    assert "copy the object" in report.rejected[f"iot_events/{key}"]
    assert home.rows() == {day(5): 10}


@pytest.mark.parametrize(
    "name",
    ["a b.ndjson", "a+b%41.ndjson", "ü?#&.ndjson", "'; drop table x; --.ndjson", "*.ndjson"],
)
def test_any_other_name_is_as_good_as_another(
    store: ObjectStore, home: BucketHome, name: str
) -> None:
    store.put(f"land/iot_events/{name}", lines(10))
    home.ingest()
    assert home.rows() == {f"iot_events/{name}": 10}


def test_what_is_not_ready_or_no_file_stays_out_of_sight(
    store: ObjectStore, home: BucketHome
) -> None:
    for key in ("_a.ndjson", ".b.ndjson", "_tmp/c.ndjson"):
        store.put(f"land/iot_events/{key}", lines(1))
    # As the console makes a folder.
    store.put("land/iot_events/", b"")
    store.put("land/iot_events/sub/", b"")
    store.put("land/iot_events/notes.txt", b"x")
    report = home.ingest()
    assert report.files == 0 and report.rejected == {}
    assert report.ignored == ["iot_events/notes.txt"]


def test_strangers_are_named_by_their_prefix(store: ObjectStore, home: BucketHome) -> None:
    for key in ("iot_events/a.ndjson", "cdc/devices/a.ndjson", "cdc/other/a", "x/y/z", "top", "_m"):
        store.put(f"land/{key}", b"1")
    landing = landing_of(home.settings)
    assert landing.strangers(["iot_events", "cdc/devices"]) == ["cdc/other/", "top", "x/"]


def test_stranger_whose_key_is_no_path_is_named_too(store: ObjectStore, home: BucketHome) -> None:
    for key in ("iot_events/a.ndjson", "a//b"):
        store.put(f"land/{key}", b"1")
    store.put("land//x", b"1")
    found = landing_of(home.settings).strangers(["iot_events"])
    assert any("no path" in key for key in found)


def test_a_bucket_of_pages_is_listed_page_by_page(
    store: ObjectStore, home: BucketHome, proxy: Proxy
) -> None:
    for number in range(2500):
        store.put(f"land/iot_events/{number:05}.ndjson", b"")
    found = landing_of(home.settings).listed("iot_events").files
    assert len(set(found["key"].to_pylist())) == found.num_rows == 2500
    assert proxy.count() == {"LIST": 3}


def test_listing_shape_is_what_it_says(store: ObjectStore, home: BucketHome) -> None:
    store.put(f"land/{day(5)}", lines(3))
    landing = landing_of(home.settings)
    by_list, by_head = landing.listed("iot_events"), landing.found([day(5), day(6)])
    assert by_list.files.schema == by_head.files.schema == LISTED
    assert isinstance(by_head, Listing)
    assert by_list.files["key"].to_pylist() == by_head.files["key"].to_pylist() == [day(5)]
    assert by_list.files["etag"] == by_head.files["etag"]
    at = by_list.files["modified_at"][0].as_py() / 1e6
    assert int(at) == store.modified_at(f"land/{day(5)}")
