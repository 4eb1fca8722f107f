"""A landing folder in, the files that are new out."""

import os
import stat
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError

LINE_SUFFIXES = (".json", ".ndjson", ".jsonl")
# As AWS DMS names its files; see bronze.dms.
RECORD_SUFFIXES = (".csv", ".parquet")


def suffixes_of(source: Source) -> tuple[str, ...]:
    """What the names of the source's files end in, compressed or not."""
    return LINE_SUFFIXES + (RECORD_SUFFIXES if source.format == "debezium" else ())


def ends_in(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether the name has one of the suffixes, compressed or not; Parquet compresses itself."""
    return name.endswith(suffixes) or (
        name.endswith(".gz") and name[:-3].endswith(tuple(s for s in suffixes if s != ".parquet"))
    )


@dataclass(frozen=True, order=True)
class LandedFile:
    """One file: `key` is its path under the landing root, `modified_at` microseconds since 1970.

    Ordered by arrival, then key.
    """

    modified_at: int
    key: str
    size: int

    @property
    def is_gzip(self) -> bool:
        return self.key.endswith(".gz")

    @property
    def is_records(self) -> bool:
        """Whether its name is one of a DMS file: records, not lines."""
        return ends_in(self.key, RECORD_SUFFIXES)

    def path(self, root: Path) -> Path:
        return root / self.key


@dataclass
class Discovery:
    """What a look at a source's folder found.

    `new`: not seen before, oldest arrival first. `changed`: ingested before and not the same
    now; they are reported, never read again. `ignored`: keys whose names no reader takes.
    `unreadable`: key to reason.
    """

    new: list[LandedFile] = field(default_factory=list)
    changed: list[LandedFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def discover(
    root: Path,
    folder: str,
    known: Mapping[str, tuple[int, int]],
    suffixes: tuple[str, ...] = LINE_SUFFIXES,
) -> Discovery:
    """Compare the files under `root/folder` with `known`: key to (size, modified_at).

    Names must end in one of the suffixes, or in it and `.gz`.

    Names beginning with `_` or `.` are not ready and stay out of sight, folders too.
    A missing folder has no files; a missing root is a ConfigurationError.
    """
    refuse_missing(root)
    found = Discovery()
    for entry in _entries(root / folder, found, root):
        key = _key(entry.path, root)
        if not ends_in(entry.name, suffixes):
            found.ignored.append(key)
            continue
        try:
            status = entry.stat()
        except OSError as error:
            found.unreadable[key] = error.strerror or str(error)
            continue
        if not stat.S_ISREG(status.st_mode):
            found.ignored.append(key)
            continue
        file = LandedFile(status.st_mtime_ns // 1000, key, status.st_size)
        seen = known.get(key)
        if seen is None:
            found.new.append(file)
        elif seen != (file.size, file.modified_at):
            found.changed.append(file)
    found.new.sort()
    return found


def refuse_missing(root: Path) -> None:
    """ConfigurationError when the landing root is not there."""
    if not root.is_dir():
        raise ConfigurationError(
            f"landing {root} is no folder; name one with --landing or IOT_LANDING, "
            "or make one with `iot simulate --out DIR`"
        )


def strangers(root: Path, folders: Iterable[str]) -> list[str]:
    """Keys of the files that lie in none of the sources' folders, so that nobody would read."""
    known = {str(root / folder) for folder in folders}
    return sorted(_key(entry.path, root) for entry in _entries(root, Discovery(), root, known))


def first_batch(
    files: Iterable[LandedFile], max_files: int, max_bytes: int
) -> tuple[LandedFile, ...]:
    """The longest beginning of `files` within both bounds, and at least one file."""
    batch: list[LandedFile] = []
    size = 0
    for file in files:
        if batch and (len(batch) == max_files or size + file.size > max_bytes):
            break
        batch.append(file)
        size += file.size
    return tuple(batch)


def _key(path: str, root: Path) -> str:
    return PurePosixPath(os.path.relpath(path, root)).as_posix()


def _entries(
    folder: Path, found: Discovery, root: Path, but: Container[str] = ()
) -> Iterator[os.DirEntry[str]]:
    """Every file below `folder` and not below `but`, whatever the names of folders end with."""
    try:
        with os.scandir(folder) as entries:
            ready = [entry for entry in entries if entry.name[0] not in "_."]
    except FileNotFoundError:
        return
    except OSError as error:
        found.unreadable[os.path.relpath(folder, root)] = error.strerror or str(error)
        return
    for entry in ready:
        if entry.path in but:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path), found, root, but)
        else:
            yield entry
