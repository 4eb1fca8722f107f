"""The bundle's dashboards and alerts as their files have them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iot_streaming.bundle import resolve
from tests.bundle.project import BUNDLE

Json = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """A dashboard's file and the layer whose schema the bundle gives it."""

    file: Path
    layer: str

    @property
    def content(self) -> Json:
        content: Json = json.loads(self.file.read_text(encoding="utf-8"))
        return content

    @property
    def datasets(self) -> dict[str, Json]:
        return {dataset["name"]: dataset for dataset in self.content["datasets"]}

    @property
    def widgets(self) -> Iterator[tuple[str, Json, Json]]:
        """(page, widget, position)."""
        for page in self.content["pages"]:
            for placed in page["layout"]:
                yield page["name"], placed["widget"], placed["position"]


def shown() -> list[Shown]:
    """The files that the resolved bundle deploys."""
    dashboards = resolve(BUNDLE, "dev", {})["resources"]["dashboards"].values()
    return [
        Shown(
            BUNDLE / each["file_path"],
            each["dataset_schema"].removeprefix("dev_"),
        )
        for each in dashboards
    ]


def alerts() -> dict[str, Json]:
    resources = resolve(BUNDLE, "dev", {})["resources"]
    return dict(resources["alerts"])


def sql_of(dataset: Mapping[str, Any]) -> str:
    return "".join(dataset["queryLines"])


def defaults_of(dataset: Mapping[str, Any]) -> dict[str, str]:
    """What its parameters are until somebody chooses."""
    return {
        parameter["keyword"]: parameter["defaultSelection"]["values"]["values"][0]["value"]
        for parameter in dataset.get("parameters", ())
    }
