"""Same settings, same files; a folder holds one simulation; a drip drips."""

import itertools
import time
from dataclasses import replace
from pathlib import Path

import pytest

from iot_streaming.errors import ConfigurationError
from iot_streaming.simulator import Manifest, Simulation, follow, simulate
from tests.simulator.recount import event_files, event_lines, recount_events

TINY = Simulation(devices=6, hours=2)


def landing(out: Path) -> dict[str, tuple[bytes, int]]:
    """Content and mtime of every landed file."""
    return {
        str(path.relative_to(out)): (path.read_bytes(), path.stat().st_mtime_ns)
        for folder in ("iot_events", "cdc")
        for path in (out / folder).rglob("*")
        if path.is_file()
    }


def test_same_seed_same_bytes_and_mtimes(tmp_path: Path) -> None:
    one, two = simulate(TINY, tmp_path / "one"), simulate(TINY, tmp_path / "two")
    assert one == two
    assert landing(tmp_path / "one") == landing(tmp_path / "two")
    assert not list((tmp_path / "one").rglob(".*"))


def test_another_seed_gives_other_readings(tmp_path: Path) -> None:
    simulate(TINY, tmp_path / "one")
    simulate(replace(TINY, seed=8), tmp_path / "two")
    one, two = (set(recount_events(tmp_path / name).good) for name in ("one", "two"))
    assert one.isdisjoint(two)


def test_manifest_survives_json(tmp_path: Path) -> None:
    manifest = simulate(TINY, tmp_path)
    assert Manifest.from_json(manifest.to_json()) == manifest == Manifest.read(tmp_path)


def test_again_into_the_same_folder_changes_nothing(tmp_path: Path) -> None:
    first = simulate(TINY, tmp_path)
    before = landing(tmp_path)
    assert simulate(TINY, tmp_path) == first
    assert landing(tmp_path) == before


def test_an_interrupted_simulation_is_completed(tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def kill(done: int, expected: int) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        simulate(TINY, tmp_path / "killed", progress=kill)
    assert not (tmp_path / "killed" / "_manifest.json").exists()
    simulate(TINY, tmp_path / "killed")
    simulate(TINY, tmp_path / "whole")
    assert landing(tmp_path / "killed") == landing(tmp_path / "whole")


def test_a_missing_file_is_made_again(tmp_path: Path) -> None:
    simulate(TINY, tmp_path)
    before = landing(tmp_path)
    event_files(tmp_path)[3].unlink()
    simulate(TINY, tmp_path)
    assert landing(tmp_path) == before


def test_other_settings_into_the_same_folder_are_refused(tmp_path: Path) -> None:
    simulate(TINY, tmp_path)
    before = landing(tmp_path)
    with pytest.raises(ConfigurationError, match=r"seed 7 not 8.*empty folder"):
        simulate(replace(TINY, seed=8), tmp_path)
    assert landing(tmp_path) == before


def test_a_folder_of_unknown_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "iot_events").mkdir()
    (tmp_path / "iot_events" / "a.ndjson").touch()
    with pytest.raises(ConfigurationError, match="empty folder"):
        simulate(TINY, tmp_path)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"faults": "wild"}, "unknown fault profile 'wild'; known: none, light"),
        ({"devices": 0}, "at least 1"),
        ({"hours": 0}, "0.1"),
    ],
)
def test_wrong_settings_say_what_is_right(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Simulation(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "settings"),
    [(2_000, {}), (40_000, {}), (90_000, {}), (30_000, {"devices": 3}), (30_000, {"hours": 5.5})],
)
def test_sized_gives_about_that_many(
    asked: int, settings: dict[str, float], tmp_path: Path
) -> None:
    manifest = simulate(Simulation.sized(asked, **settings), tmp_path)  # type: ignore[arg-type]
    assert 0.85 * asked < manifest.sources["iot_events"].lines < 1.15 * asked


def test_sized_refuses_to_choose_nothing() -> None:
    with pytest.raises(ConfigurationError, match="leave out one of events, devices and hours"):
        Simulation.sized(1_000, devices=5, hours=2)


def test_progress_reaches_what_was_expected(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate(replace(TINY, faults="none"), tmp_path, lambda *done: seen.append(done))
    done, expected = seen[-1]
    assert 0.8 * expected < done <= expected


def test_how_much_is_made_at_once_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Simulation(seed=11, devices=30, hours=14, faults="none")
    manifest = simulate(whole, tmp_path / "large")
    monkeypatch.setattr("iot_streaming.simulator.run._ROWS_AT_ONCE", 60)
    assert simulate(whole, tmp_path / "small") == manifest
    assert landing(tmp_path / "small") == landing(tmp_path / "large")
    assert manifest.tables["alerts"] > 2


def test_large_windows_are_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(TINY, tmp_path / "whole")
    monkeypatch.setattr("iot_streaming.simulator.events._LINES_PER_FILE", 50)
    simulate(TINY, tmp_path / "split")
    whole, split = (
        [line for path in event_files(tmp_path / name) for line in event_lines(path)]
        for name in ("whole", "split")
    )
    assert whole == split
    assert all(len(event_lines(path)) <= 50 for path in event_files(tmp_path / "split"))


def drip(out: Path, windows: int, **settings: float) -> list[float]:
    """Follow for so many windows; the sleeps it asked for."""
    slept: list[float] = []
    calls = itertools.count()
    follow(
        TINY,
        out,
        speed=settings.get("speed", 1_200.0),
        sleep=slept.append,
        stop=lambda: len(event_files(out)) >= windows or next(calls) > 500,
    )
    return slept


def test_follow_drips_past_the_hours_it_was_given(tmp_path: Path) -> None:
    slept = drip(tmp_path, windows=20)
    files = event_files(tmp_path)
    assert len(files) == 20 > TINY.hours * 6
    assert slept == [600 / 1_200] * 19
    assert abs(files[-1].stat().st_mtime - time.time()) < 60
    assert list((tmp_path / "cdc" / "orders").iterdir())


def test_follow_goes_on_where_it_stopped(tmp_path: Path) -> None:
    drip(tmp_path, windows=5)
    before = landing(tmp_path)
    drip(tmp_path, windows=9)
    after = landing(tmp_path)
    assert {name: after[name] for name in before} == before
    assert len(event_files(tmp_path)) == 9


def test_follow_and_simulate_do_not_share_a_folder(tmp_path: Path) -> None:
    simulate(TINY, tmp_path)
    with pytest.raises(ConfigurationError, match="mode simulate not follow"):
        drip(tmp_path, windows=1)


def test_follow_refuses_standing_still(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="speed 0"):
        drip(tmp_path, windows=1, speed=0.0)
