"""One piece of measured work a process: `python benchmarks/pieces.py NAME ARGUMENT…`."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb

from iot_streaming.bronze.ingest import create_tables, ingest
from iot_streaming.errors import IotStreamingError
from iot_streaming.jobs import Run
from iot_streaming.project import dbt_project
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation, simulate
from iot_streaming.sources import IOT_EVENTS, source_named
from iot_streaming.transform import Dbt, DbtPlace
from iot_streaming.warehouse import show_bronze

TYPES = {"string": "varchar", "double": "double", "timestamp": "timestamp"}


def floor(landing: str, parquet: str) -> str:
    """The least that could be done: typed JSON scan to Parquet, bad lines thrown away."""
    fields = {c.field: TYPES[c.type] for c in IOT_EVENTS.columns if c.encoding == "text"}
    columns = ", ".join(f"{name}: '{type_name}'" for name, type_name in fields.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select * from read_json(
                    '{landing}/iot_events/**/*.ndjson', format = 'newline_delimited',
                    columns = {{{columns}}}, ignore_errors = true
                )
            ) to '{parquet}' (format parquet)
            """
        )
        row = connection.execute("select count(*) from read_parquet(?)", [parquet]).fetchone()
    return f"{row[0] if row else 0:,}"


def ingest_new(home: str, landing: str, source: str = IOT_EVENTS.name) -> str:
    settings = Settings.from_environment(home=Path(home), landing=Path(landing))
    settings.make_folders()
    create_tables(settings)
    return f"{ingest(settings, source_named(source)).lines:,}"


def run(home: str, landing: str) -> str:
    """All jobs; prints the seconds that dbt's SQL took in the engine, models and tests."""
    result = Run(Settings.from_environment(home=Path(home), landing=Path(landing))).jobs()
    if not result.ok:
        raise IotStreamingError(str([job.failures + job.attention for job in result.jobs])[:2000])
    steps = [step for job in result.jobs for step in job.transformed]
    return f"{sum(step.sql_seconds for step in steps):.2f}"


def run_ingestion(home: str, landing: str, engine: str) -> str:
    """The ingestion job alone; prints its wall seconds, without the engine's start and stop."""
    settings = Settings.from_environment(home=Path(home), landing=Path(landing), engine=engine)
    result = Run(settings).jobs(["iot_ingestion_job"])
    if not result.ok:
        raise IotStreamingError(str([job.failures + job.attention for job in result.jobs])[:2000])
    return f"{result.jobs[0].seconds:.2f}"


def run_changes(home: str, landing: str) -> str:
    """Current state and history of the customers; prints SQL seconds in all, seconds by model."""
    settings = Settings.from_environment(home=Path(home), landing=Path(landing))
    show_bronze(settings)
    dbt = Dbt(DbtPlace.embedded(settings, dbt_project()))
    dbt.run("deps")
    result = dbt.run("run", "--threads", "1", "--select", "stg_customers", "dim_customers_history")
    if result.bad:
        raise IotStreamingError(str(result.bad)[:2000])
    models = ", ".join(f"{node.name} {node.seconds:.2f}" for node in result.nodes if node.seconds)
    return f"{result.sql_seconds:.2f} ({models})"


def simulated(events: str, devices: str, start: str, out: str) -> str:
    """So many events' landing, from `start` (ISO 8601) on; prints the lines."""
    begin = datetime.fromisoformat(start)
    simulation = Simulation.sized(int(events), devices=int(devices), start=begin)
    return f"{simulate(simulation, Path(out)).sources[IOT_EVENTS.name].lines:,}"


PIECES: dict[str, Callable[..., str]] = {
    "floor": floor,
    "ingest": ingest_new,
    "run": run,
    "ingestion": run_ingestion,
    "changes": run_changes,
    "simulate": simulated,
}

if __name__ == "__main__":
    print(PIECES[sys.argv[1]](*sys.argv[2:]))
