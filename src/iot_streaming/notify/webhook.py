"""A message and a secret URL in, posted; what went wrong out, in words without the URL."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

_TRIES = 3
_TIMEOUT = 5.0
_PAUSES = (1.0, 3.0)  # before the second and the third try
_LONGEST_PAUSE = 15.0
_BUSY = 429


def post(
    url: str,
    message: dict[str, Any],
    timeout: float = _TIMEOUT,
    sleep: Callable[[float], None] = time.sleep,
) -> str | None:
    """Post it as JSON; None when it was taken, else why not.

    Tried again when the server is busy or broken or can't be reached, after as long as its
    Retry-After says; not when that is longer than a run should wait. An answer that comes too
    late is asked for again: a message twice is better than none.
    """
    if not _is_allowed(url):
        return "its URL is neither https nor http on this machine's loopback"
    body = json.dumps(message, ensure_ascii=False).encode()
    problem: str | None = None
    for number in range(_TRIES):
        problem, pause = _tried(url, body, timeout)
        if problem is None or pause is None or number == _TRIES - 1:
            break
        wanted = max(pause, _PAUSES[number])
        if wanted > _LONGEST_PAUSE:
            return f"{problem} and wants {wanted:g} s of patience"
        sleep(wanted)
    return problem


def _tried(url: str, body: bytes, timeout: float) -> tuple[str | None, float | None]:
    """What was wrong, and after how many seconds to try again; None: not again.

    Only codes and names of errors are told: their texts may quote the URL.
    """
    try:
        headers = {"Content-Type": "application/json", "User-Agent": "iot-streaming"}
        request = Request(url, body, headers, method="POST")  # noqa: S310 - see _is_allowed
        with _opener(url).open(request, timeout=timeout):
            return None, None
    except HTTPError as error:
        error.close()
        is_worth_it = error.code == _BUSY or error.code >= 500
        return f"it answered {error.code}", _retry_after(error.headers) if is_worth_it else None
    except URLError as error:
        cause = error.reason if isinstance(error.reason, Exception) else error
        return f"it could not be reached ({type(cause).__name__})", 0
    except TimeoutError:
        return f"it did not answer within {timeout:g} s", 0
    except (OSError, HTTPException) as error:
        return f"it broke off ({type(error).__name__})", 0


def _is_allowed(url: str) -> bool:
    """Over https, or http that leaves no machine; nothing in it that a request can't carry."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        # Asking for the port is what finds it wrong.
        is_whole = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False
    is_local = parts.scheme == "http" and _is_loopback(parts.hostname)
    return is_whole and (parts.scheme == "https" or is_local)


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is an answer like any other: the message goes to nobody else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(url: str) -> OpenerDirector:
    handlers: list[BaseHandler] = [_NoRedirects()]
    if urlsplit(url).scheme == "http":
        # A proxy would carry what was to stay on this machine elsewhere.
        handlers.append(ProxyHandler({}))
    return build_opener(*handlers)


def _retry_after(headers: Message) -> float:
    """Seconds until another try is welcome; 0 when the server does not say."""
    told = (headers.get("Retry-After") or "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return 0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
