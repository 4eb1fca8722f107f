"""Rows of widgets in, an .lvdash.json out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iot_streaming.dashboards.datasets import Dataset
from iot_streaming.dashboards.widgets import Widget

COLUMNS = 6


@dataclass(frozen=True)
class Page:
    """`rows` from top to bottom, the widgets of each from left to right."""

    name: str
    title: str
    rows: Sequence[Sequence[Widget]]

    def to_dict(self) -> dict[str, Any]:
        """With the place of each widget in the grid."""
        layout = []
        y = 0
        for row in self.rows:
            x = 0
            for widget in row:
                place = {"x": x, "y": y, "width": widget.width, "height": widget.height}
                # A name is for the whole dashboard.
                named = {"name": f"{self.name}_{widget.name}", **widget.body}
                layout.append({"widget": named, "position": place})
                x += widget.width
            y += max(widget.height for widget in row)
        return {
            "name": self.name,
            "displayName": self.title,
            "layout": layout,
            "pageType": "PAGE_TYPE_CANVAS",
        }


@dataclass(frozen=True)
class Dashboard:
    """A file of databricks/dashboards: all of its datasets are of one layer."""

    file_name: str
    layer: str
    datasets: Sequence[Dataset]
    pages: Sequence[Page]

    def to_json(self) -> str:
        """The file's text."""
        described = {
            "datasets": [dataset.to_dict() for dataset in self.datasets],
            "pages": [page.to_dict() for page in self.pages],
        }
        return json.dumps(described, indent=2) + "\n"
