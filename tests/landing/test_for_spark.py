"""A bucket as Spark is told of it, and what Spark brought in held to the bucket's objects.

Spark itself is not started here: docs/landing.md says what was run by hand.
"""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError, LinesLost
from iot_streaming.spark.pipeline import _url
from iot_streaming.spark.s3 import reads_s3, s3_confs
from tests.landing.conftest import URL, BucketHome
from tests.landing.faults import Proxy
from tests.landing.s3 import PLANTED, ObjectStore
from tests.spark.test_accounts import HELD, KEY, Bronze, accounts

TWO_LINES = b"{}\n\n{}\n"


@pytest.mark.parametrize("key", [KEY, f"{KEY}.gz"])
def test_object_enters_the_ledger_whole_and_with_its_etag(
    store: ObjectStore, home: BucketHome, key: str
) -> None:
    content = gzip.compress(TWO_LINES) if key.endswith(".gz") else TWO_LINES
    store.put(f"land/{key}", content)
    bronze = Bronze(HELD | {"file": key})
    report = accounts(bronze, home.settings).settle(is_complete=True)
    assert (report.files, report.lines) == (1, 2)
    assert len(bronze.entered[0][-1]) > 30


def test_object_whose_bytes_explain_its_lines_is_not_read(
    store: ObjectStore, home: BucketHome, proxy: Proxy
) -> None:
    store.put(f"land/{KEY}", b"{}\n{}\n")
    accounts(Bronze(HELD), home.settings).settle(is_complete=True)
    assert proxy.count() == {"LIST": 1}


def test_lost_lines_of_an_object_are_found(store: ObjectStore, home: BucketHome) -> None:
    store.put(f"land/{KEY}", TWO_LINES)
    bronze = Bronze(HELD | {"lines": 1, "line_bytes": 2})
    with pytest.raises(LinesLost, match="has 2 lines and bronze 1 of it"):
        accounts(bronze, home.settings).settle(is_complete=True)
    assert bronze.entered == []


def test_object_that_landed_meanwhile_is_looked_up(store: ObjectStore, home: BucketHome) -> None:
    bronze = Bronze(HELD)
    waiting = accounts(bronze, home.settings)
    store.put(f"land/{KEY}", b"{}\n{}\n")
    assert waiting.settle(is_complete=True).files == 1


def test_spark_is_told_the_place_and_no_secret(store: ObjectStore, tmp_path: Path) -> None:
    assert (_url(URL), _url(tmp_path)) == ("s3a://fleet/land", f"file://{tmp_path}")
    confs = s3_confs(store.environment)
    assert confs["spark.hadoop.fs.s3a.endpoint"] == store.endpoint
    assert confs["spark.hadoop.fs.s3a.endpoint.region"] == "eu-central-1"
    assert confs["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"
    assert not set(PLANTED.values()) & set(confs.values())
    assert set(s3_confs({})) == {"spark.hadoop.fs.s3a.aws.credentials.provider"}


def test_store_without_a_connector_is_refused(home: BucketHome, tmp_path: Path) -> None:
    assert reads_s3(URL) and not reads_s3(tmp_path)
    other = replace(home.settings, landing=BucketUrl("gs", "fleet"))
    with pytest.raises(ConfigurationError, match="--engine duckdb, or --remote"):
        reads_s3(other.landing)
