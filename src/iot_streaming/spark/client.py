"""A sc:// URL in, a session out that says it when nobody answers there, or nobody any more.

Run as a module, it is Spark's own command for pipelines, on such a session.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import grpc  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.client.retries import DefaultPolicy, RetryPolicyState

from iot_streaming.errors import ConfigurationError, SparkFailed

ANSWER_SECONDS = 20.0
REMOTE = "SPARK_REMOTE"


class Patience(DefaultPolicy):
    """Spark's own policy would ask for ten minutes, with every call anew; this for one, once.

    Between the attempts lie 0.05, 0.2, 0.8, 3.2 and six times 8 s.
    """

    def __init__(self, max_retries: int = 10) -> None:
        super().__init__(max_retries=max_retries, max_backoff=8000)
        self.is_over = False

    def can_retry(self, e: BaseException) -> bool:
        return not self.is_over and super().can_retry(e)

    def to_state(self) -> RetryPolicyState:
        return _Waiting(self)


class _Waiting(RetryPolicyState):
    """One call's attempts; the policy learns that they were in vain."""

    def __init__(self, patience: Patience) -> None:
        super().__init__(patience)
        self.patience = patience

    def next_attempt(self, exception: BaseException | None = None) -> int | None:
        wait = super().next_attempt(exception)
        self.patience.is_over = wait is None
        return wait


@contextmanager
def session_at(url: str, patience: Patience | None = None) -> Iterator[SparkSession]:
    """A session of its own, the process's default one meanwhile.

    ConfigurationError for a URL that isn't one. SparkFailed when nobody answers within
    ANSWER_SECONDS, when whoever does refuses this client, and when the block failed after the
    server was gone for about a minute.
    """
    patience = patience or Patience()
    place = answering(url)
    session = SparkSession.builder.remote(url).create()
    session.client.set_retry_policies([patience])
    try:
        _greet(session, place)
        yield session
    except Exception as error:
        if not patience.is_over:
            raise
        raise SparkFailed(
            f"nobody answers at {place} any more; what is done is kept: run it again once the "
            "server is there"
        ) from error
    finally:
        # A server that is gone has forgotten the session anyway.
        session.client.set_retry_policies([])
        session.stop()


def answering(url: str) -> str:
    """The URL without its parameters, such as a token, once somebody answers there.

    SparkFailed when nobody does within ANSWER_SECONDS; ConfigurationError for what is no URL.
    """
    try:
        builder = DefaultChannelBuilder(url)
        place = f"sc://{builder.endpoint}"
    except ValueError:
        # What Spark says may quote the token.
        raise ConfigurationError(
            "Spark's client can't read the URL of --remote; write it as sc://HOST:PORT, or "
            "sc://HOST:PORT/;use_ssl=true;token=TOKEN with every = of the token as %3D"
        ) from None
    channel = builder.toChannel()
    ready = grpc.channel_ready_future(channel)
    try:
        ready.result(ANSWER_SECONDS)
    except grpc.FutureTimeoutError:
        raise SparkFailed(_silence(place, builder)) from None
    finally:
        ready.cancel()
        channel.close()
    return place


def _silence(place: str, builder: DefaultChannelBuilder) -> str:
    said = f"nobody answers at {place} for {ANSWER_SECONDS:g} s; is a Spark Connect server there"
    if builder.secure and (builder.use_ssl or builder.host != "localhost"):
        # With a token, it does so without being asked.
        return f"{said}, and does it speak TLS, as Spark's client does here?"
    return f"{said}, and not behind TLS (/;use_ssl=true)?"


def _greet(session: SparkSession, place: str) -> None:
    try:
        session.version  # noqa: B018 (it is asked of the server)
    except PySparkException as error:
        raise SparkFailed(
            f"{place} refuses this client: {str(error).partition(chr(10))[0]}; a token belongs "
            "into the URL (/;token=TOKEN) or into SPARK_CONNECT_AUTHENTICATE_TOKEN"
        ) from error


def main() -> None:
    """Spark's command takes the session that it finds."""
    from pyspark.pipelines.cli import main as run_command

    with session_at(os.environ[REMOTE]):
        run_command()


if __name__ == "__main__":
    main()
