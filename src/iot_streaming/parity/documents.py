"""A JSON document's text in, the one text of all documents with its value out."""

import json
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, DecimalException
from typing import Any

# Exact, however many digits there are: the default rounds to 28.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


def same_by_value(text: str) -> str:
    """Equal texts for equal values; what is no JSON is its own value.

    >>> same_by_value('{"b": 1.50, "a": [2, 1]}') == same_by_value('{"a":[2,1],"b":15e-1}')
    True
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_sorted_pairs,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_number,
        )
        return json.dumps(value, separators=(",", ":"))
    except (ValueError, RecursionError):
        return text


def _sorted_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its fields, of repeated ones all: which of them counts is nobody's to say."""
    pairs.sort(key=lambda pair: pair[0])
    if len({name for name, _ in pairs}) == len(pairs):
        return {"object": pairs}
    return {"object with repeated fields": pairs}


def _number(text: str) -> dict[str, str]:
    """Its digits without trailing zeros; -0 is 0."""
    try:
        number = _EXACT.create_decimal(text)
        return {"number": str(number.normalize(_EXACT) if number else Decimal(0))}
    except (DecimalException, MemoryError):
        return {"number": text}
