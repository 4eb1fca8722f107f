"""A source's ledger and its landing in, what is new there out, for as few requests as it takes.

A folder is listed whole. So is a bucket while it is small, and once a day: whatever else is missed
is found then. In between, a queue tells what landed; or, where keys begin with their date, the
listing starts the day before the newest file known.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from iot_streaming.bronze.ledger import Known, Ledger
from iot_streaming.contract import Source
from iot_streaming.landing import suffixes_of
from iot_streaming.landing.discovery import Discovery, discovered, start_after
from iot_streaming.landing.events import LandingEvents
from iot_streaming.landing.place import Landing, Listing
from iot_streaming.settings import Settings

# Ten requests to S3: less is not worth leaving out.
SMALL = 10_000


class Arrivals:
    """One look at one source's landing, at `now` (seconds since 1970)."""

    def __init__(
        self,
        settings: Settings,
        source: Source,
        landing: Landing,
        ledger: Ledger,
        events: LandingEvents | None,
        now: float,
    ) -> None:
        self.settings = settings
        self.source = source
        self.landing = landing
        self.ledger = ledger
        self.events = events
        self.now = now
        self.how = "listed whole"
        self._memory = settings.plan(f"{source.name}.listed")

    def look(self, known: Known) -> Discovery:
        """What is new; `how` then says where it was looked for."""
        if not self._must_list_whole(known):
            if self.events is not None:
                keys = [*self.events.keys(self.source.path), *known.outstanding]
                self.how = f"{len(keys):,} files told by the queue"
                return self._of_keys(keys)
            today = datetime.fromtimestamp(self.now, UTC).date()
            if after := start_after(known.oldest, known.newest, today):
                self.how = f"listed from {after} on"
                earlier = [key for key in known.outstanding if key <= after]
                return _both(self._listed(after), self._of_keys(earlier))
        return self._listed()

    def remember(self) -> None:
        """Once everything found is in the ledger: a whole listing is not due for a while."""
        if self.landing.starts_after and self.how == "listed whole":
            text = json.dumps({"landing": str(self.landing), "at": self.now})
            fresh = self._memory.with_suffix(".tmp")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self._memory)

    def _must_list_whole(self, known: Known) -> bool:
        if not self.landing.starts_after or (known.count <= SMALL and self.events is None):
            return True
        try:
            memory = json.loads(self._memory.read_text(encoding="utf-8"))
            last = memory["at"] if memory["landing"] == str(self.landing) else 0
        except (OSError, ValueError, KeyError, TypeError):
            last = 0
        return not 0 <= self.now - last < self.settings.relist_seconds

    def _listed(self, after: str = "") -> Discovery:
        return self._compared(
            self.landing.listed(self.source.path, after),
            self.ledger.files(self.source.name, since=after),
        )

    def _of_keys(self, keys: Sequence[str]) -> Discovery:
        keys = sorted(set(keys))
        if not keys:
            return Discovery()
        return self._compared(
            self.landing.found(keys), self.ledger.files(self.source.name, keys=keys)
        )

    def _compared(self, listing: Listing, ingested: pa.Table) -> Discovery:
        return discovered(listing, ingested, suffixes_of(self.source))


def _both(one: Discovery, other: Discovery) -> Discovery:
    return Discovery(
        sorted({*one.new, *other.new}),
        sorted({*one.changed, *other.changed}),
        sorted({*one.ignored, *other.ignored}),
        one.unreadable | other.unreadable,
    )
