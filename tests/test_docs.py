"""The README tells the truth: its commands work, in its order, in a fresh checkout.

Commands of the other pages exist; what they need (a database, a cluster) is not here.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from iot_streaming.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = re.findall(r"^\$ (.+)$", README, flags=re.MULTILINE)


@pytest.mark.slow
def test_commands_of_the_readme_work_in_their_order(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")
    shutil.copytree(ROOT / "databricks", tmp_path / "databricks", ignore=ignored)
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    folder = tmp_path
    assert COMMANDS[0] == "make demo" and len(COMMANDS) >= 10
    # make itself is CI's to try, in a fresh clone: here its recipe.
    for command in ["iot demo --devices 12 --hours 30", *COMMANDS[1:]]:
        words = shlex.split(command)
        if words[0] == "cd":
            folder = folder / words[1]
            continue
        outcome = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert outcome.returncode == 0, f"{command}\n{outcome.stdout}{outcome.stderr}"


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_links_of_the_pages_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_commands_of_the_pages_exist_with_these_options() -> None:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    found = [words for page in PAGES for words in commands_of(page)]
    assert sum(words[0] == "iot" for words in found) >= 6
    for words in found:
        if words[0] == "make":
            assert f"\n{words[1]}:" in MAKEFILE, words
        else:
            context = group.make_context("iot", words[1:])
            name, command, rest = group.resolve_command(context, words[1:])
            assert command is not None
            # Parsed, not run; a wrong argument or option raises.
            command.make_context(name, rest)


def commands_of(page: Path) -> list[list[str]]:
    """`iot …` and `make …` that stand on lines of their own in blocks of code."""
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"^(?:    )?((?:iot|make) .+)$", "\n".join(blocks(text)), re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def blocks(text: str) -> list[str]:
    fenced = re.findall(r"^```sh\n(.+?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return fenced + re.findall(r"^ {4}\S.*$", text, flags=re.MULTILINE)
