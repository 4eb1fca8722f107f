"""Odd files in, their lines out exactly: what DuckDB's reader would refuse, split or cut short.

The fast reader (DuckDB's CSV scan, one column) is right for almost every file and can't be
trusted on a few: invalid UTF-8 and lines over 2 MB stop it, a control character that it takes
for its delimiter cuts a line, a truncated gzip ends without an error. Each of those shows in
the bytes that it accounts for, so such files are found and read here instead, in bounded memory.
"""

import codecs
import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from iot_streaming.errors import PipelineError

LONGEST_FAST_LINE = 2_000_000
LONGEST_LINE = 256 * 1024 * 1024
_CHUNK = 1024 * 1024
GZIP_TRAILER = 4
# As bronze.duckdb_sql.BLANKS: what makes a line blank on either path.
_BLANKS = b" \t\r"


class Line(NamedTuple):
    """One line for bronze; `kind` and `size` (bytes) only of a DMS record: RECORD_COLUMNS."""

    text: str
    size: int | None = None
    kind: str | None = None


class UnreadableFile(PipelineError):
    """A file that can't be read to its end; `reason` is for the ledger."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


def content_size(path: Path) -> int:
    """Bytes of text in the file; of a gzip what its trailer says, modulo 2**32."""
    size = path.stat().st_size
    if path.suffix != ".gz" or size < GZIP_TRAILER:
        return size
    with open(path, "rb") as file:
        file.seek(-GZIP_TRAILER, os.SEEK_END)
        return int.from_bytes(file.read(GZIP_TRAILER), "little")


def is_odd(path: Path) -> bool:
    """Whether the text is no UTF-8 or has a line that the fast reader refuses."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    length = 0
    try:
        with _open(path) as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                pieces = chunk.split(b"\n")
                length += len(pieces[0])
                if max(length, *map(len, pieces)) >= LONGEST_FAST_LINE:
                    return True
                if len(pieces) > 1:
                    length = len(pieces[-1])
            decoder.decode(b"", final=True)
    except (UnicodeDecodeError, OSError, EOFError):
        return True
    return False


def exact_lines(path: Path, key: str) -> Iterator[str]:
    """The non-blank lines; bytes that are no UTF-8 as `\\xNN`, which no JSON text can hold.

    A line ends at `\\n`, `\\r\\n` or `\\r`. UnreadableFile when the file can't be read to its end.
    """
    with open_landed(path, key) as file:
        first = True
        while raw := file.readline(LONGEST_LINE):
            if len(raw) == LONGEST_LINE:
                raise UnreadableFile(
                    key, f"a line is longer than {LONGEST_LINE // 1024**2} MiB; split it"
                )
            if first:
                raw = raw.removeprefix(codecs.BOM_UTF8)
                first = False
            for line in raw.rstrip(b"\n").split(b"\r"):
                if line.strip(_BLANKS):
                    yield line.decode("utf-8", errors="backslashreplace")


@contextmanager
def open_landed(path: Path, key: str) -> Iterator[BinaryIO]:
    """The file's bytes, decompressed; UnreadableFile when they end too early or can't be read."""
    try:
        with _open(path) as file:
            yield file
    except EOFError:
        raise UnreadableFile(key, "the gzip ends too early; upload it again whole") from None
    except gzip.BadGzipFile as error:
        raise UnreadableFile(key, f"no sound gzip ({error}); upload it again") from None
    except OSError as error:
        raise UnreadableFile(key, f"{error.strerror or error}") from None


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return open(path, "rb")
