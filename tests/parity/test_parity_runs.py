"""`iot parity` as people run it, on files that come in two goes; `make parity` compares more."""

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.bronze.lines import exact_lines
from iot_streaming.jobs import Run
from iot_streaming.parity.runs import homes_of
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation
from iot_streaming.sources import SOURCES
from iot_streaming.spark.server import TOKEN
from tests.command import iot
from tests.parity.scenarios import STEPS, fleet

FLEET = Simulation(devices=12, hours=30)


def lines_landed(landing: Path) -> dict[str, int]:
    """By file, counted by neither engine."""
    files = [path for source in SOURCES for path in (landing / source.path).rglob("*.ndjson*")]
    keys = {path.relative_to(landing).as_posix(): path for path in files}
    return {key: sum(1 for _ in exact_lines(path, key)) for key, path in keys.items()}


def ledger_of(spark: Settings) -> tuple[dict[str, int], int, int]:
    """Lines by file as Spark's own ledger has them, files told twice, corrupt lines."""
    folder = spark.spark / "tables" / spark.schema("quality") / "ledger"
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select file, sum(lines), count(*), sum(corrupt) from read_parquet($files) group by 1",
            {"files": str(folder / "*.parquet")},
        ).fetchall()
    lines = {file: int(count) for file, count, _, _ in rows}
    return lines, sum(times > 1 for _, _, times, _ in rows), int(sum(row[3] for row in rows))


def checked_by(home: Settings) -> dict[str, list[Any]]:
    """The data quality job's verdicts: status, severity, failing rows and table of each check."""
    result = Run(home, waits=False).jobs(["data_quality_job"])
    assert [job.failures for job in result.jobs] == [[]]
    files = home.spark / "tables" / home.schema("quality") / "check_results" / "*.parquet"
    kept = "dev_quality.check_results" if home.engine == "duckdb" else f"read_parquet('{files}')"
    with duckdb.connect(home.warehouse if home.engine == "duckdb" else ":memory:") as connection:
        rows = connection.execute(
            f"select check_name, status, severity, rows_failing, table_name from {kept}"
        ).fetchall()
    return {name: verdict for name, *verdict in rows}


@pytest.mark.slow
def test_engines_agree_on_a_growing_landing_and_account_for_each_line(
    tmp_path: Path, spark_url: str
) -> None:
    prepared, landing, home = tmp_path / "prepared", tmp_path / "landing", tmp_path / "home"
    fleet(FLEET).prepare(prepared)
    first, second = STEPS.values()
    settings = Settings.from_environment(home, landing, engine="spark", remote=spark_url)
    spark = homes_of(settings)["spark"]

    first(prepared, landing)
    ingested = Run(spark).jobs(["iot_ingestion_job"])
    assert [job.failures + job.attention for job in ingested.jobs] == [[]]
    assert ledger_of(spark)[:2] == (lines_landed(landing), 0)

    second(prepared, landing)
    report = tmp_path / "report.md"
    places = ["--home", str(home), "--landing", str(landing), "--remote", spark_url]
    known = {TOKEN: os.environ[TOKEN]}
    outcome = iot("parity", *places, "--report", str(report), "--json", settings=known)
    document = json.loads(outcome.stdout)
    told = [difference for table in document["tables"] for difference in table["differences"]]
    assert told == [] and outcome.returncode == 0, outcome.stderr
    assert "**No difference**" in report.read_text(encoding="utf-8")
    rows = {table["table"]: table["rows"]["Spark"] for table in document["tables"]}
    assert len(rows) == 8 + 8 + 9 + 21 and rows["dev_gold.fct_iot_events"] > 1_000

    checked = {engine: checked_by(each) for engine, each in homes_of(settings).items()}
    assert checked["spark"] == checked["duckdb"] and len(checked["spark"]) > 25

    lines, doubled, corrupt = ledger_of(spark)
    assert (lines, doubled) == (lines_landed(landing), 0)
    assert sum(rows[f"dev_bronze.{source.name}"] for source in SOURCES) == sum(lines.values())
    assert corrupt > 0
