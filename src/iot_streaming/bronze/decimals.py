"""Debezium's decimal values in, decimal digits out: exactly, or not at all.

`decimal.handling.mode=precise`, the connector's default, writes base64 of the unscaled value as
a big-endian two's complement. Its scale is in the envelope's schema, in the value itself
(`{"scale": 3, "value": "KRE="}`: numeric without a scale), or nowhere; then it is the declared
column's. Pure Python, so that every engine can register the same function.
"""

import base64
import binascii
import json
import re
from functools import lru_cache
from typing import Any

from iot_streaming.contract import Decimals

# Far more than PostgreSQL's 16,383: a line must not ask for gigabytes of zeros.
_GREATEST_SCALE = 100_000
_CONNECT_DECIMAL = "org.apache.kafka.connect.data.Decimal"
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
# Base64 by its letters, and a number or its like in the other modes.
_AMBIGUOUS = re.compile(r"[+]?[0-9]+(?:[eE][+]?[0-9]+)?|Infinity")


def decimal_digits(
    text: str | None,
    is_string: bool,
    field: str,
    declared_scale: int,
    schema: str,
    mode: Decimals,
) -> str | None:
    """The number that a field's text means, as decimal digits; NULL where that can't be known.

    `is_string`: JSON said it as a string. `declared_scale`: -1 when the column declares none.
    `schema`: the envelope's schema as JSON text, "" without. What is no precise value comes back
    as it is.

    >>> decimal_digits("BM4=", True, "unit_price", 2, "", "detect")
    '12.30'
    """
    if text is None:
        return None
    if not is_string:
        return _variable_scale(text) if text.startswith("{") else text
    scales = _scales(schema)
    if field in scales:
        scale = scales[field]
        return text if scale is None else _decoded(text, scale)
    known_scale = None if declared_scale < 0 else declared_scale
    if mode == "precise":
        return None if known_scale is None else _decoded(text, known_scale)
    if mode == "text" or known_scale is None or not text or not _BASE64.fullmatch(text):
        return text
    return None if _AMBIGUOUS.fullmatch(text) else _decoded(text, known_scale)


def _variable_scale(text: str) -> str | None:
    match _said(text):
        case {"scale": int(scale), "value": str(unscaled)} if abs(scale) <= _GREATEST_SCALE:
            return _decoded(unscaled, scale)
    return None


def _said(text: str) -> Any:
    """None where it is nested deeper than any number or schema."""
    try:
        return json.loads(text)
    except RecursionError:
        return None


def _decoded(encoded: str, scale: int) -> str | None:
    """None where this is no number as Java's BigInteger writes it: in as few bytes as it takes."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    unscaled = int.from_bytes(raw, "big", signed=True)
    fewest = (unscaled if unscaled >= 0 else ~unscaled).bit_length() // 8 + 1
    if len(raw) != fewest or base64.b64encode(raw).decode() != encoded:
        return None
    try:
        return _placed(unscaled, scale)
    except ValueError:
        # Python refuses to write numbers of thousands of digits.
        return None


def _placed(unscaled: int, scale: int) -> str:
    sign = "-" if unscaled < 0 else ""
    if scale <= 0:
        return f"{sign}{abs(unscaled)}{'0' * -scale if unscaled else ''}"
    digits = str(abs(unscaled)).zfill(scale + 1)
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"


# A connector repeats its schema in every line; parsing it once is enough.
@lru_cache(maxsize=64)
def _scales(schema: str) -> dict[str, int | None]:
    """Field of the row → its scale; None for a field that is no precise decimal."""
    if not schema:
        return {}
    scales: dict[str, int | None] = {}
    for part in _fields(_said(schema)):
        if part.get("field") == "after":
            for column in _fields(part):
                scales[str(column.get("field"))] = _scale(column)
    return scales


def _fields(struct: Any) -> list[dict[str, Any]]:
    fields = struct.get("fields") if isinstance(struct, dict) else None
    return [each for each in fields or [] if isinstance(each, dict)]


def _scale(column: dict[str, Any]) -> int | None:
    if column.get("name") != _CONNECT_DECIMAL:
        return None
    try:
        scale = int(column["parameters"]["scale"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return scale if abs(scale) <= _GREATEST_SCALE else None
