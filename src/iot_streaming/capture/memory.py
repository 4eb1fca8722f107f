"""What a capture must remember between runs: how far it came, and which files that takes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from filelock import FileLock, Timeout

from iot_streaming.capture.wanted import Wanted
from iot_streaming.durable import write_durably
from iot_streaming.errors import ConfigurationError, HomeInUse

Offset = dict[str, Any]


@dataclass(frozen=True)
class Memory:
    """How far a capture came.

    `offset`: the engine's position at the end of the last transaction whose changes landed;
    None until the first snapshot is whole. `showing`: the files that hold the changes up to
    there, by key under the landing; each is either visible already or still hidden, and then to
    be shown. `stamp`: microseconds since 1970 in the newest file name.
    """

    slot: str
    publication: str
    schema: str
    tables: tuple[str, ...]
    landing: str
    offset: Offset | None = None
    showing: tuple[str, ...] = ()
    stamp: int = 0


@contextmanager
def remembering(wanted: Wanted) -> Iterator[Memory]:
    """The memory of this capture, or a fresh one, for its only process; HomeInUse for another.

    ConfigurationError when it was begun with other tables, or for another landing.
    """
    wanted.state.mkdir(parents=True, exist_ok=True)
    # flock: the kernel lets go of it when the process ends, however it ends.
    lock = FileLock(wanted.state / "capture.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise HomeInUse(
            f"another `iot capture` works with {wanted.state}; stop it first, "
            "or give this one another --slot"
        ) from None
    try:
        yield _recall(wanted)
    finally:
        lock.release()


def remember(wanted: Wanted, memory: Memory) -> None:
    """Make it durable: after this a restart goes on from here."""
    text = json.dumps(asdict(memory), indent=2)
    write_durably(wanted.state / "state.json", text.encode())


def _recall(wanted: Wanted) -> Memory:
    fresh = Memory(
        slot=wanted.slot,
        publication=wanted.publication,
        schema=wanted.schema,
        tables=tuple(sorted(wanted.tables)),
        landing=str(wanted.landing),
    )
    path = wanted.state / "state.json"
    if not path.exists():
        return fresh
    kept = json.loads(path.read_text())
    kept |= {"tables": tuple(kept["tables"]), "showing": tuple(kept["showing"])}
    memory = Memory(**kept)
    if replace(memory, offset=None, showing=(), stamp=0) != fresh:
        raise ConfigurationError(
            f"{path} remembers a capture of {', '.join(memory.tables)} in schema {memory.schema} "
            f"by publication {memory.publication} into {memory.landing}; go on with the same, "
            "or begin another one with another --slot and an empty landing"
        )
    return memory
