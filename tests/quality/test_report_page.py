"""The page: sound HTML that needs nothing else, and no value of the data is ever markup in it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from iot_streaming.quality.report import Report, render
from iot_streaming.settings import Settings
from tests.quality.conftest import report_on
from tests.quality.made_facts import HOSTILE

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}
# SVG's own; they may close themselves.
SHAPES = {"path", "rect", "line", "circle", "use"}


class Page(HTMLParser):
    """The tags of a page; `faults`: what a strict reader would not accept."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self.headings: list[int] = []
        self.told = ""
        self.feed(page)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice: {names}")
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in SHAPES | VOID:
            self.faults.append(f"<{tag}/> closes itself")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        self.told += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(params=["usual", "hostile", "bare"])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render(request.getfixturevalue(request.param), "html"))


def test_tags_are_balanced_and_ids_unique(page: Page) -> None:
    assert page.faults == []
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    pointed = [
        name
        for _, attrs in page.tags
        for key in ("aria-labelledby", "href")
        for name in (attrs.get(key) or "").replace("#", "").split()
    ]
    assert set(pointed) <= set(ids)


def test_headings_begin_with_one_and_skip_no_level(page: Page) -> None:
    assert page.headings[0] == 1 and page.headings.count(1) == 1
    steps = zip(page.headings, page.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)


def test_tables_have_captions_scopes_and_regions_that_can_be_reached(page: Page) -> None:
    assert len(page.named("table")) == len(page.named("caption")) >= 2
    assert all(attrs.get("scope") in ("col", "row") for attrs in page.named("th"))
    regions = [attrs for attrs in page.named("div") if attrs.get("role") == "region"]
    assert len(regions) == len(page.named("table"))
    labels = [attrs["aria-label"] for attrs in regions]
    assert all(labels) and len(set(labels)) == len(labels)
    assert {attrs["tabindex"] for attrs in regions} == {"0"}


def test_pictures_are_told_in_words_or_passed_over(page: Page) -> None:
    for attrs in page.named("svg"):
        assert attrs.get("aria-hidden") == "true" or (
            attrs.get("role") == "img" and attrs.get("aria-labelledby")
        )


def test_page_needs_nothing_and_allows_nothing(page: Page) -> None:
    (html,) = page.named("html")
    assert html["lang"] == "en"
    (policy,) = (m for m in page.named("meta") if m.get("http-equiv"))
    assert (policy["content"] or "").startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & {
        tag for tag, _ in page.tags
    }
    for _, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on") or name == "style"]
        assert (attrs.get("href") or "#").startswith("#")
        assert "src" not in attrs


def test_hostile_values_are_shown_as_they_are_and_stay_text(hostile: Report) -> None:
    text = render(hostile, "html")
    page = Page(text)
    assert page.faults == []
    for value in HOSTILE[:4]:
        assert value in page.told
    assert "]]>--></style><svg onload=alert(1)>" in page.told
    assert len(page.named("style")) == 1
    # Cut, and said to be.
    assert "x" * 601 not in text
    assert "(10,000 characters)" in text


def test_no_control_reaches_the_page_or_markdown(hostile: Report) -> None:
    for output in ("html", "markdown"):
        text = render(hostile, output)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
        assert "u202egpj.exe" in text


def test_markdown_has_no_markup_of_the_datas(hostile: Report) -> None:
    text = render(hostile, "markdown")
    tags = set(re.findall(r"<[^>]*>", text))
    assert tags <= {"<code>", "</code>"}
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert not re.search(r"@[A-Za-z]|\]\(|\*\*bold|javascript:", outside)
    # Every row of a table has the columns of its head.
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_markdown_has_the_verdict_the_findings_and_every_section(usual: Report) -> None:
    text = render(usual, "markdown")
    assert text.startswith("# ✕ Failed: data quality of dev\n")
    assert "**✕ failed** `no_future_facts` · 3 rows of `fct_iot_events`" in text
    assert "| `DEV-00004` | `LOC-0002` |" in text
    assert "| `iot_events` | 24 | 47,433 | 47,021 | 412 | 21 | 46,793 |" in text
    assert "| `cdc_orders` | ! late | 4 h | 3 h |" in text
    assert "| `thermostat_complete` | −36 % | 98.64 % | 99 % |" in text
    assert "| `value_present` | `iot_events` | kept back | 7 | 210 | 4 | 206 |" in text
    assert "| `unit_known` | `iot_events` | marked | 13 | 390 | – | – |" in text


def test_status_is_never_by_colour_alone(usual: Report) -> None:
    text = render(usual, "html")
    signs = re.findall(r'<span class="is [^"]*">(.*?)</span>', text)
    assert len(signs) > 100
    # A picture and a word.
    assert all(re.fullmatch(r"<svg.*</svg>[\w ]+", sign) for sign in signs)


def test_a_thousand_runs_leave_the_page_small(long_home: Settings, usual: Report) -> None:
    page = render(report_on(long_home), "html")
    assert len(page.encode()) < 200_000
    assert len(page.encode()) < len(render(usual, "html").encode()) + 40_000


def test_a_thousand_failed_checks_leave_the_page_readable(usual: Report) -> None:
    many = replace(usual, checks=usual.findings * 250)
    page = render(many, "html")
    assert len(Page(page).named("article")) == 60
    assert "And 940 more, in the list of all checks below." in page
    assert len(page.encode()) < 1_000_000
