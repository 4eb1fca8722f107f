"""Bytes in, bytes that survive a power cut out."""

import os
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Replace the file whole: a reader sees the old content or the new, never a part."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """A file's content, or the names in a folder, are durable after this."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
