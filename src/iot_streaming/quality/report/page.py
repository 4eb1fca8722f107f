"""A Report in, one HTML page out that needs nothing else: no server, no network, no script."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iot_streaming.quality.report import drawing, words
from iot_streaming.quality.report.facts import Check, Report

_TEMPLATES = Path(__file__).parent / "templates"
_COLUMNS = 16
_ROWS = 10


def render_html(report: Report) -> str:
    """The page; every value in it is escaped and cut, whatever the data holds."""
    # Late: the base install has no Jinja2. Wherever dbt runs, it does.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape

    def name(value: Any, most: int = 200) -> Markup:
        """A name that may be broken after its underscores, apart from the text around it."""
        parts = escape(words.shown(value, most)).replace("_", Markup("_<wbr>"))
        return Markup("<bdi>{}</bdi>").format(parts)

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "shown": words.shown,
        "name": name,
        "rounded": words.rounded,
        "percent": words.percent,
        "duration": words.duration,
        "moment": words.moment,
        "difference": words.difference,
        "message_told": words.message_told,
        "flow_told": words.flow_told,
        "days_told": words.days_told,
    }
    return environment.get_template("page.html").render(
        report=report,
        problems=words.other_problems(report.jobs, report.findings),
        charts=drawing.charts(report.history) if report.history else [],
        ribbons=drawing.ribbons,
        shortfalls=drawing.shortfalls,
        counted=words.counted,
        removed_as=words.removed_as,
        measure_names=words.MEASURES,
        columns_of=columns_of,
        rows_of=rows_of,
    )


def columns_of(check: Check) -> list[str]:
    """The columns of a check's sample rows, as many as a page can hold."""
    return list(dict.fromkeys(name for row in check.sample for name in row))[:_COLUMNS]


def rows_of(check: Check) -> Sequence[Mapping[str, Any]]:
    """A check's sample rows, as many as help."""
    return check.sample[:_ROWS]
