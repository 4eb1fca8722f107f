"""A question and a URL in, a page of its rows out: sorted, searched and counted by the engine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from iot_streaming.errors import NotKept
from iot_streaming.questions import question
from iot_streaming.serve.answers import Answer, Value
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.wanted import Wanted

PAGE_ROWS = 50
_CSV_ROWS = 10_000
_NUMBERS = ("count", "number", "score", "age", "money", "reading", "failed", "warned")


@dataclass(frozen=True)
class Column:
    """A column of a table on a page: `kind` is how it is drawn (templates/parts.html).

    `by` is the SQL to sort it by, where its own values have another order than their meaning.
    """

    name: str
    title: str
    kind: str = "text"
    by: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it stands at the right, and its greatest first when it is sorted by."""
        return self.kind in _NUMBERS


@dataclass(frozen=True)
class Listing:
    """A table that sorts, searches, pages and leaves as CSV.

    `filters` are the question's parameters that the URL may set, `searched` the columns that `q`
    looks into, `sort` the order without one in the URL (`-name`: greatest first), `key` the
    column that makes a row one and `ties` the SQL that orders rows which are equal, so that no
    page shows a row of another. `path` is where the CSV is, less `.csv`.
    """

    path: str
    question: str
    columns: tuple[Column, ...]
    filters: tuple[str, ...]
    searched: tuple[str, ...]
    sort: str
    key: str
    ties: str = ""

    @property
    def known(self) -> tuple[str, ...]:
        """The names of all parameters that a URL may have for it."""
        return (*self.filters, "q", "sort", "page")

    def order(self, wanted: Wanted) -> tuple[str, bool]:
        """The column to sort by and whether the greatest is first, as the URL or `sort` says."""
        names = {column.name for column in self.columns}
        told = wanted["sort"] or self.sort
        if told.removeprefix("-") not in names:
            told = self.sort
        return told.removeprefix("-"), told.startswith("-")


@dataclass(frozen=True)
class Rows:
    """One page of a Listing. `not_kept` says why there is nothing to list at all."""

    listing: Listing
    wanted: Wanted
    rows: list[dict[str, Any]]
    total: int
    number: int
    not_kept: str = ""

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / PAGE_ROWS))

    @property
    def first(self) -> int:
        """The number of the page's first row, from 1."""
        return (self.number - 1) * PAGE_ROWS + 1 if self.total else 0

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter or a search is on."""
        return any(self.wanted[name] for name in (*self.listing.filters, "q"))

    @property
    def csv(self) -> str:
        """Where exactly these rows are as CSV, all of them."""
        return self.wanted.at(f"{self.listing.path}.csv").href(page="")

    def sorted_by(self, column: Column) -> str:
        """What aria-sort says of the column."""
        name, is_down = self.listing.order(self.wanted)
        return "" if name != column.name else "descending" if is_down else "ascending"

    def sort_href(self, column: Column) -> str:
        """This page sorted by the column; the other way round where it is already."""
        turned = self.sorted_by(column) == ("descending" if column.is_number else "ascending")
        down = column.is_number != turned
        return self.wanted.href(sort=f"{'-' if down else ''}{column.name}", page="")


def rows_of(listing: Listing, asking: Asking, wanted: Wanted, **fixed: Value) -> Rows:
    """The page that the URL wants, or the last there is."""
    sql, parameters = _narrowed(listing, wanted, fixed)
    layer = question(listing.question).layer
    try:
        found = asking.rows(layer, f"select count(*) as total from ({sql}) as counted", parameters)
    except NotKept as error:
        return Rows(listing, wanted, [], 0, 1, str(error))
    total = int(found.rows[0][0])
    number = wanted.number("page", most=max(1, ceil(total / PAGE_ROWS)))
    limits = f" limit {PAGE_ROWS} offset {(number - 1) * PAGE_ROWS}"
    page = asking.rows(layer, sql + _ordered(listing, wanted) + limits, parameters)
    return Rows(listing, wanted, page.records(), total, number)


def all_of(listing: Listing, asking: Asking, wanted: Wanted, **fixed: Value) -> Iterator[Answer]:
    """All rows that the URL's filters leave, in its order, some thousands at a time."""
    sql, parameters = _narrowed(listing, wanted, fixed)
    layer = question(listing.question).layer
    for begin in range(0, 2**62, _CSV_ROWS):
        limits = f" limit {_CSV_ROWS} offset {begin}"
        part = asking.rows(layer, sql + _ordered(listing, wanted) + limits, parameters)
        if part.rows or not begin:
            yield part
        if len(part.rows) < _CSV_ROWS:
            return


def _narrowed(
    listing: Listing, wanted: Wanted, fixed: Mapping[str, Value]
) -> tuple[str, dict[str, Value]]:
    asked = question(listing.question)
    given = {**{name: wanted[name] for name in listing.filters}, **fixed}
    parameters = {name: given.get(name, "") for name in asked.parameters}
    sql = f"select * from ({asked.sql}) as answer"
    if not wanted["q"]:
        return sql, parameters
    places = " or ".join(
        f"contains(lower(cast({name} as string)), lower(:q))" for name in listing.searched
    )
    return f"{sql} where ({places})", {**parameters, "q": wanted["q"].strip()}


def _ordered(listing: Listing, wanted: Wanted) -> str:
    # Only what the listing declares gets here.
    name, is_down = listing.order(wanted)
    by = next(column.by or name for column in listing.columns if column.name == name)
    ties = f"{listing.ties}, {listing.key}" if listing.ties else listing.key
    return f" order by {by} {'desc' if is_down else 'asc'} nulls last, {ties}"
