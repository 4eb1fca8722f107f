"""Captured changes become visible whole, once and in order; a fake stands where the engine is."""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.capture import Wanted, capture
from iot_streaming.capture.engine import Engine, Take
from iot_streaming.capture.memory import Memory, remember
from iot_streaming.capture.relay import Record
from iot_streaming.errors import CaptureFailed, ConfigurationError, HomeInUse
from iot_streaming.landing.discovery import discovered
from iot_streaming.landing.folder import Folder
from tests.folders import landing_folder


class Killed(BaseException):
    """What a test raises where a process would be gone."""


class FakeEngine:
    """Hands out prepared batches, then waits to be closed; notes what it was told to forget."""

    def __init__(self, *batches: Iterable[Record]) -> None:
        self.batches = batches
        self.memory: Memory | None = None
        self.begun: bool | None = None
        self.forgotten: list[Any] = []
        self.seen: list[int] = []
        self.closed = threading.Event()
        self.finished: Callable[[], None] = lambda: None
        self.wanted: Wanted | None = None

    def __call__(self, wanted: Wanted, memory: Memory, begun: bool) -> Engine:
        remember(wanted, memory)
        self.memory, self.begun, self.wanted = memory, begun, wanted
        return self

    def run(self, take: Take) -> None:
        for batch in self.batches:
            take(batch, self._forget)
        self.finished()
        self.closed.wait()

    def close(self) -> None:
        self.closed.set()

    def _forget(self, origin: Any) -> None:
        self.forgotten.append(origin)
        assert self.wanted is not None
        landing = self.wanted.opened()
        folders = ("cdc/customers", "cdc/orders")
        self.seen.append(sum(landing.listed(folder).files.num_rows for folder in folders))


def change(table: str, line: str) -> Record:
    return Record(table, line, {}, line)


def end(lsn: int) -> Record:
    """The mark that a transaction ended."""
    offset = {"messageType": "COMMIT", "lsn": lsn, "transaction_id": "7"}
    return Record("", "", offset, f"end {lsn}")


def visible(landing: Path) -> list[Path]:
    return [
        landing / file.key
        for folder in ("cdc/customers", "cdc/orders")
        for file in discovered(Folder(landing).listed(folder)).new
    ]


def lines_of(landing: Path, table: str) -> list[str]:
    return [
        line
        for path in sorted((landing / "cdc" / table).glob("[0-9]*"))
        for line in path.read_text().splitlines()
    ]


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    (tmp_path / "landing").mkdir()
    return Wanted("host=nowhere", tmp_path / "landing", tmp_path / "state", ("customers", "orders"))


def run(wanted: Wanted, engine: FakeEngine, clock: Callable[[], float] = lambda: 1.0) -> None:
    """Capture until the engine has handed out its batches."""
    stop = threading.Event()
    engine.finished = stop.set
    capture(wanted, start=engine, clock=clock, stop=stop)


def test_changes_of_ended_transactions_are_shown_when_stopped(wanted: Wanted) -> None:
    run(wanted, FakeEngine([change("customers", '{"a":1}'), change("orders", "null"), end(5)]))
    assert lines_of(landing_folder(wanted), "customers") == ['{"a":1}']
    assert lines_of(landing_folder(wanted), "orders") == ["null"]


def test_half_a_transaction_is_never_shown(wanted: Wanted) -> None:
    engine = FakeEngine([change("customers", "1"), end(5), change("customers", "2")])
    run(wanted, engine)
    assert visible(landing_folder(wanted)) == [] and engine.forgotten == []
    again = FakeEngine([change("customers", "1"), end(5), change("customers", "2"), end(9)])
    run(wanted, again)
    assert lines_of(landing_folder(wanted), "customers") == ["1", "2"]
    assert list(landing_folder(wanted).rglob("_*")) == []


def test_full_file_is_followed_by_another_and_shown_at_the_transactions_end(wanted: Wanted) -> None:
    small = replace(wanted, rotate_bytes=10)
    engine = FakeEngine([*(change("customers", str(n) * 6) for n in range(5)), end(5)])
    run(small, engine)
    assert len(visible(landing_folder(wanted))) == 3
    assert lines_of(landing_folder(wanted), "customers") == [str(n) * 6 for n in range(5)]


def test_files_are_shown_after_their_time(wanted: Wanted) -> None:
    now = [1_000.0]

    def batches() -> Iterable[list[Record]]:
        for lsn in range(1, 5):
            now[0] += 20
            yield [change("customers", str(lsn)), end(lsn)]

    engine = FakeEngine()
    engine.batches = batches()  # type: ignore[assignment]
    run(wanted, engine, lambda: now[0])
    assert engine.forgotten == ["end 2", "end 4"]
    assert [path.read_text() for path in visible(landing_folder(wanted))] == ["1\n2\n", "3\n4\n"]


def test_engine_forgets_only_what_is_visible_and_remembered(wanted: Wanted) -> None:
    engine = FakeEngine([change("customers", "1"), end(5)])
    run(replace(wanted, rotate_bytes=1), engine)
    assert (engine.forgotten, engine.seen) == (["end 5"], [1])
    kept = json.loads((wanted.state / "state.json").read_text())
    assert kept["offset"] == {"messageType": "COMMIT", "lsn": 5}


def test_quiet_database_lets_its_log_go_too(wanted: Wanted) -> None:
    now = iter(range(1_000, 9_000, 31))
    engine = FakeEngine([end(5)], [end(6)])
    run(wanted, engine, lambda: float(next(now)))
    assert engine.forgotten == ["end 5", "end 6"] and visible(landing_folder(wanted)) == []


@pytest.mark.parametrize("step", ["remember", "show"])
def test_killed_around_the_decision_shows_every_change_once(
    wanted: Wanted, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise Killed

    batch = [change("customers", "1"), change("orders", "2"), end(5)]
    first = FakeEngine(batch)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(f"iot_streaming.capture.relay.{step}", killed)
        run(replace(wanted, rotate_bytes=1), first)
    assert first.forgotten == [] and visible(landing_folder(wanted)) == []
    second = FakeEngine()
    run(wanted, second)
    assert second.memory is not None and second.begun
    if second.memory.offset is None:
        run(wanted, FakeEngine(batch))
    assert lines_of(landing_folder(wanted), "customers") == ["1"]
    assert lines_of(landing_folder(wanted), "orders") == ["2"]
    assert list(landing_folder(wanted).rglob("_*")) == []


def test_hidden_files_of_others_are_left_alone(wanted: Wanted) -> None:
    folder = landing_folder(wanted) / "cdc" / "customers"
    folder.mkdir(parents=True)
    ours = folder / "_20260101T000000.000000Z-iot_capture.ndjson"
    others = [
        folder / "_20260101T000000.000000Z-another.ndjson",
        folder / "_half.ndjson",
    ]
    for path in (ours, *others):
        path.touch()
    run(wanted, FakeEngine())
    assert sorted(folder.iterdir()) == sorted(others)


def test_names_grow_across_restarts_and_when_the_clock_is_set_back(wanted: Wanted) -> None:
    for lsn, at in enumerate((2_000.0, 1_000.0, 1_000.0, 3_000.0), start=1):
        run(wanted, FakeEngine([change("customers", str(lsn)), end(lsn)]), partial(float, at))
    assert lines_of(landing_folder(wanted), "customers") == ["1", "2", "3", "4"]


def test_full_disk_ends_the_capture_and_names_the_landing(wanted: Wanted) -> None:
    def full() -> Iterable[Record]:
        yield change("customers", "1")
        raise OSError(28, "No space left on device")

    with pytest.raises(CaptureFailed, match=r"No space left on device.*make room"):
        run(wanted, FakeEngine(full()))
    assert visible(landing_folder(wanted)) == []


def test_second_capture_with_the_same_state_is_told(wanted: Wanted) -> None:
    inner = FakeEngine()

    def second(*_: Any) -> Engine:
        with pytest.raises(HomeInUse, match="another --slot"):
            run(wanted, FakeEngine())
        return inner(wanted, Memory("s", "p", "public", (), ""), False)

    stop = threading.Event()
    stop.set()
    capture(wanted, start=second, stop=stop)


def test_other_tables_than_before_are_refused(wanted: Wanted) -> None:
    run(wanted, FakeEngine())
    with pytest.raises(ConfigurationError, match="remembers a capture of customers, orders"):
        run(replace(wanted, tables=("customers",)), FakeEngine())


def test_first_capture_into_a_landing_with_changes_is_refused(wanted: Wanted) -> None:
    run(wanted, FakeEngine([change("customers", "1"), end(5)]))
    with pytest.raises(ConfigurationError, match="choose an empty landing"):
        run(replace(wanted, state=wanted.state.with_name("other")), FakeEngine())
