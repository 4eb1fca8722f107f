"""`iot quality report` as a user runs it, and the notebook that shows the same page."""

import json
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.quality.report.beside import report_shown, show_report
from iot_streaming.settings import Settings
from iot_streaming.spark.warehouse import SparkWarehouse
from iot_streaming.warehouse import EmbeddedWarehouse
from tests.command import iot
from tests.quality.made_home import LATEST, NOW, run_id


def test_page_is_written_into_the_home_whatever_the_verdict(usual_home: Settings) -> None:
    ran = iot("quality", "report", "--home", str(usual_home.home))
    assert (ran.returncode, ran.stdout) == (0, "")
    page = usual_home.root / "quality-report.html"
    assert f"wrote {page}" in ran.stderr
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_json_goes_to_stdout_and_to_a_file_that_is_named(
    usual_home: Settings, tmp_path: Path
) -> None:
    home = ("--home", str(usual_home.home))
    ran = iot("quality", "report", "--format", "json", *home)
    assert json.loads(ran.stdout)["run"]["run_id"] == LATEST
    out = tmp_path / "new" / "report.json"
    earlier = run_id(NOW.replace(day=4))
    ran = iot("quality", "report", "--format", "json", "--out", str(out), "--run", earlier, *home)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert json.loads(out.read_text("utf-8"))["run"]["run_id"] == earlier


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--format", "pdf"), "unknown format 'pdf'; known: html, markdown, json"),
        (("--run", "nope"), "there is no run 'nope' here; the newest: 2026"),
        (("-t", "prod"), "there is no warehouse at"),
        (("--out", "/dev/null/report.html"), "can't be written"),
    ],
)
def test_wrong_usage_is_told_and_exits_2(
    usual_home: Settings, arguments: tuple[str, ...], told: str
) -> None:
    ran = iot("quality", "report", "--home", str(usual_home.home), *arguments)
    assert ran.returncode == 2
    assert told in ran.stderr and "Traceback" not in ran.stderr


class Widgets:
    def __init__(self, **values: str) -> None:
        self.values = values

    def get(self, name: str) -> str:
        return self.values[name]


class Dbutils:
    def __init__(self, **values: str) -> None:
        self.widgets = Widgets(**values)


@pytest.fixture
def as_spark(usual_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home's DuckDB in place of the workspace's tables, which have a catalog before them."""
    warehouse = EmbeddedWarehouse(usual_home)
    catalog = f"{usual_home.catalog}."
    monkeypatch.setattr(SparkWarehouse, "ask", lambda _, sql: warehouse.ask(sql))
    monkeypatch.setattr(
        SparkWarehouse, "has", lambda _, table: warehouse.has(table.removeprefix(catalog))
    )


@pytest.mark.usefixtures("as_spark")
def test_notebook_shows_the_page_also_when_a_check_failed() -> None:
    shown: list[str] = []
    dbutils = Dbutils(schema_prefix="dev", catalog="iot_streaming_dev", run_id=LATEST)
    with (
        pytest.raises(ValueError, match="a check failed"),
        report_shown(dbutils, None, shown.append),
    ):
        raise ValueError("a check failed")
    (page,) = shown
    assert page.startswith("<!doctype html>") and LATEST in page


@pytest.mark.usefixtures("as_spark")
def test_a_report_that_cannot_be_made_does_not_hide_the_verdict() -> None:
    said: list[str] = []
    dbutils = Dbutils(schema_prefix="dev", catalog="nowhere", run_id="77")
    show_report(dbutils, None, lambda _: None, said.append)
    assert len(said) == 1 and said[0].startswith("the report could not be made: there is no run")


def test_nothing_is_shown_where_nothing_can_be() -> None:
    dbutils: Any = None
    with report_shown(dbutils, None, None):
        pass
