"""A message is posted, again where that helps, and to nobody else."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from iot_streaming.notify.webhook import post
from tests.notify.server import WORD, Webhook

MESSAGE = {"text": "hello"}


def never(seconds: float) -> None:
    raise AssertionError("nothing to wait for")


@pytest.fixture
def slept() -> list[float]:
    return []


def test_message_that_is_taken_is_posted_once(webhook: Webhook, slept: list[float]) -> None:
    assert post(webhook.url, MESSAGE, sleep=slept.append) is None
    assert webhook.posted == [MESSAGE] and slept == []
    assert webhook.paths == [f"/services/{WORD}"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_busy_or_broken_server_is_tried_again(
    webhook: Webhook, slept: list[float], status: int
) -> None:
    webhook.answers = [(status, {}), (status, {}), (204, {})]
    assert post(webhook.url, MESSAGE, sleep=slept.append) is None
    assert webhook.posted == [MESSAGE] * 3 and slept == [1, 3]


def test_server_that_stays_broken_is_given_up(webhook: Webhook, slept: list[float]) -> None:
    webhook.answers = [(502, {})]
    assert post(webhook.url, MESSAGE, sleep=slept.append) == "it answered 502"
    assert len(webhook.posted) == 3 and slept == [1, 3]


def test_server_that_says_when_is_asked_then(webhook: Webhook, slept: list[float]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=12), usegmt=True)
    webhook.answers = [(429, {"Retry-After": "7"}), (503, {"Retry-After": soon}), (200, {})]
    assert post(webhook.url, MESSAGE, sleep=slept.append) is None
    assert slept[0] == 7 and 8 < slept[1] <= 12


@pytest.mark.parametrize("told", ["3600", "99999999999999999999", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_server_that_wants_too_much_patience_is_given_up(
    webhook: Webhook, slept: list[float], told: str
) -> None:
    webhook.answers = [(429, {"Retry-After": told})]
    problem = post(webhook.url, MESSAGE, sleep=slept.append)
    assert problem and problem.startswith("it answered 429 and wants ")
    assert len(webhook.posted) == 1 and slept == []


@pytest.mark.parametrize("told", ["", "soon", "-5", "²"])
def test_pause_that_makes_no_sense_is_our_own(
    webhook: Webhook, slept: list[float], told: str
) -> None:
    webhook.answers = [(503, {"Retry-After": told.encode().decode("latin-1")}), (200, {})]
    assert post(webhook.url, MESSAGE, sleep=slept.append) is None
    assert slept == [1]


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_refusal_is_not_asked_for_again(webhook: Webhook, slept: list[float], status: int) -> None:
    webhook.answers = [(status, {})]
    assert post(webhook.url, MESSAGE, sleep=slept.append) == f"it answered {status}"
    assert len(webhook.posted) == 1 and slept == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_followed_nowhere(webhook: Webhook, slept: list[float], status: int) -> None:
    webhook.answers = [(status, {"Location": f"{webhook.url}/elsewhere"})]
    assert post(webhook.url, MESSAGE, sleep=slept.append) == f"it answered {status}"
    assert webhook.paths == [f"/services/{WORD}"]


def test_silent_server_is_not_waited_for(webhook: Webhook, slept: list[float]) -> None:
    webhook.delay = 0.5
    began = time.monotonic()
    problem = post(webhook.url, MESSAGE, timeout=0.1, sleep=slept.append)
    assert problem == "it did not answer within 0.1 s"
    assert slept == [1, 3] and time.monotonic() - began < 2


def test_nobody_there_is_tried_again_and_said(slept: list[float]) -> None:
    url = Webhook()
    url.server.server_close()
    problem = post(url.url, MESSAGE, sleep=slept.append)
    assert problem == "it could not be reached (ConnectionRefusedError)" and slept == [1, 3]


def test_proxy_gets_nothing_that_is_for_this_machine(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert post(webhook.url, MESSAGE) is None


@pytest.mark.parametrize(
    "url",
    [
        f"http://example.com/{WORD}",
        f"http://127.0.0.1.example.com/{WORD}",
        f"http://user@127.0.0.1:9/{WORD}",
        f"https:///{WORD}",
        f"https://example.com:port/{WORD}",
        f"https://example.com/{WORD} {WORD}",
        f"https://example.com/{WORD}\nHost: other",
        f"https://[::1/{WORD}",
        f"ftp://127.0.0.1/{WORD}",
        f"file:///etc/{WORD}",
        WORD,
    ],
)
def test_url_that_would_carry_it_in_the_open_is_refused(url: str) -> None:
    problem = post(url, MESSAGE, sleep=never)
    assert problem == "its URL is neither https nor http on this machine's loopback"
