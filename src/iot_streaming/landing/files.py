"""Names of landing files in, what they are out: whose, which format, how many make a batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from iot_streaming.contract import Source

LINE_SUFFIXES = (".json", ".ndjson", ".jsonl")
# As AWS DMS names its files; see bronze.dms.
RECORD_SUFFIXES = (".csv", ".parquet")


def suffixes_of(source: Source) -> tuple[str, ...]:
    """What the names of the source's files end in, compressed or not."""
    return LINE_SUFFIXES + (RECORD_SUFFIXES if source.format == "debezium" else ())


@cache
def endings_of(suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """The suffixes and what they are when compressed; Parquet compresses itself."""
    return suffixes + tuple(f"{suffix}.gz" for suffix in suffixes if suffix != ".parquet")


def ends_in(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether the name has one of the suffixes, compressed or not."""
    return name.endswith(endings_of(suffixes))


@dataclass(frozen=True, order=True)
class LandedFile:
    """One file: `key` is its path under the landing root, `modified_at` microseconds since 1970.

    `etag` is an object store's word for its content, empty for a file in a folder. Ordered by
    arrival, then key.
    """

    modified_at: int
    key: str
    size: int
    etag: str = ""

    @property
    def is_gzip(self) -> bool:
        return self.key.endswith(".gz")

    @property
    def is_records(self) -> bool:
        """Whether its name is one of a DMS file: records, not lines."""
        return ends_in(self.key, RECORD_SUFFIXES)


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
