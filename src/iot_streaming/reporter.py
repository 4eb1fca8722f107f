"""What a run tells people while it works; the terminal's side is in terminal.py."""

from typing import Protocol


class Reporter(Protocol):
    """Hears of a run's progress. Every method may do nothing."""

    def stage(self, name: str) -> None:
        """A job or a step of it begins."""

    def progress(self, what: str, done: int, total: int) -> None:
        """`done` of `total` (bytes, events or nodes) of the present stage."""

    def say(self, text: str) -> None:
        """Worth knowing; nothing is wrong."""

    def problem(self, text: str) -> None:
        """Something needs a person."""


class Silent:
    """A Reporter for those who only want the result."""

    def stage(self, name: str) -> None:
        pass

    def progress(self, what: str, done: int, total: int) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def problem(self, text: str) -> None:
        pass
