"""A warehouse in, the report on one of its runs out: as a page, as Markdown, as JSON."""

import json
from collections.abc import Callable

from iot_streaming.errors import ConfigurationError
from iot_streaming.quality.place import Place
from iot_streaming.quality.report.beside import report_shown
from iot_streaming.quality.report.collect import collect
from iot_streaming.quality.report.facts import Report
from iot_streaming.quality.report.markdown import render_markdown
from iot_streaming.quality.report.page import render_html

__all__ = ["Place", "Report", "collect", "render", "renderer", "report_shown"]


def render_json(report: Report) -> str:
    """The whole document; docs/report.md tells its keys."""
    return json.dumps(report.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


FORMATS: dict[str, Callable[[Report], str]] = {
    "html": render_html,
    "markdown": render_markdown,
    "json": render_json,
}


def renderer(output: str) -> Callable[[Report], str]:
    """What writes this format; ConfigurationError for one that nothing writes."""
    if output not in FORMATS:
        raise ConfigurationError(f"unknown format {output!r}; known: {', '.join(FORMATS)}")
    return FORMATS[output]


def render(report: Report, output: str) -> str:
    """The report as html, markdown or json."""
    return renderer(output)(report)
