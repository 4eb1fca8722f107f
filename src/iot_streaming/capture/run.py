"""A Wanted in; changes land until the process is told to stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iot_streaming.capture.engine import DebeziumEngine, Engine
from iot_streaming.capture.java import java_library
from iot_streaming.capture.memory import Memory, remember, remembering
from iot_streaming.capture.relay import Relay
from iot_streaming.capture.server import connected, prepare_slot, require_capturable
from iot_streaming.capture.stage import discard_hidden, hidden_folder, show
from iot_streaming.capture.wanted import FOLDERS, Wanted
from iot_streaming.durable import sync
from iot_streaming.errors import CaptureFailed, ConfigurationError
from iot_streaming.landing.discovery import discovered
from iot_streaming.landing.place import Landing
from iot_streaming.reporter import Reporter, Silent

StartEngine = Callable[[Wanted, Memory, bool], Engine]


def start_debezium(wanted: Wanted, memory: Memory, begun: bool) -> Engine:
    """Debezium on a server that has been looked at; any error says what to mend."""
    java_library()
    with connected(wanted) as connection:
        require_capturable(connection, wanted)
        prepare_slot(connection, wanted, memory, begun)
        # Only now is there something that a next run has to know of: the engine makes the slot.
        remember(wanted, memory)
        return DebeziumEngine(wanted, connection.info, memory.offset)


def capture(
    wanted: Wanted,
    reporter: Reporter | None = None,
    *,
    start: StartEngine = start_debezium,
    clock: Callable[[], float] = time.time,
    stop: threading.Event | None = None,
) -> None:
    """Land every committed change of the wanted tables until `stop`, SIGTERM or SIGINT.

    Each change lands at least once; a restart goes on where this run was, however it ended.
    CaptureFailed when the server, the engine or the disk gave up: start it again.
    """
    reporter = reporter or Silent()
    stop = stop or threading.Event()
    with remembering(wanted) as memory, _stopping(stop):
        begun = (wanted.state / "state.json").exists()
        landing = wanted.opened()
        if not begun:
            _require_no_earlier_changes(wanted, landing)
        _clear_up(wanted, landing, memory, reporter)
        engine = start(wanted, memory, begun)
        how = "with a snapshot" if memory.offset is None else "where the last run was"
        reporter.say(f"capturing {', '.join(wanted.tables)} into {wanted.landing}, {how}")
        relay = Relay(wanted, landing, memory, reporter, clock)
        try:
            _run_until(stop, engine, relay)
            relay.show()
        except OSError as error:
            raise CaptureFailed(
                f"landing {wanted.landing} can't be written ({error.strerror or error}); make "
                "room and start again: it goes on where it was"
            ) from error
        finally:
            relay.stage.close()
        reporter.say("stopped; the next run goes on where this one was")


def _run_until(stop: threading.Event, engine: Engine, relay: Relay) -> None:
    """The engine's thread ends first, so nothing is taken while the last files are shown."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            engine.run(relay.take)
        except BaseException as failure:
            failures.append(failure)
        finally:
            ended.set()

    ended = threading.Event()
    thread = threading.Thread(target=work, name="capture", daemon=True)
    thread.start()
    # A short wait, because a signal's handler runs between two of the main thread's steps.
    while not stop.is_set() and not ended.wait(0.1):
        pass
    if not ended.is_set():
        engine.close()
    thread.join()
    if failures:
        raise failures[0]


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, frame: Any) -> None:
        stop.set()

    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _require_no_earlier_changes(wanted: Wanted, landing: Landing) -> None:
    if isinstance(wanted.landing, Path) and not wanted.landing.is_dir():
        return
    for table in wanted.tables:
        there = discovered(landing.listed(FOLDERS[table])).new
        if there:
            raise ConfigurationError(
                f"landing {landing} holds other changes already, such as {there[0].key}; "
                "a new snapshot can't be ordered after them: choose an empty landing with --out"
            )


def _clear_up(wanted: Wanted, landing: Landing, memory: Memory, reporter: Reporter) -> None:
    """Finish what the last run had decided, remove what it had not."""
    for table in wanted.tables:
        folder = hidden_folder(landing, table)
        # Theirs are the names that may have been made: cdc/<table>, below the root.
        for made in list(folder.parents)[:3]:
            sync(made)
    show(landing, memory.showing)
    left = discard_hidden(wanted, landing)
    if left:
        reporter.say(f"removed {len(left)} unfinished files of a killed run; their changes follow")
