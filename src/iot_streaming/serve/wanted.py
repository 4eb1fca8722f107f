"""A URL in, what it wants to see out: filters, sort, search and page, each of them checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

# Longer than any name that people filter by; what is longer was not typed.
_LONGEST = 2000


def path_to(*parts: object) -> str:
    """A path of this application; a part may hold anything, slashes too.

    >>> path_to("devices", "A/1")
    '/devices/A%2F1'
    """
    return "/" + "/".join(quote(str(part), safe="") for part in parts)


@dataclass(frozen=True)
class Wanted:
    """The state of a page as its URL has it: `path` and those of its parameters that are known."""

    path: str
    given: Mapping[str, str]

    @classmethod
    def of(cls, path: str, query: Mapping[str, str], known: Iterable[str]) -> "Wanted":
        """The known parameters that are not empty, without what no page could have made."""
        given = {name: query[name][:_LONGEST].replace("\0", "") for name in known if name in query}
        return cls(path, {name: value for name, value in given.items() if value})

    def __getitem__(self, name: str) -> str:
        return self.given.get(name, "")

    def number(self, name: str, least: int = 1, most: int = 1_000_000) -> int:
        """A parameter as a whole number within the bounds; `least` where it is none."""
        text = self[name]
        return min(max(int(text), least), most) if text.isascii() and text.isdigit() else least

    def among(self, name: str, choices: Iterable[str], default: str) -> str:
        """A parameter that is one of the choices; else the default."""
        return self[name] if self[name] in choices else default

    def href(self, **changes: object) -> str:
        """This page with some parameters changed; an empty value takes one away.

        >>> Wanted("/devices", {"q": "cold", "page": "3"}).href(page="")
        '/devices?q=cold'
        """
        state = {**self.given, **{name: str(value) for name, value in changes.items()}}
        query = urlencode({name: value for name, value in state.items() if value})
        return f"{self.path}?{query}" if query else self.path

    def at(self, path: str) -> "Wanted":
        """The same parameters on another path."""
        return replace(self, path=path)
