"""Arguments and environment in, one frozen Settings out; where every piece of state lives."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iot_streaming.bucket_url import BucketUrl, place_of
from iot_streaming.errors import ConfigurationError

TARGETS = ("dev", "staging", "prod")
ENGINES = ("duckdb", "spark")
LAYERS = ("bronze", "silver", "gold", "quality")
MIB = 1024 * 1024
# What an engine may take; a run on DuckDB stays within it as a whole.
MEMORY_BYTES = 2048 * MIB
# What of a bucket may lie on this machine's disk at once, how long a request is tried again, and
# after how many seconds a bucket that is not listed whole every time is so once more.
SPOOL_BYTES = 4096 * MIB
PATIENCE_SECONDS = 120.0
RELIST_SECONDS = 24 * 60 * 60.0
_UNITS = {"b": 1, "k": 1024, "m": MIB, "g": 1024 * MIB}


def byte_count(text: str) -> int:
    """A size as Spark writes it, in bytes.

    >>> byte_count("512m")
    536870912
    """
    number, unit = text[:-1], text[-1:].lower()
    if not number.isdigit() or unit not in _UNITS:
        raise ConfigurationError(f"{text!r} is no size; write it like 512m or 10g")
    return int(number) * _UNITS[unit]


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no number of seconds") from None


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """What homes share and may be fetched again: IOT_CACHE, else as XDG_CACHE_HOME says."""
    if told := environment.get("IOT_CACHE"):
        return Path(told).absolute()
    base = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME") or "~", ".cache")
    return Path(base).expanduser() / "iot-streaming"


@dataclass(frozen=True)
class Settings:
    """Everything a run needs to know, decided before it starts.

    >>> Settings(home=Path(".iot"), landing=Path("landing")).catalog
    'iot_streaming_dev'

    `max_files` and `max_bytes` bound one bronze batch (bytes as they lie in landing), `memory` is
    the engine's limit in bytes, `wait_seconds` how long to wait for another run in this home.
    `remote` is the sc:// URL of a Spark Connect cluster; None: Spark on this machine. For a bucket:
    `landing_events` is the SQS queue of its notifications, `spool_bytes` bounds what of it lies on
    disk, `patience_seconds` is how long a request is tried again, `relist_seconds` how long a whole
    listing may be put off.
    """

    home: Path
    landing: Path | BucketUrl
    target: str = "dev"
    engine: str = "duckdb"
    remote: str | None = None
    threads: int = 2
    memory: int = MEMORY_BYTES
    max_files: int = 4096
    max_bytes: int = 512 * MIB
    wait_seconds: float = 600
    landing_events: str | None = None
    spool_bytes: int = SPOOL_BYTES
    patience_seconds: float = PATIENCE_SECONDS
    relist_seconds: float = RELIST_SECONDS

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise ConfigurationError(f"unknown target {self.target!r}; known: {', '.join(TARGETS)}")
        if self.engine not in ENGINES:
            raise ConfigurationError(f"unknown engine {self.engine!r}; known: {', '.join(ENGINES)}")
        if self.remote is not None and self.engine != "spark":
            raise ConfigurationError(f"--remote is for --engine spark, not for {self.engine}")
        if self.remote is not None and not self.remote.startswith("sc://"):
            raise ConfigurationError("--remote names a Spark Connect server as sc://HOST:PORT")
        if not self.wait_seconds >= 0:
            raise ConfigurationError(f"can't wait {self.wait_seconds:g} s for another run")
        if self.landing_events is not None and isinstance(self.landing, Path):
            raise ConfigurationError(
                f"--landing-events is for a landing in S3, not for {self.landing}"
            )
        for name in ("threads", "memory", "max_files", "max_bytes", "spool_bytes"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} must be at least 1, not {getattr(self, name)}")

    @classmethod
    def from_environment(
        cls,
        home: Path | None = None,
        landing: str | Path | None = None,
        target: str = "dev",
        wait_seconds: float = 600,
        engine: str = "duckdb",
        remote: str | None = None,
        landing_events: str | None = None,
        relist: bool = False,
        environment: Mapping[str, str] = os.environ,
    ) -> "Settings":
        """Arguments win over IOT_HOME and IOT_LANDING, those over `.iot` and `<home>/landing`.

        IOT_MEMORY is a size such as 2g. IOT_LANDING_EVENTS, IOT_SPOOL (a size, too) and
        IOT_LANDING_PATIENCE (seconds) are for a bucket; `relist` lists all of it.
        """
        chosen_home = (home or Path(environment.get("IOT_HOME") or ".iot")).absolute()
        chosen_landing = place_of(
            landing or environment.get("IOT_LANDING") or chosen_home / "landing"
        )
        # What the environment says is for a bucket: a folder has no queue.
        is_bucket = isinstance(chosen_landing, BucketUrl)
        told_events = (environment.get("IOT_LANDING_EVENTS") or None) if is_bucket else None
        spool, patience = environment.get("IOT_SPOOL"), environment.get("IOT_LANDING_PATIENCE")
        memory = environment.get("IOT_MEMORY")
        return cls(
            home=chosen_home,
            landing=chosen_landing,
            target=target,
            wait_seconds=wait_seconds,
            engine=engine,
            remote=remote,
            threads=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2,
            memory=byte_count(memory) if memory else MEMORY_BYTES,
            landing_events=landing_events or told_events,
            spool_bytes=byte_count(spool) if spool else SPOOL_BYTES,
            patience_seconds=_seconds(patience) if patience else PATIENCE_SECONDS,
            relist_seconds=0 if relist else RELIST_SECONDS,
        )

    @property
    def catalog(self) -> str:
        """The database that all three-part names begin with."""
        return f"iot_streaming_{self.target}"

    def schema(self, layer: str) -> str:
        """The schema of a layer: `dev_bronze`, `dev_silver`, `dev_gold`, `dev_quality`."""
        return f"{self.target}_{layer}"

    @property
    def root(self) -> Path:
        """This target's folder under the home."""
        return self.home / self.target

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that holds silver, gold, quality and the views of bronze."""
        return self.root / f"{self.catalog}.duckdb"

    @property
    def warehouse_memory(self) -> int:
        """DuckDB's limit for the warehouse: two fifths of `memory`.

        dbt is in the same process, and DuckDB doesn't count all that it takes: not the values
        that a median is of.
        """
        return self.memory * 2 // 5

    @property
    def ledger(self) -> Path:
        """The Delta table with one row per landed file."""
        return self.root / "quality" / "ledger"

    def bronze(self, source_name: str) -> Path:
        """The Delta table of a source."""
        return self.root / "bronze" / source_name

    def released(self, source_name: str) -> Path:
        """The Delta table of a source's rows that were released from quarantine."""
        return self.bronze(f"{source_name}_released")

    def published(self, layer: str, table: str) -> Path:
        """The Delta table that a table of gold or quality is published as."""
        return self.root / layer / table

    @property
    def served(self) -> Path:
        """As of which run tables are published, and at which version: one file, replaced whole."""
        return self.root / "served.json"

    def plan(self, source_name: str) -> Path:
        """The plan of the batch that is under way for a source."""
        return self.root / "plans" / f"{source_name}.json"

    @property
    def lock(self) -> Path:
        """Held by whoever writes under `root`."""
        return self.root / "run.lock"

    @property
    def spark(self) -> Path:
        """What Spark keeps under the home: tables, checkpoints, catalog and logs."""
        return self.root / "spark"

    @property
    def scratch(self) -> Path:
        """Spill space; may be emptied whenever nobody runs."""
        return self.root / "tmp"

    def make_folders(self) -> None:
        """Create the home's folders; ConfigurationError when it can't be written."""
        if odd := sorted(set(str(self.home)) & set("%[]*")):
            raise ConfigurationError(
                f"home {self.home} has {' '.join(odd)} in its path, which Delta and DuckDB would "
                "take for something else; choose another with --home or IOT_HOME"
            )
        try:
            for folder in (self.root, self.scratch, self.root / "plans"):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.scratch / f"probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise ConfigurationError(
                f"home {self.home} can't be written ({error.strerror}); "
                "choose another with --home or IOT_HOME"
            ) from error
