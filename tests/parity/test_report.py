"""`iot parity` around the engines' runs, which are stood in for; and the page it writes."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from iot_streaming.errors import PipelineError
from iot_streaming.jobs import JobResult, RunResult
from iot_streaming.parity.report import report_of, tables_told, versions_told
from iot_streaming.parity.runs import Parity, homes_of, run_parity
from iot_streaming.reporter import Reporter, Silent
from iot_streaming.settings import Settings
from iot_streaming.terminal import Terminal
from tests.folders import landing_folder
from tests.parity.homes import TABLE, Homes

ROW = "select 1 as order_id, 5e0 as total_amount"
Rows = dict[str, str]


def engines(
    rows: Rows, failures: tuple[str, ...] = ()
) -> Callable[[Settings, Reporter], RunResult]:
    """Stands in for both: a run adds one table of these rows, by engine, where it lacks it."""

    def run(settings: Settings, reporter: Reporter) -> RunResult:
        homes = Homes(settings, settings, {})
        if settings.engine == "spark":
            if not settings.spark.exists():
                homes.put_spark(rows["spark"])
        elif not settings.warehouse.exists():
            settings.make_folders()
            with duckdb.connect(settings.warehouse) as connection:
                connection.execute("create schema dev_silver")
            homes.put_duckdb(rows["duckdb"])
        return RunResult("1", "dev", [JobResult("j", failures=list(failures))], 3.2)

    return run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "landing" / "iot_events").mkdir(parents=True)
    (tmp_path / "landing" / "iot_events" / "a.ndjson").write_text("{}\n")
    return Settings(tmp_path / "home", tmp_path / "landing")


def parity_of(settings: Settings, duckdb_rows: str, spark_rows: str) -> Parity:
    rows = {"duckdb": duckdb_rows, "spark": spark_rows}
    return run_parity(settings, Silent(), fresh=True, run_jobs=engines(rows))


def test_each_engine_has_a_home_of_its_own_and_the_same_landing(settings: Settings) -> None:
    homes = homes_of(settings)
    assert {name: home.engine for name, home in homes.items()} == {
        "duckdb": "duckdb",
        "spark": "spark",
    }
    assert {home.home for home in homes.values()} == {
        settings.home / "parity" / "duckdb",
        settings.home / "parity" / "spark",
    }
    assert {home.landing for home in homes.values()} == {settings.landing}


def test_equal_tables_make_parity(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    parity = parity_of(settings, ROW, ROW)
    assert parity.ok
    assert parity.landed["iot_events"] == (1, 3)
    Terminal().print_parity(parity)
    printed = capsys.readouterr().out
    assert TABLE in printed and printed.endswith("equal\n") and "✗" not in printed


def test_one_value_breaks_it_and_is_shown(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    parity = parity_of(settings, ROW, ROW.replace("5e0", "6e0"))
    assert not parity.ok
    Terminal().print_parity(parity)
    printed = capsys.readouterr().out
    assert f"✗ {TABLE}: order_id 1, total_amount 5.0: only on DuckDB" in printed
    assert printed.endswith("not equal\n")


def test_failed_run_breaks_it(settings: Settings) -> None:
    rows = {"duckdb": ROW, "spark": ROW}
    parity = run_parity(settings, Silent(), run_jobs=engines(rows, failures=("it broke",)))
    assert all(table.ok for table in parity.tables) and not parity.ok
    assert "landing: duckdb: it broke" in report_of(parity)


def test_no_tables_prove_nothing(settings: Settings) -> None:
    parity = parity_of(settings, ROW, ROW)
    assert not Parity(parity.runs, [], parity.landed, []).ok


def test_homes_are_kept_unless_fresh(settings: Settings) -> None:
    parity_of(settings, ROW, ROW)
    other = {"duckdb": f"{ROW} limit 0", "spark": f"{ROW} limit 0"}
    kept = run_parity(settings, Silent(), run_jobs=engines(other))
    assert [table.equal for table in kept.tables] == [1]
    fresh = run_parity(settings, Silent(), fresh=True, run_jobs=engines(other))
    assert [table.equal for table in fresh.tables] == [0]


def test_files_that_land_meanwhile_are_refused(settings: Settings) -> None:
    run = engines({"duckdb": ROW, "spark": ROW})

    def run_and_land(home: Settings, reporter: Reporter) -> RunResult:
        os.utime(landing_folder(settings) / "iot_events" / "a.ndjson", ns=(1, 1))
        return run(home, reporter)

    with pytest.raises(PipelineError, match="changed while the engines ran"):
        run_parity(settings, Silent(), run_jobs=run_and_land)


def test_page_tells_of_equal_tables(settings: Settings) -> None:
    page = report_of(parity_of(settings, ROW, ROW))
    assert "**No difference** in 1 rows: 1 comparisons of 1 tables" in page
    assert tables_told(page) == {TABLE}
    assert versions_told(page)["duckdb"] == duckdb.__version__
    assert "delta-rs" in versions_told(page)["Spark's tables, by their logs"]


def test_page_tells_of_differences(settings: Settings) -> None:
    page = report_of(parity_of(settings, ROW, f"{ROW} union all select 2, 7e0"))
    assert "**1 of 1 comparisons found differences, 1 rows.**" in page
    assert f"- landing, landing: {TABLE}: order_id 2, total_amount 7.0: only on Spark" in page
