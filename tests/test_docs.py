"""The README tells the truth: its commands work, in its order, in a fresh checkout."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
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
