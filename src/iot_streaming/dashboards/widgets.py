"""Fields of datasets in, widgets of an .lvdash.json out.

The versions are those that AI/BI writes itself: counter, table, filter and map 2, charts 3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

BANDS = {
    "Good": "#2E8B57",
    "Maintenance required": "#E0A100",
    "Out of specification": "#DD6B20",
    "Failure": "#C53030",
    "No score": "#8A94A6",
}
SEVERITIES = {"CRITICAL": "#C53030", "HIGH": "#DD6B20", "MEDIUM": "#E0A100", "LOW": "#4A7FB5"}
TIERS = {"Thriving": "#2E8B57", "Stable": "#4A7FB5", "Watch": "#E0A100", "At risk": "#C53030"}

COUNT: Json = {"type": "number-plain", "decimalPlaces": {"type": "max", "places": 0}}
NUMBER: Json = {"type": "number-plain", "decimalPlaces": {"type": "max", "places": 1}}
SHARE: Json = {"type": "number-percent", "decimalPlaces": {"type": "max", "places": 1}}


@dataclass(frozen=True)
class Widget:
    """What stands on a page, in a grid of 6 columns."""

    name: str
    body: Json
    width: int
    height: int


@dataclass(frozen=True)
class Axis:
    """A field with the words for it. `scale`: temporal, quantitative or categorical.

    `order`: a categorical axis' values in theirs; by the alphabet without.
    """

    field: str
    title: str
    scale: str = "quantitative"
    format: Json | None = None
    order: Sequence[str] = ()

    def encoding(self) -> Json:
        sort = {"by": "custom-order", "orderedValues": list(self.order)}
        encoding: Json = {
            "fieldName": self.field,
            "displayName": self.title,
            "scale": {"type": self.scale} | ({"sort": sort} if self.order else {}),
            "axis": {"title": self.title},
        }
        return encoding | ({"format": self.format} if self.format else {})


def text(name: str, *lines: str) -> Widget:
    """Markdown over the page's whole width."""
    body = {"multilineTextboxSpec": {"lines": [f"{line}\n" for line in lines]}}
    return Widget(name, body, 6, len(lines))


def counter(
    dataset: str, field: str, title: str, shown: Json = COUNT, over: str | None = None
) -> Widget:
    """The field's value in the one row, or `over` all rows (sum, min, max), in large type."""
    name = f"{over}({field})" if over else field
    value = {"fieldName": name, "displayName": title, "format": shown}
    spec = _spec(2, "counter", title, {"value": value})
    body = _asking(dataset, [field], spec)
    if over:
        asked = body["queries"][0]["query"]
        asked["fields"] = [{"name": name, "expression": f"{over.upper()}(`{field}`)"}]
        asked["disaggregated"] = False
    return Widget(f"{dataset}_{field}", body, 1, 2)


def table(
    dataset: str, title: str, columns: Mapping[str, str], width: int = 6, height: int = 6
) -> Widget:
    """`columns`: title by field, from left to right."""
    shown = [{"fieldName": field, "displayName": words} for field, words in columns.items()]
    spec = _spec(2, "table", title, {"columns": shown})
    return Widget(f"{dataset}_table", _asking(dataset, list(columns), spec), width, height)


def chart(
    kind: str,
    dataset: str,
    title: str,
    x: Axis,
    y: Axis | Sequence[Axis],
    colour: tuple[str, Mapping[str, str]] | None = None,
    width: int = 3,
) -> Widget:
    """A bar, line or area chart; `colour`: a field, and colours of values that have one."""
    ys = [y] if isinstance(y, Axis) else list(y)
    encodings: Json = {"x": x.encoding(), "y": _values(ys)}
    fields = [x.field, *(each.field for each in ys)]
    if colour:
        field, colours = colour
        fields.append(field)
        encodings["color"] = {"fieldName": field, "displayName": field, "scale": _colours(colours)}
    spec = _spec(3, kind, title, encodings)
    return Widget(f"{dataset}_{ys[0].field}", _asking(dataset, fields, spec), width, 6)


def site_map(dataset: str, title: str, size: str, colour: str, shown: Sequence[str]) -> Widget:
    """Points by `latitude` and `longitude`."""
    places = {name: {"fieldName": name} for name in ("latitude", "longitude")}
    encodings: Json = {
        "coordinates": {"coordinateType": "longitude-latitude", **places},
        "size": {"fieldName": size, "scale": {"type": "quantitative"}},
        "color": {"fieldName": colour, "scale": {"type": "quantitative"}},
        "extra": [{"fieldName": field} for field in shown],
    }
    fields = list(dict.fromkeys([*places, size, colour, *shown]))
    spec = _spec(2, "symbol-map", title, encodings) | {"mark": {"opacity": 0.8}}
    return Widget(f"{dataset}_map", _asking(dataset, fields, spec), 3, 6)


def select(dataset: str, field: str, title: str, sets: Sequence[tuple[str, str]] = ()) -> Widget:
    """A list of the field's values. It filters its dataset's rows, or `sets` parameters.

    `sets`: (dataset, parameter) pairs; then one value can be chosen, otherwise several.
    """
    own = f"{dataset}_{field}"
    associated = "COUNT_IF(`associative_filter_predicate_group`)"
    choices: Json = {
        "datasetName": dataset,
        "fields": [_field(field), {"name": f"{field}_associativity", "expression": associated}],
        "disaggregated": False,
    }
    queries = [{"name": own, "query": choices}]
    shown: list[Json] = [{"fieldName": field, "displayName": title, "queryName": own}]
    for target, parameter in sets:
        name = f"parameter_{target}_{parameter}"
        parameters = [{"name": parameter, "keyword": parameter}]
        asked: Json = {"datasetName": target, "parameters": parameters, "disaggregated": False}
        queries.append({"name": name, "query": asked})
        shown.append({"parameterName": parameter, "queryName": name})
    kind = "filter-single-select" if sets else "filter-multi-select"
    spec = _spec(2, kind, title, {"fields": shown})
    return Widget(f"filter_{own}", {"queries": queries, "spec": spec}, 2, 1)


def _values(axes: Sequence[Axis]) -> Json:
    if len(axes) == 1:
        return axes[0].encoding()
    fields = [{"fieldName": axis.field, "displayName": axis.title} for axis in axes]
    return {"scale": {"type": "quantitative"}, "fields": fields}


def _colours(colours: Mapping[str, str]) -> Json:
    mappings = [{"value": value, "color": colour} for value, colour in colours.items()]
    return {"type": "categorical"} | ({"mappings": mappings} if mappings else {})


def _spec(version: int, kind: str, title: str, encodings: Json) -> Json:
    frame = {"showTitle": True, "title": title}
    return {"version": version, "widgetType": kind, "encodings": encodings, "frame": frame}


def _asking(dataset: str, fields: Sequence[str], spec: Json) -> Json:
    asked = {
        "datasetName": dataset,
        "fields": [_field(name) for name in fields],
        # Rows as the question answers them: it has counted already.
        "disaggregated": True,
    }
    return {"queries": [{"name": "main_query", "query": asked}], "spec": spec}


def _field(name: str) -> Json:
    return {"name": name, "expression": f"`{name}`"}
