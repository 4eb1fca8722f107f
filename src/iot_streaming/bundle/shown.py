"""A resolved bundle in, what is wrong with its dashboards and SQL alerts out."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iot_streaming.bundle.cron import shortest_pause
from iot_streaming.bundle.finding import Finding, error, warning
from iot_streaming.errors import ConfigurationError


def check_dashboards(bundle: dict[str, Any], root: Path) -> Iterator[Finding]:
    """Files that are not there or are no dashboard; datasets without a place, widgets without one.

    Databricks checks none of this before somebody looks at the page.
    """
    for name, dashboard in bundle["resources"].get("dashboards", {}).items():
        where = f"resources.dashboards.{name}"
        for field in ("warehouse_id", "dataset_catalog", "dataset_schema"):
            if not dashboard.get(field):
                yield error(where, f"says no {field}: its datasets name tables only")
        path = str(dashboard.get("file_path", ""))
        file = root / path
        if not path.endswith(".lvdash.json") or not file.is_file():
            yield error(where, f"file_path has to be an .lvdash.json in {root}, not {path!r}")
            continue
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as refusal:
            yield error(where, f"{path} is no JSON: {refusal}")
            continue
        yield from _check_widgets(f"{where}, {path}", content)


def _check_widgets(where: str, content: Mapping[str, Any]) -> Iterator[Finding]:
    known = {dataset["name"] for dataset in content.get("datasets", [])}
    asked = {
        (placed["widget"]["name"], query["query"]["datasetName"])
        for page in content.get("pages", [])
        for placed in page["layout"]
        for query in placed["widget"].get("queries", [])
    }
    for widget, dataset in sorted(asked):
        if dataset not in known:
            yield error(where, f"widget {widget} asks dataset {dataset!r}, which is not there")


def check_alerts(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Cron text that Quartz refuses, alerts that nobody is told of."""
    for name, alert in bundle["resources"].get("alerts", {}).items():
        where = f"resources.alerts.{name}"
        try:
            shortest_pause(str(alert.get("schedule", {}).get("quartz_cron_schedule", "")))
        except ConfigurationError as refusal:
            yield error(where, str(refusal))
        if not alert.get("evaluation", {}).get("notification", {}).get("subscriptions"):
            yield warning(where, "no subscriptions: nobody is told")
