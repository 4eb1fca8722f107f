"""Landing lines in, a home with bronze and silver out: real ingestion, real dbt, a real DuckDB."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from iot_streaming.bronze.ingest import create_tables, ingest
from iot_streaming.settings import Settings
from iot_streaming.sources import SOURCES, source_named
from iot_streaming.warehouse import show_bronze
from tests.folders import landing_folder

PROJECT = Path(__file__).parents[2] / "databricks" / "dbt"
CHANGES = Path(__file__).parents[1] / "data" / "cdc"

Row = tuple[Any, ...]


class Dbt:
    """The project, parsed once; each call is one `dbt` command on a home's warehouse."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.manifest: Any = None
        self.environment = {
            "DBT_PACKAGES_INSTALL_PATH": str(scratch / "dbt_packages"),
            "DBT_TARGET_PATH": str(scratch / "target"),
            "DBT_LOG_PATH": str(scratch / "logs"),
            # dbt does not close its log file in a process that lives on.
            "DBT_LOG_LEVEL_FILE": "none",
        }
        # dbt deps writes a lock file beside packages.yml: work on a copy.
        self.project = scratch / "project"
        shutil.copytree(
            PROJECT,
            self.project,
            ignore=shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml"),
        )

    def __call__(self, home: Path, *arguments: str, succeeds: bool = True) -> dict[str, str]:
        """Run one command; {node name: status} of what it ran."""
        # Here, not above: importing dbt takes a second.
        from dbt.adapters import factory
        from dbt.adapters.duckdb import connections
        from dbt.cli.main import dbtRunner

        folders = ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]
        # Formatting events costs a third of a build; what stops a compile is told nowhere else.
        level = "error" if arguments[0] == "compile" else "none"
        common = ["--log-level", level, "--no-use-colors"]
        with _environment({**self.environment, "IOT_HOME": str(home)}):
            if self.manifest is None:
                _done(dbtRunner().invoke([*common, "deps", *folders]))
                parsed = _done(dbtRunner().invoke([*common, "parse", *folders]))
                self.manifest = parsed.result
            runner = dbtRunner(manifest=self.manifest)
            # A manifest takes as long to write as a few models take to build.
            result = runner.invoke([*common, *arguments, *folders, "--no-write-json"])
        # The warehouse is ours again.
        connections.DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        factory.reset_adapters()  # type: ignore[no-untyped-call]
        if succeeds:
            _done(result)
        return {each.node.name: str(each.status) for each in getattr(result.result, "results", [])}


def _done(result: Any) -> Any:
    if not result.success:
        failures = [
            f"{each.node.name}: {each.status}: {each.message}"
            for each in getattr(result.result, "results", [])
            if str(each.status) not in ("success", "pass", "warn", "skipped")
        ]
        raise AssertionError(f"dbt failed: {result.exception or failures}")
    return result


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    for name in ("DATABRICKS_HOST", "DBT_ENV_PREFIX"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass
class Lakehouse:
    """A home in a scratch folder, with landing, bronze and a warehouse."""

    root: Path
    dbt: Dbt
    settings: Settings = field(init=False)
    files: int = 0

    def __post_init__(self) -> None:
        self.settings = Settings(home=self.root / "home", landing=self.root / "landing")
        self.settings.make_folders()
        landing_folder(self.settings).mkdir()

    def land(self, source: str, lines: Iterable[str], arrived_at: float | None = None) -> None:
        """One more landing file of a source; `arrived_at` is its modification time."""
        self.files += 1
        folder = landing_folder(self.settings) / source_named(source).path
        path = folder / f"part-{self.files:05}.ndjson"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        if arrived_at is not None:
            os.utime(path, (arrived_at, arrived_at))

    def ingest(self) -> None:
        """All new landing files into bronze, and bronze into sight of dbt."""
        create_tables(self.settings)
        for source in SOURCES:
            ingest(self.settings, source)
        show_bronze(self.settings)

    def build(self, *arguments: str, succeeds: bool = True) -> dict[str, str]:
        return self.dbt(self.settings.home, *arguments, succeeds=succeeds)

    def rows(self, sql: str) -> list[Row]:
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()

    def table(self, name: str) -> list[Row]:
        """All rows in a fixed order, for comparing."""
        return self.rows(f"select * from {name} order by all")


def event_line(event_id: str, timestamp: str, **fields: object) -> str:
    """A landing line of iot_events; `fields` replace or add to those of a good reading."""
    event = {
        "event_id": event_id,
        "device_id": "DEV-1",
        "location_id": "LOC-1",
        "timestamp": timestamp,
        "sensor_type": "temperature",
        "value": 21.5,
        "unit": "C",
        "quality_flag": "good",
        "battery_level": 80.0,
        "firmware_version": "1.0.0",
    }
    return json.dumps({**event, **fields})
