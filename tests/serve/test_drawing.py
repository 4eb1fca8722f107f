"""Pictures add up: what is there is seen, and parts are as wide as their counts."""

import re

from iot_streaming.serve import drawing
from iot_streaming.serve.charts import bars, lines


def test_parts_of_a_bar_fill_it_and_none_is_lost() -> None:
    pieces = drawing.stacked([("bad", 1), ("look", 0), ("good", 9_999), ("rest", None)])
    assert [piece.kind for piece in pieces] == ["bad", "good"]
    assert pieces[0].width > 0.5
    assert round(pieces[-1].x + pieces[-1].width, 1) == 100
    assert drawing.stacked([("good", 0)]) == []


def test_bands_of_the_ledger_are_as_thick_as_what_they_came_from() -> None:
    shapes = drawing.flow(landed=1000, good=600, quarantined=400, silver=450, removed=150)
    thick = [float(found) for _, path in shapes for found in re.findall(r"v([\d.]+)h", path)]
    landed, good, silver, kept, removed = thick
    assert good + kept == landed and silver + removed == good
    assert [kind for kind, _ in drawing.flow(10, 10, 0, 10, 0)] == ["lines", "lines", "good"]
    assert drawing.flow(0, 0, 0, 0, 0) == []


def test_a_bar_is_never_longer_than_its_place() -> None:
    assert drawing.share(5, 10) == 50 and drawing.share(20, 10) == 100
    assert drawing.share(-0.3, 1) == 0 == drawing.share(None, 1) == drawing.share(float("nan"), 1)


def test_a_step_without_a_row_is_a_gap() -> None:
    rows = [{"at": "2026-03-09T00:00:00", "n": 1}, {"at": "2026-03-09T03:00:00", "n": 2}]
    chart = lines(rows, "at", 3600, ("n", "n", "flow"))
    assert chart["series"][0]["values"] == [1.0, None, 2.0]
    assert bars([], "at", 3600, ("n", "n", "flow"))["x"] == []
