"""CSV and Parquet files in, rows of text out, each with what it was in its file."""

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from iot_streaming.bronze.lines import LONGEST_LINE, UnreadableFile, open_landed
from iot_streaming.contract import DmsFiles

_ROWS = 10_000


@dataclass(frozen=True)
class Row:
    """One record: its values as text (None: NULL), or None where they can't be told.

    `raw` is the record as it was and `size` its bytes in the file without the line end; Parquet
    has neither.
    """

    values: list[str | None] | None
    raw: str
    size: int | None


def csv_rows(path: Path, key: str, dms: DmsFiles) -> Iterator[Row]:
    """The records of a CSV after RFC 4180, a header among them; blank lines are left out.

    A quote that nobody closes makes the file unreadable: where its records end is unknown.
    """
    csv.field_size_limit(LONGEST_LINE)
    with open_landed(path, key) as file:
        lines = _PhysicalLines(file, key)
        records = csv.reader(lines, delimiter=dms.delimiter, strict=True)
        nulls = _Nulls(dms)
        while True:
            values: list[str] | None = None
            try:
                values = next(records)
            except StopIteration:
                return
            except csv.Error:
                if lines.has_ended:
                    raise UnreadableFile(
                        key,
                        f"the record at line {lines.first} opens a quote that is never closed; "
                        "was the file cut, or written with Rfc4180=false?",
                    ) from None
            raw, is_text = lines.take()
            text = raw.decode("utf-8", errors="backslashreplace")
            if values == []:
                continue
            sound = values is not None and is_text
            yield Row(nulls.told(values or [], text) if sound else None, text, len(raw))


class _PhysicalLines:
    """A file's lines for csv.reader, remembering those that made up the record."""

    def __init__(self, file: BinaryIO, key: str) -> None:
        self.file = file
        self.key = key
        self.number = 0
        self.first = 1
        self.pending: list[bytes] = []
        self.size = 0
        self.is_text = True
        self.has_ended = False

    def __iter__(self) -> "_PhysicalLines":
        return self

    def __next__(self) -> str:
        line = self._read()
        if not line:
            self.has_ended = True
            raise StopIteration
        self.number += 1
        if self.number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        self.pending.append(line)
        self.size += len(line)
        if self.size >= LONGEST_LINE:
            raise UnreadableFile(
                self.key,
                f"the record at line {self.first} is longer than {LONGEST_LINE // 1024**2} MiB; "
                "is a quote left open?",
            )
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            self.is_text = False
            return line.decode("utf-8", errors="backslashreplace")

    def _read(self) -> bytes:
        return self.file.readline(LONGEST_LINE)

    def take(self) -> tuple[bytes, bool]:
        """The bytes since the last call without their last line end; whether they are UTF-8."""
        taken = b"".join(self.pending).removesuffix(b"\n").removesuffix(b"\r")
        is_text = self.is_text
        self.pending, self.size, self.is_text, self.first = [], 0, True, self.number + 1
        return taken, is_text


class _Nulls:
    """Tells NULL, which DMS writes without quotes, from a text that reads the same."""

    def __init__(self, dms: DmsFiles) -> None:
        self.null = dms.null
        self.quoted_null = f'"{dms.null}"'
        delimiter = re.escape(dms.delimiter)
        self.field = re.compile(rf'(?:^|{delimiter})("(?:[^"]|"")*"|[^{delimiter}]*)')

    def told(self, values: list[str], raw: str) -> list[str | None]:
        if self.null not in values:
            return list(values)
        if self.quoted_null not in raw:
            return [None if value == self.null else value for value in values]
        written = self.field.findall(raw)
        return [
            None if value == self.null and said == self.null else value
            for value, said in zip(values, written, strict=True)
        ]


def parquet_rows(path: Path, key: str) -> tuple[list[str], Iterator[Row]]:
    """Column names, and the rows; UnreadableFile when a type has no text or a row is missing."""
    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(key, f"no sound Parquet file ({error}); upload it again") from error
    return file.schema_arrow.names, _batches(file, key)


def _batches(file: parquet.ParquetFile, key: str) -> Iterator[Row]:
    rows = 0
    with file:
        try:
            for batch in file.iter_batches(batch_size=_ROWS):
                columns = [_texts(column) for column in batch.columns]
                for values in zip(*columns, strict=True):
                    yield Row(list(values), "", None)
                rows += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise UnreadableFile(key, f"Parquet row {rows + 1} or later: {error}") from error
        if rows != file.metadata.num_rows:
            raise UnreadableFile(
                key, f"has {rows} of {file.metadata.num_rows} rows; upload it again"
            )


def _texts(column: pa.Array) -> list[str | None]:
    if pa.types.is_decimal(column.type):
        # Arrow writes small ones with an exponent.
        return [None if value is None else format(value, "f") for value in column.to_pylist()]
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    return texts
