"""Fixtures: one parsed dbt project a session, lakehouses as many as a test wants."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dbt.dbt_lakehouse import Dbt, Lakehouse


@pytest.fixture(scope="session")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    return Dbt(tmp_path_factory.mktemp("dbt"))


@pytest.fixture
def new_lakehouse(tmp_path: Path, dbt: Dbt) -> Callable[[], Lakehouse]:
    """Makes lakehouses, each in a folder of its own."""
    made: list[Lakehouse] = []

    def make() -> Lakehouse:
        root = tmp_path / f"lakehouse-{len(made)}"
        root.mkdir()
        made.append(Lakehouse(root, dbt))
        return made[-1]

    return make


@pytest.fixture
def lakehouse(new_lakehouse: Callable[[], Lakehouse]) -> Lakehouse:
    return new_lakehouse()
