"""Names of questions in, records out; how long the engine took is kept for Server-Timing."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iot_streaming.errors import NotKept
from iot_streaming.questions import question
from iot_streaming.serve.answers import Answer, Answers, Value


@dataclass
class Asking:
    """All that one page asks, of one publication."""

    answers: Answers
    seconds: float = 0.0
    asked: int = 0
    not_kept: dict[str, str] = field(default_factory=dict)

    def all(self, name: str, **parameters: Value) -> list[dict[str, Any]]:
        """The question's rows; none where its table is not kept here, which `not_kept` then says.

        A parameter that is not given is off: the empty string.
        """
        asked = question(name)
        given = {each: parameters.get(each, "") for each in asked.parameters}
        try:
            return self.rows(asked.layer, asked.sql, given).records()
        except NotKept as error:
            self.not_kept[name] = str(error)
            return []

    def one(self, name: str, **parameters: Value) -> dict[str, Any] | None:
        """The first row, or None."""
        return next(iter(self.all(name, **parameters)), None)

    def rows(self, layer: str, sql: str, parameters: Mapping[str, Value]) -> Answer:
        """What that SELECT finds."""
        began = time.perf_counter()
        try:
            return self.answers.ask(layer, sql, parameters)
        finally:
            self.seconds += time.perf_counter() - began
            self.asked += 1
