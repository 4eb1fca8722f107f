"""One landing folder in, what its ingestion costs on DuckDB and on Spark out, as ratios.

iot_ingestion_job as anyone runs it, each engine in a home of its own. A second run finds nothing
new: what it costs is the start of an engine and the look at landing, not the work on the lines.
CPU is that of all processes, Spark's Java and its Python workers too; peak is the largest one's.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from bench import Bench
from costs import Cost, piece, tell
from iot_streaming.errors import LinesLost
from iot_streaming.reporter import Silent
from iot_streaming.settings import ENGINES, Settings
from iot_streaming.simulator import Simulation
from iot_streaming.sources import SOURCES
from iot_streaming.spark.jars import spark_jars
from iot_streaming.spark.java import find_java
from iot_streaming.spark.server import spark_home
from report import COSTS, Table, cost_cells, held_to

_PART = 5  # of the run's events: Spark takes its time
_AIM = 6


@dataclass(frozen=True)
class Ingested:
    """An engine's two runs over the same files. `job` is the wall seconds between stage and end."""

    first: Cost
    idle: Cost

    @property
    def job(self) -> float:
        return float(self.first.said)

    @property
    def idle_job(self) -> float:
        return float(self.idle.said)

    def own(self, figure: str) -> float:
        """What the first run cost more than the idle one."""
        return float(getattr(self.first, figure) - getattr(self.idle, figure))


def bench_engines(bench: Bench) -> Table:
    """Both engines' CPU and wall time and their ratios; LinesLost when their rows differ."""
    # Java as it comes, and what is fetched only once fetched before.
    os.environ.pop("JDK_JAVA_OPTIONS", None)
    spark_jars(find_java().program, spark_home(), Silent())
    simulation = Simulation.sized(max(1, bench.events // _PART), hours=48)
    landing, manifest = bench.simulated("both", simulation)
    lines = sum(count.lines for count in manifest.sources.values())
    size = sum(count.bytes for count in manifest.sources.values())
    work = bench.folder("engines")
    costs = {engine: _ingest(engine, work / engine, landing) for engine in ENGINES}
    files = _refuse_differences(work, lines)
    return Table(
        f"{lines:,} lines of {len(manifest.sources)} sources in {files:,} files, "
        f"{size / 1e9:.2f} GB: all of them in both bronzes and both ledgers; one run each",
        (*COSTS, "wall to duckdb", "CPU to duckdb", "aim"),
        [row for engine, runs in costs.items() for row in _rows(engine, runs, costs["duckdb"])],
        [_parts(engine, runs, lines) for engine, runs in costs.items()],
        ("duckdb", "deltalake", "pyspark"),
    )


def _ingest(engine: str, home: Path, landing: Path) -> Ingested:
    runs = [piece("ingestion", home, landing, engine) for _ in range(2)]
    tell(f"iot_ingestion_job on {engine}: {runs[0].wall:.1f} s, then {runs[1].wall:.1f} s")
    return Ingested(*runs)


def _rows(engine: str, runs: Ingested, embedded: Ingested) -> list[tuple[str, ...]]:
    wall, cpu = runs.first.wall / embedded.first.wall, runs.first.cpu / embedded.first.cpu
    own = [f"{runs.own(figure) / embedded.own(figure):.1f}" for figure in ("wall", "cpu")]
    compared = (
        (f"{wall:.1f}", f"{cpu:.1f}", held_to([wall], _AIM, least=True)),
        (f"{own[0]} without it", f"{own[1]} without it", ""),
    )
    first, idle = compared if runs is not embedded else (("", "", ""),) * 2
    return [
        (*cost_cells(f"iot_ingestion_job on {engine}", [runs.first]), *first),
        (*cost_cells("again with nothing new", [runs.idle]), *idle),
    ]


def _parts(engine: str, runs: Ingested, lines: int) -> str:
    return (
        f"{engine}: {lines / runs.first.wall:,.0f} lines a second of wall time, "
        f"{lines / runs.first.cpu:,.0f} of CPU; wall {runs.first.wall - runs.job:.1f} s "
        f"start and stop, {runs.job:.1f} s the job (with nothing new {runs.idle_job:.1f} s)"
    )


def _refuse_differences(work: Path, lines: int) -> int:
    """The number of files in the ledgers, when both and both bronzes have just these lines."""
    told = {engine: _told(engine, work / engine) for engine in ENGINES}
    embedded, spark = told["duckdb"], told["spark"]
    rows = sum(embedded["rows"].values())
    if embedded != spark or rows != lines or embedded["lines"] != lines:
        short = {engine: (each["rows"], each["lines"]) for engine, each in told.items()}
        raise LinesLost(f"of {lines:,} landed lines the engines' bronze and ledger have {short}")
    return len(embedded["files"])


def _told(engine: str, home: Path) -> dict[str, Any]:
    """Bronze's rows by source, the ledger's lines in all and what it says of each file."""
    settings = Settings(home, home, engine=engine)
    folders = {source.name: settings.bronze(source.name) for source in SOURCES}
    ledger = settings.ledger
    if engine == "spark":
        tables = settings.spark / "tables"
        folders = {name: tables / settings.schema("bronze") / name for name in folders}
        ledger = tables / settings.schema("quality") / "ledger"
    columns = "source, file, lines, good, quarantined, corrupt, rescued"
    files = _asked(ledger, f"select {columns} from rows order by all")
    count = "select count(*) from rows"
    return {
        "rows": {name: _asked(folder, count)[0][0] for name, folder in folders.items()},
        "lines": sum(file[2] for file in files),
        "files": files,
    }


def _asked(table: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.register("rows", DeltaTable(table).to_pyarrow_dataset())
        return connection.execute(sql).fetchall()
