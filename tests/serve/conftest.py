"""Homes that publish: as usual, hostile, with nothing in them, and one that never ran."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from iot_streaming.serve.app import Doors, create_app
from iot_streaming.serve.embedded import EmbeddedHome
from iot_streaming.settings import Settings
from tests.serve.made_fleets import hostile, ordinary
from tests.serve.made_home import make_home


def client_of(settings: Settings, doors: Doors | None = None) -> TestClient:
    """Somebody who asks the application on this machine."""
    app = create_app(EmbeddedHome(settings), doors)
    return TestClient(app, base_url="http://localhost:8321", raise_server_exceptions=False)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_home(tmp_path_factory.mktemp("ordinary"), ordinary())


@pytest.fixture(scope="session")
def client(settings: Settings) -> TestClient:
    return client_of(settings)


@pytest.fixture(scope="session")
def hostile_client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return client_of(make_home(tmp_path_factory.mktemp("hostile"), hostile()))


@pytest.fixture(scope="session")
def bare_client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Of a home whose run found nothing at all."""
    return client_of(make_home(tmp_path_factory.mktemp("bare"), {}))


@pytest.fixture
def new_client(tmp_path: Path) -> TestClient:
    """Of a home without any run."""
    return client_of(Settings(home=tmp_path, landing=tmp_path / "landing"))
