"""Bronze's versions and the dbt project in, what silver and gold have not been built from yet out.

A build that found everything right is remembered with what it rested on, in the warehouse itself:
whoever removes one removes the other. The next build leaves alone what rests on the same.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from iot_streaming.contract import Column
from iot_streaming.warehouse import Warehouse

_PROJECT = "dbt project"
_TESTS = "integration tests"
_COLUMNS = (
    Column("input", "string", "A source, the dbt project, or its integration tests."),
    Column("state", "string", "Its table's version, a digest of its files, or that they passed."),
)
_NOT_OURS = {"target", "logs", "dbt_packages", "__pycache__"}


@dataclass(frozen=True)
class Basis:
    """A digest of the dbt project's files, and each source's version of its bronze table.

    `is_tested`: integration tests, which come after the build, passed as well.
    """

    project: str
    sources: Mapping[str, int]
    is_tested: bool = field(default=False, compare=False)

    def selection_since(self, last: "Basis | None") -> list[str] | None:
        """What to tell dbt to select: [] for nothing, None for everything."""
        if last is None or last.project != self.project:
            return None
        changed = [name for name, version in self.sources.items() if last.sources[name] != version]
        return [f"source:bronze.{name}+" for name in changed]


def present_basis(project: Path, versions: Mapping[str, int]) -> Basis:
    """As things are now; `versions` of every source's bronze table."""
    return Basis(_digest(project), versions)


def last_basis(warehouse: Warehouse, schema: str, present: Basis) -> Basis | None:
    """What the last sound build rested on; None when there is none or sources were added since."""
    table = _table(schema)
    if not warehouse.has(table):
        return None
    states = {row["input"]: row["state"] for row in warehouse.ask(f"select * from {table}")}
    is_tested = states.pop(_TESTS, None) is not None
    if states.keys() != {_PROJECT, *present.sources}:
        return None
    project = states.pop(_PROJECT)
    return Basis(project, {name: int(version) for name, version in states.items()}, is_tested)


def record_basis(warehouse: Warehouse, schema: str, basis: Basis) -> None:
    """Everything was built from this and found right."""
    states = {_PROJECT: basis.project} | {n: str(v) for n, v in basis.sources.items()}
    if basis.is_tested:
        states[_TESTS] = "passed"
    warehouse.replace(_table(schema), _COLUMNS, list(states.items()))


def forget_basis(warehouse: Warehouse, schema: str) -> None:
    """Something was found wrong after all: the next build takes everything up again."""
    if warehouse.has(_table(schema)):
        warehouse.replace(_table(schema), _COLUMNS, [])


def _table(schema: str) -> str:
    return f"{schema}.built_from"


def _digest(project: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(project.rglob("*")):
        within = path.relative_to(project)
        if path.is_file() and not _NOT_OURS.intersection(within.parts):
            digest.update(f"{within}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
