"""Dashboards and alerts in, the files of the bundle that hold them out."""

from pathlib import Path

from iot_streaming.dashboards.alerts import alerts_yml
from iot_streaming.dashboards.dashboards import DASHBOARDS


def made_files() -> dict[str, str]:
    """Text by path from the bundle's folder."""
    dashboards = {f"dashboards/{each.file_name}": each.to_json() for each in DASHBOARDS}
    return dashboards | {"resources/alerts.yml": alerts_yml()}


def write_files(bundle: Path) -> list[Path]:
    """Write them all; the paths."""
    written = []
    for name, text in made_files().items():
        path = bundle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
