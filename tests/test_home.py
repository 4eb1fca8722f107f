"""One writer at a time, and nothing left of those that were killed."""

from pathlib import Path

import pyarrow as pa
import pytest

from iot_streaming.bronze.store import DeltaStore
from iot_streaming.errors import ConfigurationError, HomeInUse
from iot_streaming.home import writing
from iot_streaming.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", landing=tmp_path, wait_seconds=0)


def test_second_writer_is_told_and_the_next_gets_in(settings: Settings) -> None:
    said: list[str] = []
    with (
        writing(settings),
        pytest.raises(HomeInUse, match="choose another --home"),
        writing(settings, said.append),
    ):
        pytest.fail("two writers at once")
    assert "in use by another run" in said[0]
    with writing(settings):
        pass


def test_spill_of_a_killed_run_is_removed(settings: Settings) -> None:
    settings.make_folders()
    (settings.scratch / "duckdb_temp_storage-0.tmp").write_bytes(b"x")
    (settings.scratch / "folder").mkdir()
    with writing(settings):
        assert list(settings.scratch.iterdir()) == []


def test_home_may_have_a_blank_in_its_path(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "a home", landing=tmp_path)
    settings.make_folders()
    store = DeltaStore(settings.bronze("iot_events"))
    store.create(lambda: pa.schema([("a", pa.int64())]))
    store.append(pa.table({"a": [1]}), "test", 1)
    assert [Path(file).is_file() for file in store.files()] == [True]


@pytest.mark.parametrize("name", ["a%20b", "[a]", "a*"])
def test_home_that_delta_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="choose another"):
        Settings(home=tmp_path / name, landing=tmp_path).make_folders()
