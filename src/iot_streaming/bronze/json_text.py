"""JSON text in, what it says out, strictly by RFC 8259: for the lines that engines read their way.

Pure Python, so that every engine can call the same functions: DuckDB for the few lines that it
may take too lightly, Spark for all that its own reader would write anew or refuse. A field's text
is what DuckDB makes of it: integers by their digits, other numbers as the shortest text of their
double, arrays and objects without white space. Nothing here recurses, however deep the nesting.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"[ \t\n\r]*+(?:([{}\[\],:])"
    r'|("(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")'
    r"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)"
    r"|(true|false|null))"
)
_MARK, _TEXT, _NUMBER = 1, 2, 3
# A member with nothing nested or escaped in it, and the mark that follows.
_PLAIN_MEMBER = re.compile(
    r'[ \t\n\r]*+"([^"\\\x00-\x1f]*+)"[ \t\n\r]*+:[ \t\n\r]*+'
    r'("[^"\\\x00-\x1f]*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+'
    r"|true|false|null)[ \t\n\r]*+([,}])"
)
_END = re.compile(r"[ \t\n\r]*+\Z")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_CONTROL = re.compile(r"(?<!\\)(?:\\\\)*+\\u00[01][0-9a-f]")
# The sign, digits and exponent of a number, as Python writes it.
_SCIENTIFIC = re.compile(r"(-?)([0-9])(?:\.([0-9]+))?e([+-][0-9]+)")
_OPENED_BY = {"}": "{", "]": "["}


class Member(NamedTuple):
    """One member of an object: its name, and its value as it is written."""

    name: str
    raw: str


class _Malformed(ValueError):
    """The text is no JSON, or no text could be what it says."""


class _Walk:
    """Where a reader stands in a text, token by token; raises _Malformed."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        # What may come: value, first value (or ]), key, first key (or }), colon, next (or end).
        self.wants = "value"

    def take(self, kind: int, said: str) -> bool:
        """Go past one token; whether a value ends with it."""
        if kind != _MARK:
            return self._scalar(kind, said)
        if said in "{[":
            self._need("value", "first value")
            self.opened.append(said)
            self.wants = "first key" if said == "{" else "first value"
            return False
        if said in "}]":
            self._need("next", "first key" if said == "}" else "first value")
            if not self.opened or self.opened.pop() != _OPENED_BY[said]:
                raise _Malformed
            self.wants = "next"
            return True
        self._need("colon" if said == ":" else "next")
        is_key_next = said == "," and self.opened[-1] == "{"
        self.wants = "key" if is_key_next else "value"
        return False

    def is_before_member(self) -> bool:
        return len(self.opened) == 1 and self.wants in ("key", "first key")

    def pass_member(self, mark: str) -> None:
        """Go past a whole member of the outermost object and the mark after it."""
        self.wants = "key"
        if mark == "}":
            self.opened.pop()
            self.wants = "next"

    def _scalar(self, kind: int, said: str) -> bool:
        if kind == _TEXT and "\\" in said:
            _decoded(said)
        if self.wants in ("key", "first key") and kind == _TEXT:
            self.wants = "colon"
            return False
        self._need("value", "first value")
        self.wants = "next"
        return True

    def _need(self, *wanted: str) -> None:
        if self.wants not in wanted:
            raise _Malformed


def members(text: str) -> list[Member] | None:
    """The object's members as written, those that are said twice too; None if it is no object.

    >>> members('{"a": 1.50, "b": [1, 2]}')
    [Member(name='a', raw='1.50'), Member(name='b', raw='[1, 2]')]
    """
    return _inside(text, "{")


def elements(text: str) -> list[str] | None:
    """The array's elements as written; None if it is no array."""
    found = _inside(text, "[")
    return None if found is None else [raw for _, raw in found]


def _inside(text: str, opening: str) -> list[Member] | None:
    try:
        return list(_parts(text, opening))
    except _Malformed:
        return None


def _parts(text: str, opening: str) -> Iterator[Member]:
    walk, name, begin, at = _Walk(), "", 0, 0
    while True:
        # Most members take one look instead of one a token.
        while walk.is_before_member() and (plain := _PLAIN_MEMBER.match(text, at)):
            yield Member(plain[1], plain[2])
            walk.pass_member(plain[3])
            at = plain.end()
        if at and not walk.opened:
            break
        token = _TOKEN.match(text, at)
        if token is None:
            raise _Malformed
        kind, at = token.lastindex or 0, token.end()
        depth, was = len(walk.opened), walk.wants
        ended = walk.take(kind, token[kind])
        if depth == 0 and token[kind] != opening:
            raise _Malformed
        if depth == 1 and was in ("key", "first key") and walk.wants == "colon":
            name = _decoded(token[kind])
        elif depth == 1 and was in ("value", "first value"):
            begin = token.start(kind)
        if ended and not walk.opened:
            break
        if ended and len(walk.opened) == 1:
            yield Member(name, text[begin:at])
    if not _END.match(text, at):
        raise _Malformed


def _decoded(string: str) -> str:
    """What a JSON string says; _Malformed for half a surrogate pair, which is no character."""
    if "\\" not in string:
        return string[1:-1]
    said: str = json.loads(string)
    if _SURROGATE.search(string):
        try:
            said.encode()
        except UnicodeEncodeError:
            raise _Malformed from None
    return said


def text_of(raw: str) -> str | None:
    """The text of a value as written: None for null.

    >>> [text_of(raw) for raw in ('"x"', "1.50", "1e3", "[1.50, 2]", "null")]
    ['x', '1.5', '1000.0', '[1.5,2]', None]
    """
    if raw[0] == '"':
        return _decoded(raw)
    if raw[0] in "{[":
        return minified(raw)
    if raw == "null":
        return None
    return raw if raw in ("true", "false") else _number(raw)


def _number(raw: str) -> str:
    if raw.lstrip("-").isdigit():
        return "0" if raw == "-0" else raw
    value = float(raw)
    return raw if value in (float("inf"), float("-inf")) else repr(value)


def minified(raw: str, *, is_exact: bool = False) -> str:
    """The value without white space; its numbers as DuckDB writes them, or exactly as they are."""
    parts = []
    for token in _TOKEN.finditer(raw):
        kind = token.lastindex or 0
        said = token[kind]
        if kind == _TEXT:
            said = quoted(_decoded(said))
        elif kind == _NUMBER and not is_exact:
            said = _nested_number(said)
        parts.append(said)
    return "".join(parts)


def _nested_number(raw: str) -> str:
    """A double as DuckDB's JSON writer has it: 1e22 and 1e-8 where a text says 1e+22 and 1e-08."""
    text = _number(raw)
    parts = _SCIENTIFIC.fullmatch(text) if text != raw or "e" in text else None
    if parts is None or float(raw) in (float("inf"), float("-inf")):
        return text
    sign, first, rest, exponent = parts[1], parts[2], parts[3] or "", int(parts[4])
    digits = first + rest
    if 0 < exponent < 21:
        return f"{sign}{digits.ljust(exponent + 1, '0')}.0"
    if -7 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    return f"{sign}{first}{'.' + rest if rest else ''}e{exponent}"


def quoted(text: str) -> str:
    """The text as a JSON string as DuckDB writes it: with no more escapes than it needs."""
    said = json.dumps(text, ensure_ascii=False)
    return _CONTROL.sub(lambda code: f"\\u{code[0][2:].upper()}", said) if "\\u00" in said else said


def object_members(raw: str | None) -> list[Member] | None:
    """Of an object, or of a string that holds one; None for anything else."""
    text = raw if raw is None or raw[0] != '"' else _decoded(raw)
    return None if text is None else members(text)


def first(found: list[Member], name: str) -> str | None:
    """The value that counts where an object says a name twice, as DuckDB has it."""
    return next((raw for said, raw in found if said == name), None)
