"""A template's name and values in, an HTML answer out; every value in it is escaped."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from iot_streaming.quality.report.words import counted
from iot_streaming.serve import drawing
from iot_streaming.serve.shown import FILTERS, UNITS
from iot_streaming.serve.wanted import path_to

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
NAVIGATION = (
    ("/", "Fleet"),
    ("/devices", "Devices"),
    ("/alerts", "Alerts"),
    ("/customers", "Customers"),
    ("/quality", "Quality"),
    ("/runs", "Runs"),
)


@cache
def static_url(name: str) -> str:
    """Where a file lies, by its content: what changed has another address."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{digest}/{name}"


def as_data(value: Any) -> Markup:
    """A value as JSON that no tag can end and no script engine runs: data for a chart."""
    told = json.dumps(value, allow_nan=False, separators=(",", ":"), default=str)
    for sign in "<>&\u2028\u2029":
        told = told.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(told)  # noqa: S704 - nothing is left in it that HTML reads


@cache
def environment() -> Environment:
    """The templates, with what they may call."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {**FILTERS, "as_data": as_data}
    made.globals |= {
        "static_url": static_url,
        "path_to": path_to,
        "counted": counted,
        "drawing": drawing,
        "units": UNITS,
        "navigation": NAVIGATION,
    }
    return made


def render(template: str, values: Mapping[str, Any]) -> str:
    """The page."""
    return environment().get_template(template).render(values)
