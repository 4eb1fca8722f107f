"""A prefix in an object store's bucket as a landing: files come by a bounded spool on disk."""

import random
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError, LandingFailed
from iot_streaming.landing.files import LandedFile
from iot_streaming.landing.place import LISTED, Fetched, Landing, Listing
from iot_streaming.landing.s3_listing import listed_by_boto3
from iot_streaming.landing.store import (
    concerns_all,
    open_store,
    reason_of,
    telling,
    was_cut_off,
)

AT_ONCE = 8
_CHUNK = 1024 * 1024
_PART = 8 * 1024 * 1024
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
_PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2)
# So many files that can't be read, and none that can: it is not the files.
_TOO_MANY = 3


class Bucket(Landing):
    """Files are known by size and etag; an upload becomes visible whole, or not at all.

    `scratch` holds what is on its way in or out, never more than `spool_bytes` of what comes in.
    """

    starts_after = True

    def __init__(self, url: BucketUrl, scratch: Path, spool_bytes: int, patience: float) -> None:
        self.url = url
        self.spool, self.outgoing = scratch / "spool", scratch / "outgoing"
        self.spool_bytes = spool_bytes
        self.patience = patience
        self.store = open_store(url, patience)

    def __str__(self) -> str:
        return str(self.url)

    def refuse_missing(self) -> None:
        import obstore
        from obstore.exceptions import InvalidPathError

        with telling(self.url, "be listed"):
            try:
                first = next(iter(obstore.list(self.store, chunk_size=1)), None)
            except InvalidPathError:
                return
        if not first:
            raise ConfigurationError(
                f"nothing has landed below {self.url}: is the prefix right? Name another with "
                "--landing or IOT_LANDING, or fill it by `iot simulate --out URL`"
            )

    def listed(self, folder: str, after: str = "") -> Listing:
        import obstore
        from obstore.exceptions import InvalidPathError

        for pause in (*_PAUSES, None):
            pages = obstore.list(
                self.store, folder, offset=after or None, chunk_size=10_000, return_arrow=True
            )
            try:
                batches = [_columns(pa.record_batch(page)) for page in pages]
                break
            except InvalidPathError:
                # A key that is no path stops the listing; S3's own client takes any.
                if self.url.scheme == "s3":
                    return listed_by_boto3(self.url, folder, after).visible()
                raise LandingFailed(
                    f"{self.url}/{folder} can't be listed: a key there is no path (an empty, . or "
                    ".. part, or a control character); copy the object to another key"
                ) from None
            except Exception as error:
                if pause is None or not was_cut_off(error):
                    raise LandingFailed(
                        f"{self.url}/{folder} can't be listed: {reason_of(error)}"
                    ) from None
                _sleep(pause)
        return Listing(pa.Table.from_batches(batches, LISTED)).visible()

    def found(self, keys: Sequence[str]) -> Listing:
        import obstore
        from obstore.exceptions import BaseError, NotFoundError

        unreadable: dict[str, str] = {}

        def head(key: str) -> Any:
            try:
                return obstore.head(self.store, key)
            except (NotFoundError, FileNotFoundError, ValueError):
                return None
            except BaseError as error:
                if concerns_all(error):
                    raise LandingFailed(f"{self.url}: {reason_of(error)}") from None
                unreadable[key] = reason_of(error)
                return None

        with ThreadPoolExecutor(AT_ONCE) as pool:
            there = [entry for entry in pool.map(head, keys) if entry]
        columns = [
            [entry["path"] for entry in there],
            [entry["size"] for entry in there],
            [int(entry["last_modified"].timestamp() * 1e6) for entry in there],
            [entry["e_tag"] or "" for entry in there],
        ]
        return Listing(pa.table(columns, schema=LISTED), [], unreadable).visible()

    @contextmanager
    def fetched(self, files: Sequence[LandedFile]) -> Iterator[Fetched]:
        # Also what a killed run left there.
        shutil.rmtree(self.spool, ignore_errors=True)
        self.spool.mkdir(parents=True)
        try:
            yield _Download(self, files).done()
        finally:
            shutil.rmtree(self.spool, ignore_errors=True)

    def tail(self, file: LandedFile, size: int) -> bytes:
        import obstore

        with telling(f"{self.url}/{file.key}", "be read"):
            return bytes(
                obstore.get_range(self.store, file.key, start=file.size - size, length=size)
            )

    def strangers(self, folders: Iterable[str]) -> list[str]:
        """Files and prefixes beside the folders, told by a listing of each level above them."""
        import obstore
        from obstore.exceptions import InvalidPathError

        known = set(folders)
        above = {"/".join(f.split("/")[:depth]) for f in known for depth in range(f.count("/") + 1)}
        found: list[str] = []
        for level in sorted(above):
            with telling(self.url, "be listed"):
                try:
                    page = obstore.list_with_delimiter(self.store, level or None)
                except InvalidPathError:
                    found.append(f"{level}/ (a key there is no path)".lstrip("/"))
                    continue
            inside = set(page["common_prefixes"]) - known - above
            found += [f"{prefix}/" for prefix in inside]
            found += [entry["path"] for entry in page["objects"]]
        return sorted(key for key in found if key.rstrip("/").rpartition("/")[2][:1] not in "_.")

    def read_text(self, key: str) -> str | None:
        import obstore
        from obstore.exceptions import NotFoundError

        with telling(f"{self.url}/{key}", "be read"):
            try:
                return bytes(obstore.get(self.store, key).bytes()).decode("utf-8")
            except (NotFoundError, FileNotFoundError):
                return None

    def hidden(self, key: str) -> Path:
        path = self.outgoing / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_name(f"_{path.name}")

    def show(self, keys: Iterable[str], *, replace: bool = False) -> None:
        import obstore
        from obstore.exceptions import NotFoundError

        for key in keys:
            hidden = self.hidden(key)
            if not hidden.exists():
                continue
            with telling(f"{self.url}/{key}", "be written"):
                try:
                    is_there = not replace and bool(obstore.head(self.store, key))
                except (NotFoundError, FileNotFoundError):
                    is_there = False
                if not is_there:
                    obstore.put(self.store, key, hidden, chunk_size=_PART)
            hidden.unlink()


class _Download:
    """Files into the spool, several at once; a store that is in trouble ends it early."""

    def __init__(self, bucket: Bucket, files: Sequence[LandedFile]) -> None:
        self.bucket = bucket
        self.files = files
        self.unreadable: dict[str, str] = {}
        # Files given up after every retry, by no fault that the store names.
        self.given_up: dict[str, str] = {}

    def done(self) -> Fetched:
        # Names of our own: a key may be anything.
        paths = {
            file.key: self.bucket.spool / f"{number}{'.gz' if file.is_gzip else ''}"
            for number, file in enumerate(self.files)
        }
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(lambda file: self._file(file, paths[file.key]), self.files):
                pass
        unreadable = self.unreadable | self.given_up
        if unreadable and len(unreadable) == len(self.files):
            # Not one: does the store answer at all? If so the files are at fault, if they are few.
            self.bucket.refuse_missing()
            if len(unreadable) >= _TOO_MANY and not all(map(_is_own, unreadable.values())):
                self._stop(*next(iter(unreadable.items())))
        return Fetched(paths, unreadable)

    def _file(self, file: LandedFile, path: Path) -> None:
        if len(self.given_up) >= _TOO_MANY:
            self._stop(*next(iter(self.given_up.items())))
        if file.size > self.bucket.spool_bytes:
            self.unreadable[file.key] = (
                f"{_OWN[2]}: {file.size:,} bytes, and the spool takes {self.bucket.spool_bytes:,}; "
                "set IOT_SPOOL higher, or land smaller files"
            )
            return
        deadline = time.monotonic() + self.bucket.patience
        pause = _FIRST_PAUSE
        while True:
            reason = self._attempt(file, path)
            if reason is None:
                return
            path.unlink(missing_ok=True)
            if time.monotonic() + pause > deadline:
                self.given_up[file.key] = reason
                return
            _sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _attempt(self, file: LandedFile, path: Path) -> str | None:
        """None when the file is there, or can't be for good; else why it might be the next time."""
        import obstore
        from obstore.exceptions import (
            NotFoundError,
            PermissionDeniedError,
            PreconditionError,
        )

        options: Any = {"if_match": file.etag} if file.etag else {}
        size = 0
        try:
            with open(path, "wb") as spooled:
                answer = obstore.get(self.bucket.store, file.key, options=options)
                for chunk in answer.stream(min_chunk_size=_CHUNK):
                    size += len(chunk)
                    if size > file.size:
                        break
                    spooled.write(chunk)
        except PreconditionError:
            self.unreadable[file.key] = _OWN[0]
        except (NotFoundError, FileNotFoundError):
            self.unreadable[file.key] = _OWN[1]
        except PermissionDeniedError as error:
            if concerns_all(error):
                self._stop(file.key, reason_of(error))
            self.unreadable[file.key] = reason_of(error)
        except Exception as error:
            if concerns_all(error):
                self._stop(file.key, reason_of(error))
            return reason_of(error)
        else:
            if size != file.size:
                return f"{size:,} of {file.size:,} bytes came; it is tried again"
        return None

    def _stop(self, key: str, reason: str) -> None:
        raise LandingFailed(f"{self.bucket.url}/{key} can't be read: {reason}")


# Reasons that are a file's own, whatever the store's state.
_OWN = (
    "changed while it was read; it is tried again",
    "went away before it was read",
    "larger than the spool",
)


def _sleep(pause: float) -> None:
    """About so long: not all at the same moment, or the store is asked too much again."""
    time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 (no secret)


def _is_own(reason: str) -> bool:
    return reason.startswith(_OWN)


def _columns(page: Any) -> Any:
    """A page of obstore's listing as LISTED has it."""
    return pa.record_batch(
        [
            page["path"].cast(pa.string()),
            page["size"].cast(pa.int64()),
            page["last_modified"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()),
            pc.fill_null(page["e_tag"].cast(pa.string()), ""),
        ],
        schema=LISTED,
    )
