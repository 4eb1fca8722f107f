"""A run's verdict in; a file, a webhook's message, and a word on stderr where one failed out."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from iot_streaming.durable import write_durably
from iot_streaming.errors import ConfigurationError
from iot_streaming.notify.outcome import Outcome
from iot_streaming.notify.slack import message_of
from iot_streaming.notify.webhook import post

ON = ("all", "failed")


@dataclass(frozen=True)
class Notices:
    """Who is told how a run ended: nobody, unless asked for.

    `webhook` is a URL that lets whoever knows it write there: it is shown nowhere. `on` is one
    of ON; with `failed` only runs that don't exit with 0 are told.
    """

    file: Path | None = None
    webhook: str | None = field(default=None, repr=False)
    on: str = "all"

    def __post_init__(self) -> None:
        if self.on not in ON:
            raise ConfigurationError(
                f"can't notify on {self.on!r}; --notify-on and IOT_NOTIFY_ON know {', '.join(ON)}"
            )

    @classmethod
    def from_environment(
        cls,
        file: Path | None = None,
        on: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> "Notices":
        """IOT_NOTIFY_WEBHOOK is only there; `on` wins over IOT_NOTIFY_ON, that over `all`."""
        return cls(
            file=file,
            webhook=environment.get("IOT_NOTIFY_WEBHOOK", "").strip() or None,
            on=on or environment.get("IOT_NOTIFY_ON") or "all",
        )

    def tell(self, outcome: Outcome, say: Callable[[str], None]) -> None:
        """Write and post it; what could not be told is said, and nothing is raised."""
        if self.on == "failed" and outcome.status == "passed":
            return
        if self.file:
            write = partial(_write, self.file, outcome)
            _told(say, f"the verdict was not written to {self.file}", write)
        if self.webhook:
            send = partial(_post, self.webhook, outcome)
            _told(say, "the webhook was not told the verdict", send)


def _write(file: Path, outcome: Outcome) -> str | None:
    content = json.dumps(outcome.to_dict(), indent=2, ensure_ascii=False) + "\n"
    try:
        write_durably(file, content.encode())
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def _post(url: str, outcome: Outcome) -> str | None:
    return post(url, message_of(outcome))


def _told(say: Callable[[str], None], what: str, tell: Callable[[], str | None]) -> None:
    try:
        problem = tell()
    except Exception as error:
        # A fault of ours in telling must not become one of the run; its text may quote the URL.
        problem = type(error).__name__
    if problem:
        say(f"{what}: {problem}; the run itself is what it was")
