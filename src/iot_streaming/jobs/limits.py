"""Seconds in, a block of work that is stopped when they are over."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from iot_streaming.errors import TaskTimedOut


@contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """TaskTimedOut when the block takes longer; 0 is no limit.

    It is stopped the way Ctrl-C stops it, so all that holds for that holds here. Where there is
    no timer (another thread than the main one, Windows) it is judged when it ends.
    """
    if not seconds:
        yield
        return
    late = TaskTimedOut(f"{what} took longer than its {seconds:.4g} s and was stopped")
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        with _alarm(seconds, late):
            yield
        return
    started = time.monotonic()
    yield
    if time.monotonic() - started > seconds:
        raise late


@contextmanager
def _alarm(seconds: float, late: TaskTimedOut) -> Iterator[None]:
    rung = False

    def ring(*_: object) -> None:
        nonlocal rung
        rung = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        if rung:
            raise late from None
        raise
    finally:
        signal.signal(signal.SIGALRM, before)
