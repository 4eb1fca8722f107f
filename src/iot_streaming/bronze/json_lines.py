"""A raw line in, what bronze needs of it out, exactly: the functions that engines call from SQL.

A plain document says what the line says with strings and nulls alone, each name once, so that
any JSON reader takes it the same way.
"""

import json
from collections.abc import Collection, Sequence
from typing import Literal

from iot_streaming.bronze.json_text import (
    Member,
    elements,
    first,
    members,
    minified,
    object_members,
    quoted,
    text_of,
)

# Which text is kept: the line's object, a change's row, a change's envelope.
Kept = Literal["line", "row", "envelope"]
ENVELOPE_TEXTS = ("op", "status", "ts_ms")
SOURCE_TEXTS = ("sequence", "lsn", "pos", "txId", "ts_us", "ts_ms")


def is_object(text: str) -> bool:
    """Whether the text is one JSON object by RFC 8259."""
    return members(text) is not None


def plain_document(line: str, fields: Collection[str]) -> str | None:
    """The line's object as plain JSON text with these fields; None if it is none.

    What else it says is counted by the names ?0, ?1 …

    >>> plain_document('{"a": 1.50, "b": null, "c": 1, "a": 2}', ["a", "b"])
    '{"a": "1.5", "b": null, "?0": "", "?1": ""}'
    """
    found = members(line)
    return None if found is None else json.dumps(_texts(found, fields), ensure_ascii=False)


def plain_change(line: str, fields: Collection[str]) -> str | None:
    """A change's envelope as plain JSON text, its rows as text in it; None if it is corrupt.

    What is no object where one should be is an envelope that says nothing.
    """
    raw = "null" if line.strip(" \t\r\n") == "null" else _envelope(line)
    if raw is None or raw == "null":
        return raw
    envelope = members(raw) or []
    plain: dict[str, object] = dict(_texts(envelope, ENVELOPE_TEXTS))
    for image in ("before", "after"):
        row = object_members(first(envelope, image))
        plain[image] = None if row is None else json.dumps(_texts(row, fields), ensure_ascii=False)
    origin = first(envelope, "source")
    if origin not in (None, "null"):
        place = _texts(members(origin or "") or [], SOURCE_TEXTS)
        plain["source"] = place | {"first": _first_of(place.get("sequence"))}
    # As many names as the envelope has.
    plain["names"] = str(len(envelope))
    return json.dumps(plain, ensure_ascii=False)


def rescued(line: str, kept: Kept, carried: Sequence[str]) -> str | None:
    """What the line says besides the carried fields, as JSON with every digit as it was.

    An object that says a name twice is kept whole; None if nothing is left.
    """
    envelope = _envelope(line)
    if kept == "envelope":
        return line if envelope == line else minified(envelope or "null", is_exact=True)
    raw = line if kept == "line" else first(members(envelope or "") or [], "after")
    found = object_members(raw) or []
    names = [member.name for member in found]
    if len(set(names)) < len(names):
        return line if kept == "line" else _row_text(raw or "")
    rest = [
        f"{quoted(name)}:{minified(raw, is_exact=True)}"
        for name, raw in found
        if name not in carried
    ]
    return f"{{{','.join(rest)}}}" if rest else None


def is_said_as_text(line: str, field: str) -> bool:
    """Whether the change's row says the field as a JSON string."""
    row = object_members(first(members(_envelope(line) or "") or [], "after")) or []
    return (first(row, field) or "").startswith('"')


def connect_schema(line: str) -> str:
    """The schema that Kafka Connect wraps a change in, as JSON text; empty without."""
    return first(members(line) or [], "schema") or "" if '"payload"' in line else ""


def _envelope(line: str) -> str | None:
    """The change as it is written, in the line or in its payload; None if the line is corrupt."""
    found = members(line)
    if found is None:
        return None
    payload = first(found, "payload") if '"payload"' in line else None
    return payload or line


def _row_text(raw: str) -> str:
    return text_of(raw) or "" if raw.startswith('"') else minified(raw, is_exact=True)


def _texts(found: list[Member], fields: Collection[str]) -> dict[str, str | None]:
    texts: dict[str, str | None] = {}
    others = 0
    for name, raw in found:
        if name in fields and name not in texts:
            texts[name] = text_of(raw)
        else:
            texts[f"?{others}"] = ""
            others += 1
    return texts


def _first_of(sequence: str | None) -> str | None:
    """The first element of a JSON array as text, empty if there is none; None if it is no JSON."""
    if sequence is None or len(members(f'{{"sequence":{sequence}}}') or []) != 1:
        return None
    found = elements(sequence)
    return text_of(found[0]) or "" if found else ""
