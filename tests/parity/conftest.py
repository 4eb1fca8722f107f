"""One Spark for a module's tests that compare the engines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.spark.client import session_at
from iot_streaming.spark.server import connect_server
from tests.bronze.conftest import Lakehouse
from tests.spark.machine import QUICK_JAVA


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session on a server of its own; PySpark knows no other until both have ended."""
    folder = tmp_path_factory.mktemp("spark")
    settings = Settings(home=folder, landing=folder, engine="spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", QUICK_JAVA)
        with connect_server(settings, Silent()) as url, session_at(url) as session:
            yield session


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    return Lakehouse(tmp_path)
