"""The wheel that goes onto Databricks: alone in an empty environment, it imports and declares."""

import ast
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from iot_streaming.questions import questions

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "databricks" / "notebooks").rglob("*.py"))
ON_THE_RUNTIME = {"pyspark", "dlt"}
# What notebooks use, and what that imports.
USED = """
import iot_streaming, iot_streaming.sources, iot_streaming.notebook, iot_streaming.workspace
import iot_streaming.bronze.select, iot_streaming.bronze.spark_sql, iot_streaming.quality.report
from iot_streaming.bronze.spark import Declarations, declare_streaming_table
from iot_streaming.questions import questions
noted = Declarations()
for source in iot_streaming.sources.SOURCES:
    declare_streaming_table(noted, source)
print(len(noted.sources), len(questions()), iot_streaming.__version__)
"""


@pytest.mark.slow
def test_wheel_installs_alone_and_imports(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=False, symlinks=True)
    python = tmp_path / "empty" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    found = subprocess.run([python, "-c", USED], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.split()[:2] == ["8", str(len(questions()))]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_imports_only_the_wheel_and_the_runtime(notebook: Path) -> None:
    text = notebook.read_text(encoding="utf-8")
    assert text.startswith("# Databricks notebook source\n")
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert "iot_streaming" in imported
    assert imported <= {"iot_streaming"} | ON_THE_RUNTIME | sys.stdlib_module_names
