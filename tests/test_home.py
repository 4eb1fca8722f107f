"""One writer at a time, and nothing left of those that were killed."""

from pathlib import Path

import pytest

from iot_streaming.errors import HomeInUse
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
