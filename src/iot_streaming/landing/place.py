"""What every landing can do, be it a folder or a bucket: list, fetch, and show whole files."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from iot_streaming.landing.files import LandedFile

# `modified_at` is in microseconds since 1970, `etag` empty where there is none.
LISTED = pa.schema(
    [
        ("key", pa.string()),
        ("size", pa.int64()),
        ("modified_at", pa.int64()),
        ("etag", pa.string()),
    ]
)


@dataclass(frozen=True)
class Listing:
    """What lies in a source's folder: `files` as LISTED has it, in no order, maybe repeated.

    Files that are not ready, their names beginning with `_` or `.`, are left out. `ignored`:
    keys of what is no file. `unreadable`: key to reason.
    """

    files: pa.Table
    ignored: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def visible(self) -> "Listing":
        """Without what is not ready, by its own name or a folder's, and without marks of folders.

        Object stores list all; an empty object without a suffix is what consoles make for a folder.
        """
        keys, sizes = self.files["key"], self.files["size"]
        hidden = pc.match_substring_regex(keys, r"(^|/)[._]")
        is_mark = pc.and_(pc.equal(sizes, 0), pc.match_substring_regex(keys, r"(^|/)[^./]*$"))
        return replace(self, files=self.files.filter(pc.invert(pc.or_(hidden, is_mark))))


@dataclass(frozen=True)
class Fetched:
    """Files on this machine's disk: key to path, and of those that aren't there, key to reason."""

    paths: Mapping[str, Path]
    unreadable: Mapping[str, str]


class Landing(ABC):
    """Where a fleet's files land. Keys are paths under its root, with slashes."""

    # Whether `listed` takes fewer requests when it is told to start after a key.
    starts_after = False

    @abstractmethod
    def __str__(self) -> str:
        """The folder's path or the bucket's URL."""

    @abstractmethod
    def refuse_missing(self) -> None:
        """ConfigurationError when the landing is not there."""

    @abstractmethod
    def listed(self, folder: str, after: str = "") -> Listing:
        """Every file below a folder; with `after` those whose keys sort after it, at least."""

    @abstractmethod
    def found(self, keys: Sequence[str]) -> Listing:
        """These very files, as they are now; what is gone is left out."""

    @abstractmethod
    @contextmanager
    def fetched(self, files: Sequence[LandedFile]) -> Iterator[Fetched]:
        """The files, as long as the block lasts, each the very one that was listed."""

    @abstractmethod
    def tail(self, file: LandedFile, size: int) -> bytes:
        """The last `size` bytes of a file that has as many."""

    @abstractmethod
    def strangers(self, folders: Iterable[str]) -> list[str]:
        """Keys of what lies in none of the folders, so that nobody would read it, in order."""

    @abstractmethod
    def read_text(self, key: str) -> str | None:
        """A small file's text; None when there is no such file."""

    @abstractmethod
    def hidden(self, key: str) -> Path:
        """Where to write a file on this machine before anybody shall see it; its folder is made."""

    @abstractmethod
    def show(self, keys: Iterable[str], *, replace: bool = False) -> None:
        """Let readers see files that were written where `hidden` says: each whole, durably.

        One that is visible already stays as it is unless it is to be replaced.
        """
