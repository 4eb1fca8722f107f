"""Bronze's versions and the dbt project in, what silver and gold have not been built from yet out.

A build that found everything right is remembered with what it rested on, in the warehouse itself:
whoever removes one removes the other. The next build leaves alone what rests on the same.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from iot_streaming.bronze.store import DeltaStore
from iot_streaming.settings import Settings
from iot_streaming.sources import SOURCES

_PROJECT = "dbt project"
_NOT_OURS = {"target", "logs", "dbt_packages", "__pycache__"}


@dataclass(frozen=True)
class Basis:
    """A digest of the dbt project's files, and each source's version of its bronze table."""

    project: str
    sources: Mapping[str, int]

    def selection_since(self, last: "Basis | None") -> list[str] | None:
        """What to tell dbt to select: [] for nothing, None for everything."""
        if last is None or last.project != self.project:
            return None
        changed = [name for name, version in self.sources.items() if last.sources[name] != version]
        return [f"source:bronze.{name}+" for name in changed]


def present_basis(settings: Settings, project: Path) -> Basis:
    """As things are now; the caller holds the home's lock."""
    versions = {s.name: DeltaStore(settings.bronze(s.name)).version() for s in SOURCES}
    return Basis(_digest(project), versions)


def last_basis(settings: Settings) -> Basis | None:
    """What the last sound build rested on; None when there is none or sources were added since."""
    table = _table(settings)
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute(f"create table if not exists {table} (input varchar, state varchar)")
        states = dict(connection.execute(f"select input, state from {table}").fetchall())
    if states.keys() != {_PROJECT, *(source.name for source in SOURCES)}:
        return None
    project = states.pop(_PROJECT)
    return Basis(project, {name: int(version) for name, version in states.items()})


def record_basis(settings: Settings, basis: Basis) -> None:
    """Everything was built from this and found right."""
    states = {_PROJECT: basis.project} | {n: str(v) for n, v in basis.sources.items()}
    table = _table(settings)
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute("begin")
        connection.execute(f"delete from {table}")
        connection.executemany(f"insert into {table} values (?, ?)", list(states.items()))
        connection.execute("commit")


def _table(settings: Settings) -> str:
    return f"{settings.schema('quality')}.built_from"


def _digest(project: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(project.rglob("*")):
        within = path.relative_to(project)
        if path.is_file() and not _NOT_OURS.intersection(within.parts):
            digest.update(f"{within}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
