"""Copies of the project's bundle to break, and small bundles of a test's own."""

import shutil
from pathlib import Path

BUNDLE = Path(__file__).parents[2] / "databricks"
_NOT_COPIED = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml", "dist")


def copy_of_bundle(folder: Path) -> Path:
    """The bundle's folder, whole, to change at will."""
    return Path(shutil.copytree(BUNDLE, folder / "databricks", ignore=_NOT_COPIED))


def change(file: Path, old: str, new: str) -> None:
    """Replace the first occurrence; it has to be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def small_bundle(folder: Path, jobs: str, **notebooks: str) -> Path:
    """A bundle with these jobs (YAML under `resources.jobs`) and notebooks/<name>.py files."""
    root = folder / "databricks"
    (root / "dbt").mkdir(parents=True, exist_ok=True)
    (root / "dbt" / "dbt_project.yml").write_text("name: none\n")
    (root / "notebooks").mkdir(exist_ok=True)
    for name, code in notebooks.items():
        text = f"# Databricks notebook source\n{code}\n"
        (root / "notebooks" / f"{name}.py").write_text(text)
    indented = "".join(f"    {line}\n" for line in jobs.strip("\n").splitlines())
    (root / "databricks.yml").write_text(
        "bundle: {name: small}\n"
        "targets: {dev: {}, staging: {}, prod: {}}\n"
        f"resources:\n  jobs:\n{indented}"
    )
    return root
