"""What all tests share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_environment_of_ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A developer's own settings must not decide what a test sees."""
    ours = ("HOME", "LANDING", "PROJECT", "NOTIFY_WEBHOOK", "NOTIFY_ON")
    for name in (*(f"IOT_{each}" for each in ours), "DATABRICKS_HOST", "DBT_ENV_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    yield
