"""What a page and a table file of the application are made of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from iot_streaming.serve.answers import Answer
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.listing import Listing, all_of
from iot_streaming.serve.wanted import Wanted


@dataclass(frozen=True)
class Page:
    """A path, the template that shows it, what to collect for it, the parameters it knows."""

    path: str
    template: str
    collect: Callable[..., dict[str, Any]]
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A CSV file: its path, what finds its rows, the parameters it knows."""

    path: str
    parts: Callable[..., Iterator[Answer]]
    known: tuple[str, ...] = ()

    @classmethod
    def of(cls, listing: Listing) -> "Table":
        """The file of a table on a page."""

        def parts(asking: Asking, wanted: Wanted) -> Iterator[Answer]:
            return all_of(listing, asking, wanted)

        return cls(f"{listing.path}.csv", parts, listing.known)
