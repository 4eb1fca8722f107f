"""What every viewer asks is asked of the engine once."""

from collections.abc import Mapping

from iot_streaming.serve import remembered
from iot_streaming.serve.answers import Answer, AsOf, Value
from iot_streaming.serve.remembered import Remembered


class Counting:
    """An engine that notes what it is asked, and answers with so many rows."""

    def __init__(self, rows: int = 1) -> None:
        self.asked: list[str] = []
        self.rows = rows

    def as_of(self) -> AsOf | None:
        return None

    def ask(self, layer: str, sql: str, parameters: Mapping[str, Value]) -> Answer:
        self.asked.append(f"{layer}: {sql}")
        return Answer(("n",), [(len(self.asked),)] * self.rows)


def test_the_same_question_is_answered_again_as_before() -> None:
    engine = Counting()
    kept = Remembered(engine)
    first = kept.ask("gold", "select 1", {"days": 30, "band": ""})
    assert kept.ask("gold", "select 1", {"band": "", "days": 30}) is first
    assert kept.ask("quality", "select 1", {"days": 30, "band": ""}) is not first
    assert kept.ask("gold", "select 1", {"days": 7, "band": ""}) is not first
    assert len(engine.asked) == 3


def test_what_one_viewer_filters_by_is_not_kept() -> None:
    engine = Counting()
    kept = Remembered(engine)
    for _ in range(2):
        kept.ask("gold", "select 1", {"device_id": "D1"})
    assert len(engine.asked) == 2


def test_memory_is_bounded() -> None:
    engine = Counting(rows=remembered._KEPT_ROWS + 1)
    kept = Remembered(engine)
    for _ in range(2):
        kept.ask("gold", "select 1", {})
    assert len(engine.asked) == 2, "a long answer is not kept"
    engine.rows = 1
    for number in range(remembered._KEPT + 1):
        kept.ask("gold", f"select {number}", {})
    before = len(engine.asked)
    kept.ask("gold", f"select {remembered._KEPT}", {})
    assert len(engine.asked) == before
    kept.ask("gold", "select 0", {})
    assert len(engine.asked) == before + 1, "the one that was not asked for longest went"
