"""What all tests share, and how workers share the tests."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

# Started by a shell in the background, tests and all that they start would ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With workers (`make test`); without, pytest-xdist need not even be there."""
    from tests.workers import FilesAndSpark

    return FilesAndSpark(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that no worker is left alone with one in the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def no_environment_of_ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A developer's own settings must not decide what a test sees."""
    landing = ("LANDING", "LANDING_EVENTS", "LANDING_PATIENCE", "SPOOL")
    ours = (*landing, "HOME", "PROJECT", "NOTIFY_WEBHOOK", "NOTIFY_ON")
    for name in (*(f"IOT_{each}" for each in ours), "DATABRICKS_HOST", "DBT_ENV_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    yield
