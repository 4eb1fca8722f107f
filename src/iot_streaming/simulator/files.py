"""Bytes in; whole files with the arrival time as their mtime out, under their name at once."""

import gzip
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO

from iot_streaming.landing.place import Landing
from iot_streaming.simulator.manifest import SourceCount

__all__ = ["ARRIVES_AFTER_MS", "LandingFile", "stamp", "write_lines"]


ARRIVES_AFTER_MS = 5_000  # a file is there this long after its window's end


def stamp(at_ms: int) -> str:
    """`YYYYMMDDTHHMM` of an instant, as file names have it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y%m%dT%H%M")


class LandingFile:
    """A file that grows where nobody sees it and appears, complete, at `close`.

    `arrival_ms` becomes its mtime (a bucket has its own); None leaves the real one, and leaves a
    file that is there already as it is: it holds the same bytes, and a landed file's mtime is its
    arrival. Its hidden name has no randomness: an interrupted run's is overwritten by the next.
    """

    def __init__(
        self, landing: Landing, key: str, arrival_ms: int | None, compress: bool = False
    ) -> None:
        self.landing, self.key, self.arrival_ms = landing, key, arrival_ms
        self.lines = 0
        self._hidden = landing.hidden(key)
        self._raw: BinaryIO = self._hidden.open("wb")
        # No name and no time in the gzip header: they would make equal content unequal.
        self._out: BinaryIO | gzip.GzipFile = (
            gzip.GzipFile("", "wb", compresslevel=1, fileobj=self._raw, mtime=0)
            if compress
            else self._raw
        )

    def write(self, content: bytes, lines: int) -> None:
        """Append whole lines."""
        self._out.write(content)
        self.lines += lines

    def close(self) -> SourceCount:
        """Let it appear; what it adds to its source."""
        self._out.close()
        self._raw.close()
        if self.arrival_ms is not None:
            os.utime(self._hidden, ns=(self.arrival_ms * 1_000_000,) * 2)
        size = self._hidden.stat().st_size
        self.landing.show([self.key], replace=self.arrival_ms is not None)
        return SourceCount(files=1, lines=self.lines, bytes=size)


def write_lines(
    landing: Landing, key: str, lines: Iterable[str], arrival_ms: int | None
) -> SourceCount:
    """One file of these lines."""
    texts = list(lines)
    file = LandingFile(landing, key, arrival_ms)
    file.write("".join(f"{text}\n" for text in texts).encode(), len(texts))
    return file.close()
