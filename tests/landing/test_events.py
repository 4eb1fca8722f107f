"""A queue tells what landed: requests grow with the new files, and nothing rests on it alone."""

import pytest

from iot_streaming.bronze import arrivals
from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError, LandingFailed
from iot_streaming.landing.events import LandingEvents
from tests.landing import faults
from tests.landing.conftest import URL, BucketHome, lines
from tests.landing.faults import Proxy
from tests.landing.s3 import BUCKET, PLANTED, ObjectStore


def key(number: int) -> str:
    return f"iot_events/{number:03}.ndjson"


def created(name: str, bucket: str = BUCKET, event: str = "ObjectCreated:Put") -> dict[str, object]:
    return {
        "Records": [
            {"eventName": event, "s3": {"bucket": {"name": bucket}, "object": {"key": name}}}
        ]
    }


@pytest.fixture
def queue(store: ObjectStore, home: BucketHome) -> str:
    """Of a home that has listed its bucket whole just now."""
    store.put(f"land/{key(0)}", lines(10))
    home.ingest()
    return store.queue("landed")


def ingest_told(home: BucketHome, queue: str) -> int:
    events = home.events(queue)
    report = home.ingest(events=events)
    assert report.looked.endswith("told by the queue")
    events.settle([])
    return report.files


def test_only_what_the_queue_tells_of_is_asked_for(
    store: ObjectStore, home: BucketHome, proxy: Proxy, queue: str
) -> None:
    store.client("s3").put_object(Bucket=BUCKET, Key=f"land/{key(1)}", Body=lines(10, 1))
    proxy.requests.clear()
    assert ingest_told(home, queue) == 1
    # Two receives (one finds the queue empty), one delete; one HEAD and one GET of the file.
    assert proxy.count() == {"POST": 3, "HEAD": 1, "GET": 1}
    assert store.waiting(queue) == (0, 0)


@pytest.mark.parametrize("count", [10, 60])
def test_requests_grow_with_the_new_files(
    store: ObjectStore, home: BucketHome, proxy: Proxy, queue: str, count: int
) -> None:
    for number in range(1, count + 1):
        store.put(f"land/{key(number)}", lines(1, number))
    proxy.requests.clear()
    assert ingest_told(home, queue) == count
    assert proxy.count() == {"POST": 2 * count // 10 + 1, "HEAD": count, "GET": count}


def test_messages_may_come_twice_and_in_any_order(
    store: ObjectStore, home: BucketHome, queue: str
) -> None:
    for number in (3, 1, 2):
        store.put(f"land/{key(number)}", lines(10, number))
    for number in (3, 0, 2):
        store.send(queue, created(f"land/{key(number)}"))
    assert ingest_told(home, queue) == 3
    store.send(queue, created(f"land/{key(2)}"))
    assert ingest_told(home, queue) == 0
    assert home.rows() == {key(number): 10 for number in range(4)}


def test_message_comes_again_until_its_file_is_in(
    store: ObjectStore, home: BucketHome, proxy: Proxy, queue: str
) -> None:
    store.put(f"land/{key(1)}", lines(10, 1))
    events = home.events(queue)
    assert store.waiting(queue) == (0, 1)
    proxy.on("GET", "001", faults.error(400, "ExpiredToken"))
    with pytest.raises(LandingFailed):
        home.ingest(events=events)
    events.settle(["iot_events"])
    assert store.waiting(queue) == (1, 0)
    proxy.rules.clear()
    # The plan of the run that failed brings the file in; the message then finds it known.
    assert ingest_told(home, queue) == 1
    assert home.rows()[key(1)] == 10 and store.waiting(queue) == (0, 0)


def test_whatever_else_is_in_the_queue(store: ObjectStore, home: BucketHome, queue: str) -> None:
    store.put("land/iot_events/a b+c.ndjson", lines(10, 1))
    known: list[dict[str, object]] = [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET},
        created("land/iot_events/a+b%2Bc.ndjson"),
        created("land/iot_events/gone.ndjson"),
        created(f"land/{key(0)}", event="ObjectRemoved:Delete"),
        created("land/nobodys/x"),
    ]
    strange: list[object] = ["no JSON", "[]", "{}"]
    strange += [created("x", bucket="another"), created("elsewhere/x")]
    for body in (*known, *strange):
        store.send(queue, body)
    events = home.events(queue)
    report = home.ingest(events=events)
    assert report.files == 1 and report.rejected == {}
    events.settle([])
    # What is of no file of ours is for somebody else to take.
    assert store.waiting(queue) == (len(strange), 0)


@pytest.mark.parametrize("way", ["sns", "eventbridge"])
def test_events_may_come_by_another_way(
    store: ObjectStore, home: BucketHome, queue: str, way: str
) -> None:
    import json

    store.put("land/iot_events/a+b.ndjson", lines(10, 1))
    if way == "sns":
        told = json.dumps(created("land/iot_events/a%2Bb.ndjson"))
        store.send(queue, {"Type": "Notification", "TopicArn": "arn", "Message": told})
    else:
        detail = {"bucket": {"name": BUCKET}, "object": {"key": "land/iot_events/a+b.ndjson"}}
        store.send(queue, {"detail-type": "Object Created", "detail": detail})
    assert ingest_told(home, queue) == 1


def test_daily_listing_finds_what_the_queue_lost(
    store: ObjectStore, home: BucketHome, queue: str
) -> None:
    store.put(f"land/{key(1)}", lines(10, 1))
    home.events(queue).settle([])
    assert ingest_told(home, queue) == 0
    home.now += 24 * 60 * 60
    events = home.events(queue)
    report = home.ingest(events=events)
    assert (report.looked, report.files) == ("listed whole", 1)


def test_file_that_could_not_be_read_is_tried_again_untold(
    store: ObjectStore, home: BucketHome, proxy: Proxy, queue: str
) -> None:
    store.put(f"land/{key(1)}", lines(10, 1))
    proxy.on("GET", "001", faults.error(403, "AccessDenied"), times=1)
    assert ingest_told(home, queue) == 0
    assert store.waiting(queue) == (0, 0)
    assert ingest_told(home, queue) == 1


def test_queue_that_is_not_there_is_told_without_a_secret(home: BucketHome, queue: str) -> None:
    with pytest.raises(LandingFailed, match="sqs:ReceiveMessage") as told:
        home.events(queue + "x")
    assert not any(secret in str(told.value) for secret in PLANTED.values())


def test_queue_is_an_https_address_and_of_s3(home: BucketHome) -> None:
    for url in ("landed", "https://sqs/", "https://user@sqs/1/q", "ftp://sqs/1/q"):
        with pytest.raises(ConfigurationError, match="SQS queue's URL"):
            LandingEvents(url, URL)
    with pytest.raises(ConfigurationError, match="for a landing in S3"):
        LandingEvents("https://sqs.eu-central-1.amazonaws.com/1/q", BucketUrl("gs", "bucket"))


def test_small_bucket_is_not_listed_when_there_is_a_queue(home: BucketHome, queue: str) -> None:
    assert arrivals.SMALL > 1
    assert home.ingest().looked == "listed whole"
    assert ingest_told(home, queue) == 0
