"""`iot docs`: one page about a home's tables, which a run under way does not notice."""

import re
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from iot_streaming import documentation
from iot_streaming.bronze.ingest import create_tables
from iot_streaming.errors import TransformFailed
from iot_streaming.home import writing
from iot_streaming.settings import Settings
from iot_streaming.transform import Dbt, Transformed
from iot_streaming.warehouse import show_bronze
from tests.command import iot

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "databricks" / "dbt"


@dataclass(frozen=True)
class Documented:
    """The page of a home, what the command said, and what was in the project before and after."""

    settings: Settings
    page: str
    said: str
    shown: str
    project: tuple[set[Path], set[Path]]


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Documented:
    """Of a home with bronze and one table of gold, while a run holds the home's lock."""
    folder = tmp_path_factory.mktemp("it's a home")
    settings = Settings(home=folder / "home", landing=folder / "landing")
    opened, browser = folder / "opened", folder / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}"\n', encoding="utf-8")
    browser.chmod(0o700)
    before = set(PROJECT.rglob("*"))
    with writing(settings):
        create_tables(settings)
        show_bronze(settings)
        with duckdb.connect(settings.warehouse) as connection:
            connection.execute(
                "create table dev_gold.dim_devices as "
                "select 'DEV-1' as device_id, 1.5::decimal(31, 7) as only_of_this_home"
            )
        asked = {"DISPLAY": ":0", "BROWSER": f"{shlex.quote(str(browser))} %s"}
        outcome = iot("docs", "--home", str(settings.home), settings=asked)
    assert outcome.returncode == 0, outcome.stderr
    return Documented(
        settings,
        (settings.root / "docs" / "index.html").read_text(encoding="utf-8"),
        outcome.stderr,
        opened.read_text(encoding="utf-8"),
        (before, set(PROJECT.rglob("*"))),
    )


def test_page_has_descriptions_sql_and_the_types_of_this_home(documented: Documented) -> None:
    assert "One row per device that the source ever had" in documented.page
    assert '"source.iot_streaming.bronze.iot_events"' in documented.page
    assert '"compiled_code": "' in documented.page
    assert '"type": "DECIMAL(31,7)"' in documented.page


def test_page_names_no_path_of_this_machine(documented: Documented) -> None:
    folders = (str(ROOT), str(documented.settings.home), "iot-docs-")
    assert [folder for folder in folders if folder in documented.page] == []


def test_page_may_load_nothing_beside_itself(documented: Documented) -> None:
    policy = re.search(
        r'<head><meta http-equiv="Content-Security-Policy" content="([^"]+)">', documented.page
    )
    assert policy
    assert policy[1].startswith("default-src 'none';")
    assert not re.search(r"https?:|\*|'self'|connect-src", policy[1])
    # What the browser would fetch before a script has filled in the template.
    assert not re.search(r'xlink:href="\{\{|href="\$\{', documented.page)


def test_page_is_shown_in_the_browser(documented: Documented) -> None:
    page = documented.settings.root / "docs" / "index.html"
    assert documented.shown == page.as_uri()
    assert f"wrote {page}" in documented.said


def test_project_stays_as_it_was(documented: Documented) -> None:
    before, after = documented.project
    assert before == after


def test_home_without_a_run_is_told_what_to_do(tmp_path: Path) -> None:
    outcome = iot("docs", "--home", str(tmp_path / "none"), "--no-open")
    assert outcome.returncode == 2
    assert "make one with `iot run`" in outcome.stderr
    assert not (tmp_path / "none").exists()


def test_log_that_an_error_names_is_there(
    documented: Documented, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BrokenDbt(Dbt):
        def run(self, command: str, *arguments: str, **environment: str) -> Transformed:
            self.place.folder.mkdir()
            raise TransformFailed(str(self.place.folder))

    monkeypatch.setattr(documentation, "Dbt", BrokenDbt)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(TransformFailed) as failed:
        documentation.documentation(documented.settings)
    assert Path(str(failed.value)).is_relative_to(tmp_path)
    assert Path(str(failed.value)).is_dir()
