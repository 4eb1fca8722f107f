"""A batch's plan on disk: written before anything else happens, finished before anything new."""

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from iot_streaming.errors import PipelineError
from iot_streaming.landing import LandedFile


@dataclass(frozen=True)
class Batch:
    """Files that enter bronze together, in one commit.

    `ingested_at` is in microseconds since 1970 and grows from batch to batch. `odd` names the
    files that the fast reader must not read: see bronze.lines.
    """

    source: str
    batch_id: int
    ingested_at: int
    files: tuple[LandedFile, ...]
    odd: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Bytes as they lie in landing."""
        return sum(file.size for file in self.files)

    @property
    def ingested_at_text(self) -> str:
        return datetime.fromtimestamp(self.ingested_at / 1e6, UTC).isoformat(
            timespec="microseconds"
        )

    def is_fast(self, file: LandedFile) -> bool:
        """Whether the fast reader may read the file: lines, and nothing odd about them."""
        return not file.is_records and file.key not in self.odd

    def with_odd(self, keys: frozenset[str]) -> "Batch":
        return replace(self, odd=self.odd | keys)

    def without(self, key: str) -> "Batch":
        return replace(self, files=tuple(file for file in self.files if file.key != key))


def write_plan(path: Path, batch: Batch) -> None:
    """Durably, whole or not at all."""
    temporary = path.with_suffix(".tmp")
    files = [vars(file) for file in batch.files]
    document = vars(batch) | {"files": files, "odd": sorted(batch.odd)}
    with open(temporary, "w", encoding="utf-8") as file:
        # Not `dump`, which writes in pieces: a batch has thousands of files.
        file.write(json.dumps(document))
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_plan(path: Path) -> Batch | None:
    """The unfinished batch, None when there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        document = json.loads(text)
        files = tuple(LandedFile(**file) for file in document.pop("files"))
        odd = frozenset(document.pop("odd"))
        return Batch(**document, files=files, odd=odd)
    except (ValueError, TypeError, KeyError) as error:
        raise PipelineError(
            f"batch plan {path} can't be read ({error}); it was damaged from outside. "
            "Remove it: its files are either in the ledger or will be planned again"
        ) from error
