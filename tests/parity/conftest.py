"""One Spark for all tests that compare the engines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.spark.client import session_at
from iot_streaming.spark.server import connect_server
from tests.bronze.conftest import Lakehouse
from tests.parity.grown import Grown, grow
from tests.questions.asked import duckdb_over, put_tables
from tests.spark.machine import QUICK_JAVA


@pytest.fixture(scope="package")
def spark_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server of their own, whose token is in the environment as long as it runs."""
    folder = tmp_path_factory.mktemp("spark")
    settings = Settings(home=folder, landing=folder, engine="spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", QUICK_JAVA)
        with connect_server(settings, Silent()) as url:
            yield url


@pytest.fixture(scope="module")
def spark(spark_url: str) -> Iterator[Any]:
    with session_at(spark_url) as session:
        yield session


@pytest.fixture(scope="package")
def grown(spark_url: str, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """Minutes of runs; made once for all that compare what they leave behind."""
    return grow(tmp_path_factory.mktemp("grown"), spark_url)


@pytest.fixture(scope="package")
def tables(grown: Grown, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gold and quality of the embedded home, as questions are asked of them."""
    folder = tmp_path_factory.mktemp("tables")
    put_tables(grown.homes["duckdb"], folder)
    return folder


@pytest.fixture(scope="package")
def embedded(tables: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb_over(tables) as connection:
        yield connection


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    return Lakehouse(tmp_path)
