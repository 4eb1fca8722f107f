"""How numbers are told, and pictures drawn, at their edges."""

from dataclasses import replace

import pytest

from iot_streaming.quality.report import Report, render
from iot_streaming.quality.report.drawing import ribbons, shortfalls
from iot_streaming.quality.report.words import duration, percent, rounded, shown


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "–"),
        (1_234_567, "1,234,567"),
        (4.25, "4.25"),
        (0.000123, "0.000123"),
        (float("inf"), "inf"),
    ],
)
def test_numbers(value: float | None, told: str) -> None:
    assert rounded(value) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [(None, "–"), (0.5, "50 %"), (-0.36, "−36 %"), (0.0087, "0.87 %"), (1, "100 %")],
)
def test_shares(share: float | None, told: str) -> None:
    assert percent(share, 2) == told


def test_what_is_not_quite_all_is_not_told_as_all() -> None:
    assert percent(0.999_999, 2) == "99.99 %"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "–"),
        (0.42, "0.42 s"),
        (38.4, "38 s"),
        (540, "9 min"),
        (12_600, "3.5 h"),
        (4e5, "4.6 d"),
    ],
)
def test_durations(seconds: float | None, told: str) -> None:
    assert duration(seconds) == told


def test_controls_are_spelled_out_and_the_rest_is_cut() -> None:
    assert shown("a\u202eb\x1b[31m\n") == "a\\u202eb\\u001b[31m\\u000a"
    assert shown("x" * 200, 10) == "xxxxxxxxxx… (200 characters)"


def test_one_lost_line_in_a_billion_is_drawn(usual: Report) -> None:
    flow = replace(usual.flow[0], lines=10**9, good=10**9 - 1, quarantined=1)
    assert [shape.kind for shape in ribbons(flow)].count("kept") == 1
    nothing = replace(flow, lines=0, good=0, quarantined=0, silver=0, gold=0, removed=0)
    assert {shape.kind for shape in ribbons(nothing)} == {"lines"}


def test_a_target_of_all_leaves_no_budget_and_still_a_picture(usual: Report) -> None:
    strict = replace(usual.objectives[0], target=1.0, budget_left=float("-inf"))
    assert max(bar.height for bar in shortfalls(strict)) == 100
    page = render(replace(usual, objectives=(strict,)), "html")
    assert "overspent" in page
    render(replace(usual, objectives=(strict,)), "json")
