"""A verdict in, a message as Slack's incoming webhooks take it out: `text` and `blocks`.

Limits: https://docs.slack.dev/reference/block-kit/blocks/section-block (a text 3,000 characters,
a field 2,000), 50 blocks a message. Together the blocks may hold some 13,000 characters, which
Slack doesn't document: https://github.com/slackapi/bolt-js/issues/2509.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from iot_streaming.notify.outcome import Outcome

_MARKS = {"passed": "✅", "attention": "⚠️", "failed": "❌"}
_LONGEST_SECTION = 3000
_LONGEST_TEXT = 1000  # of a list that has more to show
_SHOWN = 8  # problems; with their texts' limit, far from all of Slack's
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def message_of(outcome: Outcome) -> dict[str, Any]:
    """The message; nothing in it is read as a mention, a link or a style but what is meant so."""
    return {"text": _fallback(outcome), "blocks": list(_blocks(outcome))}


def escaped(text: str, longest: int = _LONGEST_SECTION) -> str:
    """As mrkdwn wants it, and cut so that no more than `longest` characters are sent.

    >>> escaped("a < b & c", 9)
    'a &lt; b…'
    """
    pieces = [_ESCAPES.get(character, character) for character in text]
    lengths = list(accumulate(map(len, pieces), initial=0))
    if lengths[-1] <= longest:
        return "".join(pieces)
    return "".join(pieces[: bisect_right(lengths, longest - 1) - 1]) + "…"


def _fallback(outcome: Outcome) -> str:
    """What a notification on a telephone shows, in one line."""
    first = f": {outcome.problems[0]}" if outcome.problems else ""
    return escaped(" ".join(f"{_headline(outcome)}{first}".split()), 500)


def _headline(outcome: Outcome) -> str:
    run = f"run {outcome.run_id}" if outcome.run_id else "a run that could not begin"
    return f"{outcome.target} {outcome.status}: {run} on {outcome.engine}, {outcome.seconds:g} s"


def _blocks(outcome: Outcome) -> Iterator[dict[str, Any]]:
    yield _section(f"{_MARKS[outcome.status]} *{escaped(_headline(outcome))}*")
    yield {"type": "section", "fields": [_mrkdwn(text) for text in _fields(outcome)]}
    for problem in outcome.problems[:_SHOWN]:
        yield _section(_verbatim(problem))
    unseen = len(outcome.problems) - _SHOWN
    if unseen > 0:
        yield _section(f"… and {unseen:,} more problems")
    if outcome.warnings:
        yield _section(f"{len(outcome.warnings):,} warned:\n{_verbatim(_lines(outcome.warnings))}")


def _fields(outcome: Outcome) -> Iterator[str]:
    for name in ("files", "lines", "good", "quarantined"):
        yield f"*{name}* {getattr(outcome, name):,}"


def _lines(texts: list[str]) -> str:
    return "\n".join(texts)


def _verbatim(text: str) -> str:
    """A block of code: stars and underscores of a check's name or a row mean themselves."""
    fence = "```"
    return f"{fence}{escaped(text.replace('`', 'ˋ'), _LONGEST_TEXT)}{fence}"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
