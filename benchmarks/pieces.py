"""One piece of measured work a process: `python benchmarks/pieces.py NAME ARGUMENT…`."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from iot_streaming.errors import IotStreamingError
from iot_streaming.jobs import Run, RunResult
from iot_streaming.jobs.follow import follow
from iot_streaming.project import dbt_project
from iot_streaming.reporter import Silent
from iot_streaming.served import publish
from iot_streaming.settings import Settings
from iot_streaming.simulator import Simulation, simulate
from iot_streaming.sources import IOT_EVENTS
from iot_streaming.transform import Dbt, DbtPlace
from iot_streaming.warehouse import show_bronze


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


def follow_landing(home: str, landing: str) -> str:
    """As `iot run --follow`; prints a line after each whole run, and each pass as JSON."""
    settings = Settings.from_environment(home=Path(home), landing=Path(landing))

    def whole() -> RunResult:
        result = Run(settings, waits=False).jobs()
        print("whole run", result.status, flush=True)
        return result

    follow(settings, Silent(), whole, heard=lambda one: print(json.dumps(asdict(one)), flush=True))
    return "stopped"


def published(home: str) -> str:
    """What a run does at its end; prints the rows that were written."""
    settings = Settings.from_environment(home=Path(home))
    now = datetime.now(UTC)
    return f"{publish(settings, now.isoformat(), now).rows:,}"


def simulated(events: str, devices: str, start: str, out: str) -> str:
    """So many events' landing, from `start` (ISO 8601) on; prints the lines."""
    begin = datetime.fromisoformat(start)
    simulation = Simulation.sized(int(events), devices=int(devices), start=begin)
    return f"{simulate(simulation, Path(out)).sources[IOT_EVENTS.name].lines:,}"


PIECES: dict[str, Callable[..., str]] = {
    "run": run,
    "ingestion": run_ingestion,
    "changes": run_changes,
    "follow": follow_landing,
    "publish": published,
    "simulate": simulated,
}

if __name__ == "__main__":
    print(PIECES[sys.argv[1]](*sys.argv[2:]))
