"""A Quartz cron expression in, its times of day and the shortest pause between them out."""

import re
from itertools import pairwise

from iot_streaming.errors import ConfigurationError

_DAY = 24 * 60 * 60
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS = (
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 1, 7),
    ("year", 1970, 2099),
)
_SPECIAL = {
    "day of month": re.compile(r"\?|L(-\d{1,2})?|LW|\d{1,2}W"),
    "day of week": re.compile(r"\?|L|[1-7]L|[1-7]#[1-5]"),
}


def shortest_pause(expression: str) -> int:
    """Seconds between two firings that follow each other on one day; a day when there is one.

    >>> shortest_pause("0 0/15 * * * ?")
    900

    ConfigurationError when Quartz would refuse the expression.
    """
    times = times_of_day(expression)
    return min(after - before for before, after in pairwise([*times, times[0] + _DAY]))


def times_of_day(expression: str) -> list[int]:
    """Seconds after midnight at which it fires on a day that it fires on.

    >>> times_of_day("0 0 6,18 * * ?")
    [21600, 64800]
    """
    seconds, minutes, hours = [sorted(values) for values in _values(expression)[:3]]
    return [h * 3600 + m * 60 + s for h in hours for m in minutes for s in seconds]


def _values(expression: str) -> list[set[int]]:
    words = _named(expression.upper()).split()
    if len(words) not in (6, 7):
        raise _refused(expression, f"it has {len(words)} fields, Quartz wants 6 or 7")
    if (words[3] == "?") == (words[5] == "?"):
        raise _refused(expression, "exactly one of day of month and day of week has to be ?")
    return [_field(expression, word, *field) for word, field in zip(words, _FIELDS, strict=False)]


def _named(expression: str) -> str:
    for names in (_MONTHS, _WEEKDAYS):
        for number, name in enumerate(names, start=1):
            expression = re.sub(rf"\b{name}\b", str(number), expression)
    return expression


def _field(expression: str, word: str, name: str, least: int, most: int) -> set[int]:
    values: set[int] = set()
    for part in word.split(","):
        if name in _SPECIAL and _SPECIAL[name].fullmatch(part):
            continue
        match = re.fullmatch(r"(\*|\d+)(?:-(\d+))?(?:/(\d+))?", part)
        if not match:
            raise _refused(expression, f"{part!r} is no {name}")
        first, last, step = match.groups()
        start = least if first == "*" else int(first)
        is_one = first != "*" and last is None and step is None
        end = start if is_one else int(last or most)
        if not least <= start <= end <= most or step == "0":
            raise _refused(expression, f"{part!r} is no {name} from {least} to {most}")
        values |= set(range(start, end + 1, int(step or 1)))
    return values


def _refused(expression: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{expression!r} is no Quartz cron expression: {why}")
