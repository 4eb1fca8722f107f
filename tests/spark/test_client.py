"""Nobody at --remote, or nobody any more: said soon, and without the token."""

import time
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from pyspark.sql.connect.client.retries import Retrying

from iot_streaming.errors import ConfigurationError, SparkFailed
from iot_streaming.jobs.on_spark import on_spark
from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.spark import client
from iot_streaming.spark.client import Patience, session_at


class Gone(grpc.RpcError):  # type: ignore[misc]
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def trailing_metadata(self) -> None:
        return None


@pytest.mark.parametrize(
    ("parameters", "asked"),
    [("", "not behind TLS"), ("/;use_ssl=true;token=hidden", "does it speak TLS")],
)
def test_silence_is_told_soon_and_without_the_token(
    monkeypatch: pytest.MonkeyPatch, parameters: str, asked: str
) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.5)
    began = time.monotonic()
    with (
        pytest.raises(SparkFailed, match=rf"nobody answers at sc://localhost:1 .*{asked}") as told,
        session_at(f"sc://localhost:1{parameters}"),
    ):
        pass
    assert "hidden" not in str(told.value)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("url", ["sc://localhost:x", "sc://localhost:1/;token=hidden=="])
def test_url_that_cannot_be_read_is_not_quoted(url: str) -> None:
    with (
        pytest.raises(ConfigurationError, match="write it as sc://HOST:PORT") as told,
        session_at(url),
    ):
        pass
    assert "hidden" not in str(told.value)


@pytest.mark.filterwarnings("ignore:.*RETRIES_EXCEEDED")
def test_patience_is_for_one_minute_and_for_all_calls_together() -> None:
    patience, slept = Patience(), list[float]()

    def call() -> None:
        for attempt in Retrying(patience, slept.append):
            with attempt:
                raise Gone

    with pytest.raises(Gone):
        call()
    assert 50 < sum(slept) < 65 and patience.is_over
    waits = len(slept)
    with pytest.raises(Gone):
        call()
    assert len(slept) == waits


def test_home_that_a_url_would_spell_otherwise_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "a home", landing=tmp_path, engine="spark")
    refused = pytest.raises(ConfigurationError, match="a home/dev/spark: choose a --home")
    with refused, on_spark(settings, Silent()):
        pass
