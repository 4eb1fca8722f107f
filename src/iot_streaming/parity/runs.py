"""Landing files in, both engines' runs over them and the comparison of what they made out."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from iot_streaming.errors import PipelineError
from iot_streaming.home import writing
from iot_streaming.jobs import Run, RunResult
from iot_streaming.landing import LandedFile, suffixes_of
from iot_streaming.landing.discovery import discovered
from iot_streaming.landing.opened import landing_of
from iot_streaming.parity.comparison import TableParity, compare_homes
from iot_streaming.parity.keys import known_keys
from iot_streaming.parity.sides import written_by
from iot_streaming.project import dbt_project
from iot_streaming.reporter import Reporter
from iot_streaming.settings import ENGINES, Settings
from iot_streaming.sources import SOURCES
from iot_streaming.transform import Dbt, DbtPlace

RunJobs = Callable[[Settings, Reporter], RunResult]
_JOBS = ("iot_ingestion_job", "dbt_transformation_job")


def _run_jobs(settings: Settings, reporter: Reporter) -> RunResult:
    """What makes tables. Checks make none, and are most of a build's time on Spark."""
    result = Run(settings, reporter, checks=False).jobs(_JOBS)
    if settings.engine == "duckdb":
        # What tells rows apart is in manifest.json (known_keys).
        Dbt(DbtPlace.embedded(settings, dbt_project())).run("parse")
    return result


@dataclass(frozen=True)
class Parity:
    """Both runs, by engine, and every table of theirs.

    `landed`: files and bytes by source. `writers`: what wrote Spark's tables, by their own logs.
    """

    runs: Mapping[str, RunResult]
    tables: list[TableParity]
    landed: Mapping[str, tuple[int, int]]
    writers: list[str]

    @property
    def ok(self) -> bool:
        """Whether both runs were well and no table differs."""
        runs_ok = all(run.ok for run in self.runs.values())
        return runs_ok and bool(self.tables) and all(table.ok for table in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for --json."""
        return {
            "ok": self.ok,
            "runs": {engine: run.to_dict() for engine, run in self.runs.items()},
            "tables": [table.to_dict() for table in self.tables],
            "landed": {name: {"files": n, "bytes": b} for name, (n, b) in self.landed.items()},
            "writers": self.writers,
        }


def run_parity(
    settings: Settings,
    reporter: Reporter,
    fresh: bool = False,
    run_jobs: RunJobs = _run_jobs,
) -> Parity:
    """Run each engine in its own home, `parity/<engine>` under the home, then compare.

    Homes that are there already take in what is new, as any run; `fresh` empties them before.
    PipelineError when files landed meanwhile: the engines then did not see the same.
    """
    homes = homes_of(settings)
    landed = _landed(settings)
    runs = {}
    for engine, home in homes.items():
        if fresh:
            _empty(home, reporter)
        reporter.stage(f"run on {engine}")
        runs[engine] = run_jobs(home, reporter)
    if _landed(settings) != landed:
        raise PipelineError(
            f"files in {settings.landing} changed while the engines ran, so they saw different "
            "ones; run iot parity again when nothing lands"
        )
    reporter.stage("compare")
    keys = known_keys(homes["duckdb"])
    tables = compare_homes(homes["duckdb"], homes["spark"], keys, reporter.progress)
    sizes = {name: [file.size for file in files] for name, files in landed.items()}
    counts = {name: (len(each), sum(each)) for name, each in sizes.items()}
    return Parity(runs, tables, counts, written_by(homes["spark"]))


def homes_of(settings: Settings) -> dict[str, Settings]:
    """Settings of each engine's own home."""
    folder = settings.home / "parity"
    return {
        engine: replace(
            settings,
            home=folder / engine,
            engine=engine,
            remote=settings.remote if engine == settings.engine else None,
        )
        for engine in ENGINES
    }


def _landed(settings: Settings) -> dict[str, list[LandedFile]]:
    landing = landing_of(settings)
    return {
        source.name: discovered(landing.listed(source.path), suffixes=suffixes_of(source)).new
        for source in SOURCES
    }


def _empty(home: Settings, reporter: Reporter) -> None:
    """All but the lock: who waits for it must find the same."""
    with writing(home, reporter.say):
        for left in home.root.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left != home.lock:
                left.unlink()
