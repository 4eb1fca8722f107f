"""Made homes and the reports on them, once for all tests."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from iot_streaming.quality.report import Place, Report, collect
from iot_streaming.settings import Settings
from iot_streaming.warehouse import EmbeddedWarehouse
from tests.quality.made_home import NOW, make_home

MADE_AT = NOW + timedelta(minutes=3)


def report_on(settings: Settings, run_id: str | None = None) -> Report:
    return collect(EmbeddedWarehouse(settings), Place(settings.target), run_id, MADE_AT)


def copy_of(settings: Settings, home: Path) -> Settings:
    """The same home for one test to spoil."""
    shutil.copytree(settings.home, home, dirs_exist_ok=True)
    return replace(settings, home=home)


def change(settings: Settings, *statements: str) -> None:
    with duckdb.connect(settings.warehouse) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="package")
def usual_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A month of nightly runs; the last one failed."""
    return make_home(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="package")
def usual(usual_home: Settings) -> Report:
    return report_on(usual_home)


@pytest.fixture(scope="package")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_on(make_home(tmp_path_factory.mktemp("hostile"), runs=3, hostile=True))


@pytest.fixture(scope="package")
def long_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """1,000 hourly runs of 128 checks each."""
    return make_home(tmp_path_factory.mktemp("long"), runs=1000, step=timedelta(hours=1))


@pytest.fixture(scope="package")
def sound_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One sound run."""
    return make_home(tmp_path_factory.mktemp("sound"), runs=1, failing=False)


@pytest.fixture(scope="package")
def bare(sound_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A sound run of a place without a ledger and all that came later."""
    settings = copy_of(sound_home, tmp_path_factory.mktemp("bare"))
    lacking = ("ledger", "replays", "expectation_results", "error_budgets", "objective_days")
    change(settings, *(f"drop table dev_quality.{name}" for name in lacking))
    return report_on(settings)
