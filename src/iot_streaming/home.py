"""One writer at a time in a home: a lock that dies with its process."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from iot_streaming.errors import HomeInUse
from iot_streaming.settings import Settings


@contextmanager
def writing(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the target's lock for the time of the block.

    Waits up to `settings.wait_seconds` for another holder and says so; HomeInUse after that.
    """
    settings.make_folders()
    # flock: the kernel lets go of it when the process ends, however it ends.
    lock = FileLock(settings.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"{settings.root} is in use by another run; waiting up to {settings.wait_seconds:g} s")
        try:
            lock.acquire(timeout=settings.wait_seconds)
        except Timeout:
            raise HomeInUse(
                f"{settings.root} is still in use by another run after "
                f"{settings.wait_seconds:g} s; let it finish, or choose another --home"
            ) from None
    try:
        _empty(settings.scratch)
        yield
    finally:
        lock.release()


def _empty(scratch: Path) -> None:
    """What a killed run spilled to disk is of no use to anybody."""
    for left in scratch.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
