"""Stages import only from the left: sources → landing → bronze → transform → quality → serve."""

import ast
from pathlib import Path

import pytest

import iot_streaming

PACKAGE = Path(iot_streaming.__file__).parent

# From left to right; a module may import its own rank and what is left of it.
RANKS = [
    {"errors", "durable", "bucket_url", "settings", "reporter", "project", "java"},
    {"contract", "sources", "home", "bundle", "questions"},
    {"landing", "simulator", "simulation", "dashboards"},
    {"capture"},
    {"bronze"},
    {"basis", "optimize", "release", "served", "warehouse", "transform", "spark"},
    {"quality"},
    {"notebook", "workspace"},
    {"jobs", "doctor", "scorecard", "cost", "parity", "backfill"},
    {"terminal"},
    {"query", "status", "notify", "documentation", "export"},
    {"serve"},
    {"cli"},
]


def rank_of(part: str) -> int:
    return next(number for number, parts in enumerate(RANKS) if part in parts)


def part_of(module: Path) -> str:
    first = module.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(module: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("iot_streaming."):
            found.add((node.module or "").split(".")[1])
    return found


MODULES = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_imports_only_from_the_left(module: Path) -> None:
    here = rank_of(part_of(module))
    assert [name for name in imports_of(module) if rank_of(name) > here] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_begins_with_what_crosses_it(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text()))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", ")")), docstring.splitlines()[0]


@pytest.mark.parametrize("name", ["*.py", "*.sql", "*.md", "*.yml", "Makefile"])
def test_no_file_has_outgrown_one_idea(name: str) -> None:
    root = PACKAGE.parents[1]
    folders = ("src", "tests", "databricks", "benchmarks", "docs")
    long = [
        str(path.relative_to(root))
        for folder in folders
        for path in (root / folder).rglob(name)
        if not {"target", "dbt_packages", "data"} & set(path.parts)
        and len(path.read_text().splitlines()) > 350
    ]
    assert long == []
