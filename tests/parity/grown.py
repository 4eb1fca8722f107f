"""A landing that grows in two steps in, both engines' homes after `iot parity` and checks out.

DuckDB sees the first step by itself, Spark both at once: how a landing grew must not matter either.
One that grows under Spark is tests/spark/test_run_on_cluster.py's, and `make parity`'s.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

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


@dataclass(frozen=True)
class Ledger:
    """What Spark's own ledger has: lines by file, files told twice, corrupt lines."""

    lines: dict[str, int]
    doubled: int
    corrupt: int


@dataclass(frozen=True)
class Grown:
    """What was there in the end; `checked`: the data quality job's verdicts by engine."""

    homes: dict[str, Settings]
    problems: list[list[str]]
    landed: dict[str, int]
    ledger: Ledger
    outcome: "subprocess.CompletedProcess[str]"
    report: str
    checked: dict[str, dict[str, Any]]

    @property
    def tables(self) -> list[dict[str, Any]]:
        """What `iot parity --json` says of each table."""
        tables: list[dict[str, Any]] = json.loads(self.outcome.stdout)["tables"]
        return tables


def grow(folder: Path, spark_url: str) -> Grown:
    """DuckDB alone ingests the first step; both engines run on all of it, and check it."""
    prepared, landing, home = folder / "prepared", folder / "landing", folder / "home"
    fleet(FLEET).prepare(prepared)
    first, second = STEPS.values()
    settings = Settings.from_environment(home, landing, engine="spark", remote=spark_url)
    homes = dict(homes_of(settings))

    first(prepared, landing)
    ingested = Run(homes["duckdb"]).jobs(["iot_ingestion_job"])

    second(prepared, landing)
    report = folder / "report.md"
    places = ["--home", str(home), "--landing", str(landing), "--remote", spark_url]
    known = {TOKEN: os.environ[TOKEN]}
    outcome = iot("parity", *places, "--report", str(report), "--json", settings=known)
    return Grown(
        homes,
        [job.failures + job.attention for job in ingested.jobs],
        _lines_landed(landing),
        _ledger_of(homes["spark"]),
        outcome,
        report.read_text(encoding="utf-8"),
        {engine: _checked_by(each) for engine, each in homes.items()},
    )


def _lines_landed(landing: Path) -> dict[str, int]:
    """By file, counted by neither engine."""
    files = [path for source in SOURCES for path in (landing / source.path).rglob("*.ndjson*")]
    keys = {path.relative_to(landing).as_posix(): path for path in files}
    return {key: sum(1 for _ in exact_lines(path, key)) for key, path in keys.items()}


def _ledger_of(spark: Settings) -> Ledger:
    folder = spark.spark / "tables" / spark.schema("quality") / "ledger"
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select file, sum(lines), count(*), sum(corrupt) from read_parquet($files) group by 1",
            {"files": str(folder / "*.parquet")},
        ).fetchall()
    lines = {file: int(count) for file, count, _, _ in rows}
    doubled = sum(times > 1 for _, _, times, _ in rows)
    return Ledger(lines, doubled, int(sum(row[3] for row in rows)))


def _checked_by(home: Settings) -> dict[str, Any]:
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
