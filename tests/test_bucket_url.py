"""A bucket's URL in, its parts or a refusal out; no secret is repeated."""

from pathlib import Path

import pytest

from iot_streaming.bucket_url import BucketUrl, place_of
from iot_streaming.errors import ConfigurationError
from iot_streaming.settings import Settings


@pytest.mark.parametrize(
    ("text", "scheme", "bucket", "prefix"),
    [
        ("s3://fleet", "s3", "fleet", ""),
        ("s3://fleet/", "s3", "fleet", ""),
        ("s3a://fleet/landing/", "s3", "fleet", "landing"),
        ("gs://fleet/a b/c", "gs", "fleet", "a b/c"),
        ("az://container/x", "az", "container", "x"),
    ],
)
def test_parts(text: str, scheme: str, bucket: str, prefix: str) -> None:
    assert place_of(text) == BucketUrl(scheme, bucket, prefix)
    assert BucketUrl.of(str(BucketUrl.of(text))) == BucketUrl(scheme, bucket, prefix)


@pytest.mark.parametrize(
    "text",
    [
        "s3://",
        "s3:///landing",
        "s3://KEY:topsecret@fleet/landing",
        "s3://fleet/a//b",
        "s3://fleet/../b",
        "s3://fleet/a?topsecret",
        "s3://fleet/a#topsecret",
        "s3://fleet/*",
        "ftp://fleet/a",
        "https://KEY:topsecret@host/fleet",
        "file:///landing",
    ],
)
def test_what_is_no_place_is_refused_without_a_secret(text: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        place_of(text)
    assert "topsecret" not in str(told.value)


def test_path_is_a_folder(tmp_path: Path) -> None:
    assert place_of("landing") == Path("landing").absolute()
    assert place_of(tmp_path) == tmp_path


def test_key_below_the_prefix() -> None:
    url = BucketUrl("s3", "fleet", "land")
    assert url.key_under("land/a/b") == "a/b"
    assert url.key_under("landing/a") is None
    assert BucketUrl("s3", "fleet").key_under("a/b") == "a/b"


def test_environment_sets_what_is_for_a_bucket(tmp_path: Path) -> None:
    environment = {
        "IOT_LANDING": "s3://fleet/land",
        "IOT_LANDING_EVENTS": "https://sqs/1/q",
        "IOT_SPOOL": "64m",
        "IOT_LANDING_PATIENCE": "7.5",
    }
    settings = Settings.from_environment(tmp_path, relist=True, environment=environment)
    assert settings.landing == BucketUrl("s3", "fleet", "land")
    assert settings.landing_events == "https://sqs/1/q"
    assert settings.spool_bytes == 64 * 1024**2 and settings.patience_seconds == 7.5
    assert settings.relist_seconds == 0
    folder = Settings.from_environment(tmp_path, tmp_path, environment=environment)
    assert folder.landing == tmp_path and folder.landing_events is None
    with pytest.raises(ConfigurationError, match="is for a landing in S3"):
        Settings.from_environment(tmp_path, tmp_path, landing_events="https://sqs/1/q")
    with pytest.raises(ConfigurationError, match="no number of seconds"):
        Settings.from_environment(tmp_path, environment=environment | {"IOT_LANDING_PATIENCE": "x"})
