"""What the package brings along for its pages, and what it must not."""

import csv
import hashlib
import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from iot_streaming.bundle import resolve
from iot_streaming.serve.rendering import STATIC, as_data
from iot_streaming.serve.shown import UNITS
from iot_streaming.serve.warehouse import warehouse_of

ROOT = Path(__file__).parents[2]
# dist/ of uplot 1.6.32 as npm has it.
VENDOR = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
}
_UCUM = {"Cel": "°C", "m/s2": "m/s²", "{count}": "counts"}


@pytest.mark.parametrize("name", VENDOR)
def test_the_chart_library_is_what_npm_published(name: str) -> None:
    content = (STATIC / "vendor" / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == VENDOR[name]


def test_the_chart_library_comes_with_its_licence() -> None:
    assert "MIT License" in (STATIC / "vendor" / "uPlot.LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", [*STATIC.glob("*.js"), *STATIC.glob("*.css")], ids=lambda p: p.name
)
def test_no_file_of_ours_names_another_host_or_writes_html(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://|innerHTML|outerHTML|insertAdjacentHTML|eval\(|@import", text)


def test_units_are_those_that_readings_are_converted_to() -> None:
    seed = ROOT / "databricks" / "dbt" / "seeds" / "sensor_types.csv"
    rows = csv.DictReader(seed.read_text(encoding="utf-8").splitlines())
    told = {row["sensor_type"]: row["canonical_unit"] for row in rows}
    assert {name: _UCUM.get(unit, unit) for name, unit in told.items()} == UNITS


def test_no_data_of_a_chart_can_end_its_tag() -> None:
    assert "<" not in as_data({"label": "</script><script>alert(1)</script>&\u2028"})


def test_the_app_installs_what_is_tested_and_the_wheel_that_is_built() -> None:
    wanted = (ROOT / "databricks" / "app" / "requirements.txt").read_text(encoding="utf-8")
    locked = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    lines = [line for line in wanted.splitlines() if not line.startswith("#")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert lines[0] == f"./iot_streaming-{project['version']}-py3-none-any.whl"
    for line in lines[1:]:
        assert f"\n{line} " in locked


def test_the_app_is_told_all_that_its_pages_ask_for() -> None:
    bundle = resolve(ROOT / "databricks", "prod")
    app = bundle["resources"]["apps"]["iot_pages"]
    told = {each["name"]: each.get("value", "abc") for each in app["config"]["env"]}
    warehouse = warehouse_of(told | {"DATABRICKS_HOST": "https://workspace.example"})
    assert warehouse.name == "prod"
    assert (ROOT / "databricks" / "resources" / app["source_code_path"]).resolve().is_dir()
    assert find_spec(app["config"]["command"][2])
