"""A folder on this machine's disk as a landing."""

import os
import stat
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pyarrow as pa

from iot_streaming.errors import ConfigurationError
from iot_streaming.landing.files import LandedFile
from iot_streaming.landing.place import LISTED, Fetched, Landing, Listing


class Folder(Landing):
    """Files are known by size and time of modification; a rename makes them visible."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __str__(self) -> str:
        return str(self.root)

    def refuse_missing(self) -> None:
        if not self.root.is_dir():
            raise ConfigurationError(
                f"landing {self.root} is no folder; name one with --landing or IOT_LANDING, "
                "or make one with `iot simulate --out DIR`"
            )

    def listed(self, folder: str, after: str = "") -> Listing:
        self.refuse_missing()
        unreadable: dict[str, str] = {}
        entries = _entries(self.root / folder, unreadable, self.root)
        return self._stated((entry.path for entry in entries), unreadable)

    def found(self, keys: Sequence[str]) -> Listing:
        there = (str(self.root / key) for key in keys if os.path.lexists(self.root / key))
        return self._stated(there, {})

    def _stated(self, paths: Iterable[str], unreadable: dict[str, str]) -> Listing:
        keys, sizes, times, ignored = [], [], [], []
        for path in paths:
            key = _key(path, self.root)
            try:
                status = os.stat(path)
            except OSError as error:
                unreadable[key] = error.strerror or str(error)
                continue
            if not stat.S_ISREG(status.st_mode):
                ignored.append(key)
                continue
            keys.append(key)
            sizes.append(status.st_size)
            times.append(status.st_mtime_ns // 1000)
        files = pa.table([keys, sizes, times, [""] * len(keys)], schema=LISTED)
        return Listing(files, ignored, unreadable)

    @contextmanager
    def fetched(self, files: Sequence[LandedFile]) -> Iterator[Fetched]:
        paths = {file.key: self.root / file.key for file in files}
        unreadable: dict[str, str] = {}
        for file in files:
            try:
                with open(paths[file.key], "rb") as opened:
                    status = os.fstat(opened.fileno())
            except OSError as error:
                unreadable[file.key] = error.strerror or str(error)
                continue
            if (status.st_size, status.st_mtime_ns // 1000) != (file.size, file.modified_at):
                unreadable[file.key] = "changed while it was read; it is tried again"
        yield Fetched(paths, unreadable)

    def tail(self, file: LandedFile, size: int) -> bytes:
        with open(self.root / file.key, "rb") as opened:
            opened.seek(-size, os.SEEK_END)
            return opened.read(size)

    def strangers(self, folders: Iterable[str]) -> list[str]:
        known = {str(self.root / folder) for folder in folders}
        entries = _entries(self.root, {}, self.root, known)
        return sorted(_key(entry.path, self.root) for entry in entries)

    def read_text(self, key: str) -> str | None:
        try:
            return (self.root / key).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def hidden(self, key: str) -> Path:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_name(f"_{path.name}")

    def show(self, keys: Iterable[str], *, replace: bool = False) -> None:
        for key in keys:
            hidden, visible = self.hidden(key), self.root / key
            if not hidden.exists():
                continue
            if visible.exists() and not replace:
                hidden.unlink()
            else:
                hidden.replace(visible)


def _key(path: str, root: Path) -> str:
    inside = path.removeprefix(f"{root}/")
    # What `relpath` says, which takes ten times as long.
    if len(inside) < len(path) and os.sep == "/" and "/../" not in path:
        return inside
    return PurePosixPath(os.path.relpath(path, root)).as_posix()


def _entries(
    folder: Path, unreadable: dict[str, str], root: Path, but: Container[str] = ()
) -> Iterator[os.DirEntry[str]]:
    """Every file below `folder` and not below `but`, whatever the names of folders end with."""
    try:
        with os.scandir(folder) as entries:
            ready = [entry for entry in entries if entry.name[0] not in "_."]
    except FileNotFoundError:
        return
    except OSError as error:
        unreadable[os.path.relpath(folder, root)] = error.strerror or str(error)
        return
    for entry in ready:
        if entry.path in but:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path), unreadable, root, but)
        else:
            yield entry
