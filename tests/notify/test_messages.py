"""A verdict in the history's words and in Slack's form."""

import pytest

from iot_streaming.errors import ConfigurationError
from iot_streaming.notify import Outcome
from iot_streaming.notify.slack import escaped, message_of
from tests.notify.outcomes import outcome_of, texts_of
from tests.notify.server import WORD


def test_message_says_how_it_ended_and_what_came_in() -> None:
    message = message_of(outcome_of())
    headline = "prod passed: run 20261124T023443.147508Z on duckdb, 61.3 s"
    assert message["text"] == headline
    assert texts_of(message) == [
        f"✅ *{headline}*",
        "*files* 2",
        "*lines* 1,234",
        "*good* 1,200",
        "*quarantined* 34",
    ]


def test_message_shows_what_failed_and_what_warned() -> None:
    row = "sensors_are_not_stuck: 3 rows, such as {'device_id': '<!channel> & `*x*`'}"
    message = message_of(outcome_of(row, warnings=2))
    safe = "sensors_are_not_stuck: 3 rows, such as {'device_id': '&lt;!channel&gt; &amp; "
    assert message["text"].endswith(f" s: {safe}`*x*`'}}")
    assert texts_of(message)[5:] == [
        f"```{safe}ˋ*x*ˋ'}}```",
        "2 warned:\n```check 0: 1 row\ncheck 1: 1 row```",
    ]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (outcome_of(), "passed"),
        (outcome_of(warnings=1), "passed"),
        (outcome_of(attention="a file was not ingested"), "attention"),
        (outcome_of("a check"), "failed"),
        (outcome_of(error=OSError("disk full")), "failed"),
    ],
)
def test_verdict_is_in_the_words_of_the_history(outcome: Outcome, status: str) -> None:
    assert outcome.status == status == outcome.to_dict()["status"]


def test_error_of_ours_is_told_and_of_others_only_named() -> None:
    assert outcome_of(error=ConfigurationError("mend it")).problems == ["mend it"]
    (problem,) = outcome_of(error=OSError(f"https://hooks/{WORD}")).problems
    assert problem.startswith("OSError, which nobody expected") and WORD not in problem


def test_worst_message_is_within_what_slack_takes() -> None:
    """Blocks of 13,000 characters together are refused, whatever each has."""
    message = message_of(outcome_of(*["<&>" * 4000] * 100, warnings=900))
    texts = texts_of(message)
    assert len(message["blocks"]) <= 50 and len(message["text"]) <= 500
    assert max(map(len, texts)) <= 3000 and sum(map(len, texts)) <= 12_000
    assert "… and 92 more problems" in texts and any("900 warned" in text for text in texts)


@pytest.mark.parametrize(
    ("text", "longest", "cut"),
    [
        ("a < b & c", 13, "a &lt; b …"),
        ("a < b & c", 17, "a &lt; b &amp; c"),
        ("&&&", 9, "&amp;…"),
    ],
)
def test_escape_is_never_cut(text: str, longest: int, cut: str) -> None:
    assert escaped(text, longest) == cut
