"""Values of any kind in, what a page shows of them out; whatever the data hold is only text."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from markupsafe import Markup, escape

from iot_streaming.quality.report.words import NOTHING, duration, shown

# What a reading's canonical unit is called; tests hold it to the seed sensor_types.
UNITS = {
    "temperature": "°C",
    "humidity": "%",
    "pressure": "hPa",
    "vibration": "m/s²",
    "light": "lx",
    "motion": "counts",
    "voltage": "V",
}
_LONGEST_WORD = 28
_KINDS = {
    "Good": "good",
    "Maintenance required": "watch",
    "Out of specification": "look",
    "Failure": "bad",
    "Thriving": "good",
    "Stable": "watch",
    "Watch": "look",
    "At risk": "bad",
    "CRITICAL": "bad",
    "HIGH": "look",
    "MEDIUM": "watch",
    "LOW": "rest",
    "OPEN": "bad",
    "ACK": "rest",
    "RESOLVED": "rest",
    "passed": "good",
    "pass": "good",
    "attention": "look",
    "warn": "look",
    "failed": "bad",
    "fail": "bad",
    "error": "bad",
}
_WORDS = {
    "CRITICAL": "Critical",
    "HIGH": "High",
    "MEDIUM": "Medium",
    "LOW": "Low",
    "OPEN": "Open",
    "ACK": "Acknowledged",
    "RESOLVED": "Resolved",
    "ACTIVE": "Active",
    "INACTIVE": "Inactive",
    "RETIRED": "Retired",
    "passed": "Passed",
    "attention": "Attention",
    "failed": "Failed",
    "pass": "passed",
    "warn": "wants a look",
    "fail": "failed",
    "error": "could not be asked",
}


def text(value: Any, most: int = 160) -> Markup:
    """Text from the data, apart in its direction from what is around it."""
    return Markup("<bdi>{}</bdi>").format(shown(value, most))


def abridged(key: str, most: int = 12) -> str:
    """The begin of a key that nobody reads to its end.

    >>> abridged("04216a16-fa1a-38b5-ea79-63552b215b9b")
    '04216a16…'
    """
    return key if len(key) <= most else f"{key[:8]}…"


def name(value: Any, most: int = 200) -> Markup:
    """A name from the code, which may be broken after its underscores."""
    parts = escape(shown(value, most)).replace("_", Markup("_<wbr>"))
    return Markup("<bdi>{}</bdi>").format(parts)


def kind(value: Any) -> str:
    """What a band, tier, severity, status or verdict means: good, watch, look, bad or rest."""
    return _KINDS.get(str(value), "rest")


def word(value: Any) -> str:
    """A code as people read it; one that nobody knows is shown as it is, cut to a word's length."""
    told = _WORDS.get(str(value), shown(value, 1000))
    return told if len(told) <= _LONGEST_WORD else f"{told[:_LONGEST_WORD]}…"


def number(value: Any, digits: int = 1) -> str:
    """A number with thousands and at most so many digits; what is none is said to be none.

    >>> number(1234.5), number(float("nan")), number(None)
    ('1,234.5', 'not a number', '–')
    """
    if value is None:
        return NOTHING
    if isinstance(value, float) and not isfinite(value):
        return "not a number" if value != value else "infinite" if value > 0 else "minus infinite"
    told = f"{value:,.{digits}f}" if isinstance(value, float | Decimal) else f"{value:,}"
    told = told.rstrip("0").rstrip(".") if "." in told else told
    return ("0" if told == "-0" else told).replace("-", "−")


def percent(share: Any, digits: int = 0) -> str:
    """A share as a percentage; never 100 % of what is not all."""
    if share is None or not isfinite(share):
        return number(share)
    told = f"{share * 100:.{digits}f}"
    if share < 1 and float(told) >= 100:
        told = f"{100 - 10 ** -max(digits, 1):.{max(digits, 1)}f}"
    return f"{told} %".replace("-", "−")


def took(seconds: Any) -> str:
    """A time that something lasted: 0.42 s, 12 min, 5 h."""
    if seconds is None or not isfinite(seconds):
        return number(seconds)
    return duration(seconds) if seconds >= 0 else f"−{duration(-seconds)}"


def moment(at: Any, of: str = "minute") -> Markup:
    """A time that the page shows in the viewer's zone and, on hover, in UTC."""
    if at is None:
        return escape(NOTHING)
    if not isinstance(at, datetime):
        return day(at)
    utc = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    return Markup('<time datetime="{}" data-of="{}" title="{} UTC">{} UTC</time>').format(
        utc.isoformat(timespec="seconds").replace("+00:00", "Z"),
        of,
        f"{utc:%Y-%m-%d %H:%M:%S}",
        f"{utc.day} {utc:%b %Y, %H:%M}",
    )


def day(at: Any) -> Markup:
    """A date, which no time zone moves."""
    return escape(f"{at.day} {at:%b %Y}" if isinstance(at, date) else shown(at, 40))


def instant(seconds: float) -> datetime:
    """The time that is so many seconds after 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def finite(value: Any) -> float | None:
    """A number that can be drawn, or None."""
    if value is None:
        return None
    told = float(value)
    return told if isfinite(told) else None


FILTERS: Mapping[str, Any] = {
    "shown": shown,
    "text": text,
    "abridged": abridged,
    "name": name,
    "kind": kind,
    "word": word,
    "number": number,
    "percent": percent,
    "took": took,
    "moment": moment,
    "day": day,
    "instant": instant,
    "finite": finite,
}
