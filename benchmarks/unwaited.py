"""Work that starts processes in, the CPU seconds of those that nobody waits for out. Linux only.

A process that is waited for is in its parent's own account. Two kinds are not: orphans, which come
to this process and are waited for here, and children whose parent ignores how they end, as
PySpark's daemon does with its workers. The kernel adds these to nobody's account, so their time is
read while they live, every TICK seconds: what they work after the last look is lost.
"""

import ctypes
import os
import signal
import threading
import time
from pathlib import Path
from typing import Self

TICK = 0.5
_END_SECONDS = 30
_PR_SET_CHILD_SUBREAPER = 36
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Unwaited:
    """Enter it around the work; afterwards `cpu` has the seconds.

    TimeoutError when a process that the work started goes on for 30 s after it.
    """

    def __init__(self) -> None:
        self.cpu = 0.0
        self._seen: dict[tuple[int, int], float] = {}
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look_until_over, daemon=True)

    def __enter__(self) -> Self:
        _become_parent_of_orphans()
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        orphans = _wait_for_orphans()
        self._over.set()
        self._watch.join()
        ignored = [cpu for (process, _), cpu in self._seen.items() if process not in orphans]
        self.cpu = sum(ignored) + sum(orphans.values())

    def _look_until_over(self) -> None:
        while not self._over.wait(TICK):
            self._seen |= _ignored_children()


def _become_parent_of_orphans() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl: can't become the parent of orphans")


def _wait_for_orphans() -> dict[int, float]:
    """CPU seconds by process, once all have ended."""
    found: dict[int, float] = {}
    until = time.monotonic() + _END_SECONDS
    while time.monotonic() < until:
        try:
            process, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if process:
            found[process] = usage.ru_utime + usage.ru_stime
        else:
            time.sleep(0.05)
    raise TimeoutError(f"a process still runs {_END_SECONDS} s after the work that started it")


def _ignored_children() -> dict[tuple[int, int], float]:
    """CPU seconds by process and start, of descendants whose parent ignores their end."""
    family: dict[int, list[tuple[int, int, float]]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # A name may have spaces and brackets in it.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        cpu = sum(map(int, fields[11:15])) / _TICKS_A_SECOND
        family.setdefault(int(fields[1]), []).append((int(folder.name), int(fields[19]), cpu))
    found, parents = {}, [os.getpid()]
    while parents:
        parent = parents.pop()
        children = family.get(parent, [])
        parents += [process for process, _, _ in children]
        if children and _ignores_children(parent):
            found.update({(process, start): cpu for process, start, cpu in children})
    return found


def _ignores_children(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/status").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
    return bool(ignored >> (signal.SIGCHLD - 1) & 1)
