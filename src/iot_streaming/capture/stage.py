"""Lines in, hidden files out, shown to readers all at once when they are whole."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from iot_streaming.capture.wanted import FOLDERS, Wanted
from iot_streaming.durable import sync
from iot_streaming.landing.place import Landing

_BUFFER = 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class _OpenFile:
    key: str
    file: BinaryIO
    size: int = 0


@dataclass
class Stage:
    """Files of the changes that nobody may read yet; `clock` is in seconds since 1970.

    Names grow with time, also across restarts (`stamp` is the newest of them) and when the
    clock is set back. The slot is part of a name: no other capture's file is ever touched.
    """

    wanted: Wanted
    landing: Landing
    clock: Callable[[], float]
    stamp: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    _open: dict[str, _OpenFile] = field(default_factory=dict)
    _full: list[str] = field(default_factory=list)

    def append(self, table: str, line: str) -> None:
        """Add a line without its line break; a file that has grown to its size is closed."""
        content = line.encode() + b"\n"
        at = self._open.get(table) or self._begin(table)
        at.file.write(content)
        at.size += len(content)
        self.lines[table] += 1
        if at.size >= self.wanted.rotate_bytes:
            self._finish(table)

    @property
    def has_full_file(self) -> bool:
        return bool(self._full)

    def seal(self) -> tuple[str, ...]:
        """Make all of it durable, still hidden; the keys that the files will be seen under."""
        for table in list(self._open):
            self._finish(table)
        sealed = tuple(self._full)
        sync_hidden(self.landing, sealed)
        self._full.clear()
        self.lines.clear()
        return sealed

    def close(self) -> None:
        """Let go of the files; what was not sealed stays hidden and is discarded next time."""
        for at in self._open.values():
            at.file.close()
        self._open.clear()

    def _begin(self, table: str) -> _OpenFile:
        self.stamp = max(self.stamp + 1, int(self.clock() * 1_000_000))
        # Not strftime of a float: a microsecond must never be rounded into another's name.
        at = _EPOCH + timedelta(microseconds=self.stamp)
        key = f"{FOLDERS[table]}/{at:%Y%m%dT%H%M%S.%f}Z-{self.wanted.slot}.ndjson"
        hidden = self.landing.hidden(key)
        self._open[table] = _OpenFile(key, hidden.open("xb", buffering=_BUFFER))
        return self._open[table]

    def _finish(self, table: str) -> None:
        at = self._open.pop(table)
        with at.file:
            at.file.flush()
            os.fsync(at.file.fileno())
        self._full.append(at.key)


def show(landing: Landing, keys: Iterable[str]) -> None:
    """Let readers see sealed files, durably. One that is visible already stays as it is."""
    keys = tuple(keys)
    landing.show(keys)
    sync_hidden(landing, keys)


def discard_hidden(wanted: Wanted, landing: Landing) -> list[str]:
    """Remove what a killed run of this capture left unfinished; the engine sends it again."""
    ours = re.compile(rf"_\d{{8}}T\d{{6}}\.\d{{6}}Z-{wanted.slot}\.ndjson")
    left = [
        path
        for table in wanted.tables
        for path in sorted(hidden_folder(landing, table).glob("_*"))
        if ours.fullmatch(path.name)
    ]
    for path in left:
        path.unlink()
    return [path.name for path in left]


def hidden_folder(landing: Landing, table: str) -> Path:
    """Where a table's files lie before they are shown; it is made."""
    return landing.hidden(f"{FOLDERS[table]}/any").parent


def sync_hidden(landing: Landing, keys: Iterable[str]) -> None:
    """Make the names in the hidden files' folders durable; a folder's visible files are there."""
    for folder in {landing.hidden(key).parent for key in keys}:
        sync(folder)
