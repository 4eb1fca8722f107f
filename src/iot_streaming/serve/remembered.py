"""One publication's answers in, the same answers out, each asked of the engine once."""

import threading
from collections import OrderedDict
from collections.abc import Mapping

from iot_streaming.serve.answers import Answer, Answers, AsOf, Value

# So many answers are kept, none of more rows.
_KEPT, _KEPT_ROWS = 128, 2000

_Asked = tuple[str, str, tuple[tuple[str, Value], ...]]


class Remembered:
    """Answers that were given already; what is published never changes, so they hold.

    Kept is what every viewer of a page asks, not what one of them filters by a text.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._kept: OrderedDict[_Asked, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def as_of(self) -> AsOf | None:
        return self._answers.as_of()

    def ask(self, layer: str, sql: str, parameters: Mapping[str, Value]) -> Answer:
        if any(isinstance(value, str) and value for value in parameters.values()):
            return self._answers.ask(layer, sql, parameters)
        asked = (layer, sql, tuple(sorted(parameters.items())))
        with self._lock:
            if asked in self._kept:
                self._kept.move_to_end(asked)
                return self._kept[asked]
        answer = self._answers.ask(layer, sql, parameters)
        if len(answer.rows) <= _KEPT_ROWS:
            with self._lock:
                self._kept[asked] = answer
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return answer
