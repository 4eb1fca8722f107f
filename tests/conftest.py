"""What all tests share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_environment_of_ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A developer's own settings must not decide what a test sees."""
    for name in ("IOT_HOME", "IOT_LANDING", "IOT_PROJECT", "DATABRICKS_HOST", "DBT_ENV_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    yield
