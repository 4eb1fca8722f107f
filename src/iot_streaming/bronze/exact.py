"""Files that the fast reader must not read in, their lines or records as one Arrow stream out."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from iot_streaming.bronze.dms import change_lines
from iot_streaming.bronze.lines import Line, UnreadableFile, exact_lines
from iot_streaming.contract import Source
from iot_streaming.landing import RECORD_SUFFIXES, LandedFile, ends_in

_SIZE = 4 * 1024 * 1024
EXACT_SCHEMA = pa.schema(
    [
        ("line", pa.string()),
        ("path", pa.string()),
        ("_line_number", pa.int64()),
        ("_record_kind", pa.string()),
        ("_record_bytes", pa.int32()),
    ]
)


class ExactLines:
    """Files as one stream of record batches, a few MB each: path to file, all of one source.

    What stops the stream reaches its consumer garbled by Arrow; `failure` keeps it as it was.
    """

    def __init__(self, files: Mapping[str, LandedFile], source: Source) -> None:
        self.files = files
        self.source = source
        self.failure: UnreadableFile | None = None

    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(EXACT_SCHEMA, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for path, file in self.files.items():
                yield from _file_batches(path, lines_of(Path(path), file.key, self.source))
        except UnreadableFile as failure:
            self.failure = failure
            raise


def lines_of(path: Path, key: str, source: Source) -> Iterator[Line]:
    """The file's non-blank lines, or its records where its name is one of a DMS file."""
    if ends_in(key, RECORD_SUFFIXES):
        return change_lines(path, key, source)
    return map(Line, exact_lines(path, key))


def _file_batches(path: str, found: Iterator[Line]) -> Iterator[pa.RecordBatch]:
    lines: list[Line] = []
    size = done = 0
    for line in found:
        lines.append(line)
        size += len(line.text)
        if size >= _SIZE:
            yield _record_batch(lines, path, done)
            done += len(lines)
            lines, size = [], 0
    if lines:
        yield _record_batch(lines, path, done)


def _record_batch(lines: list[Line], path: str, done: int) -> pa.RecordBatch:
    columns = [
        [line.text for line in lines],
        [path] * len(lines),
        range(done + 1, done + len(lines) + 1),
        [line.kind for line in lines],
        [line.size for line in lines],
    ]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, EXACT_SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=EXACT_SCHEMA)
