"""A folder's path or a bucket's URL in, a place that takes whole files and Delta tables out."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from deltalake.exceptions import DeltaError
from filelock import FileLock, Timeout

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.durable import sync
from iot_streaming.errors import ConfigurationError, HomeInUse
from iot_streaming.landing.store import delta_options, open_store, telling
from iot_streaming.settings import PATIENCE_SECONDS

if TYPE_CHECKING:
    from obstore import WritableFile

# The kernel lets go of it when the process ends, however it ends.
_LOCK = ".export.lock"
_PART = 8 * 1024 * 1024


class Destination(ABC):
    """Where an export goes. Keys are paths under its root, with slashes."""

    @abstractmethod
    def __str__(self) -> str:
        """The folder's path or the bucket's URL."""

    @abstractmethod
    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold it for one export, where that can be done; its errors name it in the block."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether nothing lies there, or below the prefix."""

    @abstractmethod
    def read_text(self, key: str) -> str | None:
        """A small file's text; None when there is no such file."""

    @abstractmethod
    @contextmanager
    def written(self, key: str) -> Iterator[BinaryIO]:
        """A file to write: it takes the place of what is there once the block ends well."""

    @abstractmethod
    @contextmanager
    def delta(self, key: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Where a Delta table lies, and what delta-rs needs to be told to reach it."""


def destination_at(place: Path | BucketUrl, patience: float = PATIENCE_SECONDS) -> Destination:
    """The destination at a place; `patience` is how long a bucket is tried again, in seconds."""
    return _Bucket(place, patience) if isinstance(place, BucketUrl) else _Folder(place)


class _Folder(Destination):
    def __init__(self, root: Path) -> None:
        self.root = root

    def __str__(self) -> str:
        return str(self.root)

    @contextmanager
    def opened(self) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                self.root.mkdir(parents=True, exist_ok=True)
                stack.enter_context(FileLock(self.root / _LOCK, timeout=0))
                yield
            except Timeout:
                raise HomeInUse(
                    f"{self.root} is being written by another export; let it finish, or name "
                    "another folder with --to"
                ) from None
            except (OSError, DeltaError) as error:
                reason = getattr(error, "strerror", None) or error
                raise ConfigurationError(
                    f"{self.root} can't be written ({reason}); each table there is whole, as it "
                    "was or as it is now; make room, or name another folder with --to"
                ) from error

    def is_empty(self) -> bool:
        return not self.root.is_dir() or set(os.listdir(self.root)) <= {_LOCK}

    def read_text(self, key: str) -> str | None:
        try:
            return (self.root / key).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None

    @contextmanager
    def written(self, key: str) -> Iterator[BinaryIO]:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        # Neither *.parquet nor *.csv: who reads all of a folder must not find it.
        fresh = path.with_name(f".{path.name}.new")
        try:
            with fresh.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        sync(path.parent)

    @contextmanager
    def delta(self, key: str) -> Iterator[tuple[str, dict[str, str]]]:
        yield str(self.root / key), {}


class _Bucket(Destination):
    """Nobody can hold a prefix: of two exports at once, each file is one's or the other's."""

    def __init__(self, url: BucketUrl, patience: float) -> None:
        self.url = url
        self.patience = patience
        self.store = open_store(url, patience)

    def __str__(self) -> str:
        return str(self.url)

    @contextmanager
    def opened(self) -> Iterator[None]:
        yield

    def is_empty(self) -> bool:
        import obstore

        with telling(self.url, "be listed"):
            return not next(iter(obstore.list(self.store, chunk_size=1)), None)

    def read_text(self, key: str) -> str | None:
        import obstore
        from obstore.exceptions import NotFoundError

        with telling(f"{self.url}/{key}", "be read"):
            try:
                return bytes(obstore.get(self.store, key).bytes()).decode("utf-8")
            except (NotFoundError, FileNotFoundError):
                return None

    @contextmanager
    def written(self, key: str) -> Iterator[BinaryIO]:
        import obstore

        told = f"{self.url}/{key}"
        upload = _Upload(obstore.open_writer(self.store, key, buffer_size=_PART), told)
        yield cast(BinaryIO, upload)
        # Only this shows the object; of one that broke off nothing is ever seen.
        with telling(told, "be written"):
            upload.store_file.close()

    @contextmanager
    def delta(self, key: str) -> Iterator[tuple[str, dict[str, str]]]:
        with telling(f"{self.url}/{key}", "be written"):
            try:
                yield f"{self.url}/{key}", delta_options(self.url, self.patience)
            except DeltaError as error:
                raise OSError(str(error)) from None


class _Upload(RawIOBase):
    """obstore's file as Python's: its errors in our words, and never closed by who writes it."""

    def __init__(self, store_file: "WritableFile", told: str) -> None:
        self.store_file = store_file
        self.told = told

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        with telling(self.told, "be written"):
            return self.store_file.write(bytes(content))
