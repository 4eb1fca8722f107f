"""One landing folder in, what its ingestion costs on DuckDB and on Spark out, as ratios.

    python benchmarks/engines.py [--events 2000000]

iot_ingestion_job as anyone runs it, each engine in a home of its own. A second run finds nothing
new: what it costs is the start of an engine and the look at landing, not the work on the lines.
CPU is that of all processes, Spark's Java and its Python workers too; peak is the largest one's.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from costs import Cost, piece, show
from iot_streaming.errors import LinesLost
from iot_streaming.reporter import Silent
from iot_streaming.settings import ENGINES, Settings
from iot_streaming.simulator import Simulation, simulate
from iot_streaming.sources import SOURCES
from iot_streaming.spark.jars import spark_jars
from iot_streaming.spark.java import find_java
from iot_streaming.spark.server import spark_home
from unwaited import Unwaited


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


def bench_engines(work: Path, events: int) -> None:
    """Print both engines' CPU and wall time and their ratios; LinesLost when they differ."""
    if sys.platform != "linux":
        print("both engines: not measured, CPU of processes that nobody waits for needs Linux")
        return
    # Java as it comes, and what is fetched only once fetched before.
    os.environ.pop("JDK_JAVA_OPTIONS", None)
    spark_jars(find_java().program, spark_home(), Silent())
    landing = work / "landing"
    landed = simulate(Simulation.sized(events, hours=48), landing).sources
    lines = sum(count.lines for count in landed.values())
    size = sum(count.bytes for count in landed.values())
    print(f"both engines: {lines:,} lines of {len(landed)} sources, {size / 1e9:.2f} GB")
    costs = {engine: _ingest(engine, work / engine, landing) for engine in ENGINES}
    _show_ratios(costs, lines)
    files = _refuse_differences(work, lines)
    print(f"  in bronze and in the ledger's {files:,} files on both: {lines:,} rows and lines")


def _ingest(engine: str, home: Path, landing: Path) -> Ingested:
    first = _measured(engine, home, landing)
    show(f"iot_ingestion_job on {engine}", [first])
    idle = _measured(engine, home, landing)
    show("  again with nothing new", [idle])
    return Ingested(first, idle)


def _measured(engine: str, home: Path, landing: Path) -> Cost:
    with Unwaited() as unwaited:
        cost = piece("ingestion", home, landing, engine)
    return replace(cost, cpu=cost.cpu + unwaited.cpu)


def _show_ratios(costs: Mapping[str, Ingested], lines: int) -> None:
    embedded, spark = costs["duckdb"], costs["spark"]
    for figure, name in (("wall", "wall time"), ("cpu", "CPU")):
        whole = getattr(spark.first, figure) / getattr(embedded.first, figure)
        own = spark.own(figure) / embedded.own(figure)
        print(f"  {name}, spark to duckdb: {whole:.1f}; less the runs with nothing new: {own:.1f}")
    for engine, runs in costs.items():
        print(
            f"  {engine}: {lines / runs.first.wall:,.0f} lines a second of wall time, "
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="iot-bench-") as temporary:
        print("{:<44} {:>8} {:>8} {:>8}".format("", "CPU s", "wall s", "peak MiB"))
        bench_engines(Path(temporary), arguments.events)


if __name__ == "__main__":
    main()
