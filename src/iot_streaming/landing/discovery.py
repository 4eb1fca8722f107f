"""A listing and what is known of it in, the files that are new out; none is looked at one by one.

A million known files cost one hash table of Arrow's: Python only sees those that are new or odd.
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from iot_streaming.landing.files import LINE_SUFFIXES, LandedFile, endings_of
from iot_streaming.landing.place import LISTED, Listing

_DATE = re.compile(r"(20\d\d)(-?)(\d\d)\2(\d\d)")
_DAY = timedelta(days=1)


@dataclass
class Discovery:
    """What a look at a source's folder found.

    `new`: not seen before, oldest arrival first. `changed`: ingested before and not the same
    now; they are reported, never read again. `ignored`: keys whose names no reader takes.
    `unreadable`: key to reason.
    """

    new: list[LandedFile] = field(default_factory=list)
    changed: list[LandedFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def discovered(
    listing: Listing,
    ingested: pa.Table | None = None,
    suffixes: tuple[str, ...] = LINE_SUFFIXES,
) -> Discovery:
    """Compare the listing with what was `ingested` (as LISTED has it; None: nothing yet).

    Names must end in one of the suffixes, or in it and `.gz`. Two files are the same by size and
    etag, or where one of them has no etag by size and time.
    """
    files = listing.files
    keys = files["key"]
    readable = reduce(pc.or_, [pc.ends_with(keys, ending) for ending in endings_of(suffixes)])
    ignored = [*listing.ignored, *keys.filter(pc.invert(readable)).to_pylist()]
    files = files.filter(readable)
    known = LISTED.empty_table() if ingested is None else ingested
    at = pc.index_in(files["key"], known["key"])
    is_new = pc.is_null(at)
    seen = files.filter(pc.invert(is_new))
    before = known.take(at.drop_null())
    return Discovery(
        new=sorted(_newest(files.filter(is_new)).values()),
        changed=sorted(_newest(seen.filter(_differs(seen, before))).values()),
        ignored=sorted(set(ignored)),
        unreadable=dict(listing.unreadable),
    )


def _differs(now: pa.Table, before: pa.Table) -> pa.ChunkedArray:
    etag, old = now["etag"], pc.fill_null(before["etag"], "")
    has_both = pc.and_(pc.not_equal(etag, ""), pc.not_equal(old, ""))
    otherwise = pc.not_equal(now["modified_at"], before["modified_at"])
    content = pc.if_else(has_both, pc.not_equal(etag, old), otherwise)
    return pc.or_(pc.not_equal(now["size"], before["size"]), content)


def _newest(files: pa.Table) -> dict[str, LandedFile]:
    """By key: a listing may have one twice, and overwritten meanwhile."""
    found: dict[str, LandedFile] = {}
    for row in files.to_pylist():
        file = LandedFile(row["modified_at"], row["key"], row["size"], row["etag"])
        found[file.key] = max(file, found.get(file.key, file))
    return found


def start_after(oldest: str, newest: str, today: date) -> str:
    """The key to list from where keys are in order of time: the day before the newest's date.

    Empty where they are not, so that all must be listed: the oldest and the newest key, and so all
    between them, must be the same up to a date, and that not one of the future.

    >>> start_after("e/date=2026-01-05/a.json", "e/date=2026-01-07/b.json", date(2026, 1, 8))
    'e/date=2026-01-06'
    """
    found = _DATE.search(newest)
    if not found or not _DATE.match(oldest, found.start()):
        return ""
    head, dash = newest[: found.start()], found[2]
    try:
        day = date.fromisoformat(found[0])
    except ValueError:
        return ""
    if not oldest.startswith(head) or day > today + _DAY:
        return ""
    return f"{head}{day - _DAY:%Y{dash}%m{dash}%d}"
