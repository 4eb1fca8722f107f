"""The GitHub workflows: valid, safe, pinned, and all that they call is there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import iot

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
BIN = Path(sys.executable).parent
WORKFLOWS = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
JOBS = [(name, key, job) for name, file in WORKFLOWS.items() for key, job in file["jobs"].items()]
RUNS = [step["run"] for _, _, job in JOBS for step in job.get("steps", []) if "run" in step]
BUNDLE_COMMANDS = {"validate", "deploy", "summary", "run"}


def tool(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One of the installed checkers, on the repository."""
    return subprocess.run(
        [BIN / name, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def commands_of(script: str) -> list[list[str]]:
    """The words of each line, as a shell would start them."""
    return [line.split() for line in script.splitlines() if line.strip()]


def exists(words: list[str]) -> bool:
    """Is this command one that a runner has after the steps before it?"""
    match words:
        case [":", *_]:
            return True
        case ["databricks", "bundle", command, "-t", '"$TARGET"']:
            return command in BUNDLE_COMMANDS
        case ["make", target]:
            return (
                re.search(rf"^{re.escape(target)}:", (ROOT / "Makefile").read_text(), re.M)
                is not None
            )
        case [".venv/bin/iot", *command]:
            names = [word for word in command if not word.startswith("-") and word.isalpha()]
            return iot(*names, "--help").returncode == 0
        case [script]:
            return os.access(ROOT / script, os.X_OK)
    return False


def environment_of(event: dict[str, Any]) -> str:
    """What deploy.yml's expression for the target says of an event."""
    expression = WORKFLOWS["deploy.yml"]["jobs"]["deploy"]["env"]["TARGET"]
    python = re.sub(r"github\.(\w+)", r'github["\1"]', expression.strip("${} "))
    python = python.replace("inputs.target", "target").replace("&&", "and").replace("||", "or")
    names = {"github": event, "target": event.get("target")}
    return str(eval(python, {"__builtins__": {}}, names))  # noqa: S307 - our own file


def test_workflows_fit_githubs_schema() -> None:
    outcome = tool(
        "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, FILES)
    )
    assert outcome.returncode == 0, outcome.stdout


def test_workflows_are_safe() -> None:
    outcome = tool("zizmor", "--offline", "--format", "json", str(FOLDER))
    assert outcome.returncode == 0 and json.loads(outcome.stdout) == [], outcome.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_commit_with_its_version_beside_it(path: Path) -> None:
    used = re.findall(r"uses: +(\S+)(.*)", path.read_text(encoding="utf-8"))
    assert used
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), action
            assert re.search(r"# .*\d+\.\d+", comment), action


def test_every_command_they_call_exists() -> None:
    commands = [words for script in RUNS for words in commands_of(script)]
    assert len(commands) >= 8
    assert [" ".join(words) for words in commands if not exists(words)] == []
    assert not exists(["make", "nothing"]) and not exists([".venv/bin/iot", "nothing"])


def test_no_expression_stands_in_a_script() -> None:
    """What others write (a branch's name, an input) reaches a shell in variables only."""
    assert [script for script in RUNS if "${{" in script] == []


def test_rights_are_given_by_job_and_no_more_than_reading_and_signing_in() -> None:
    assert [name for name, file in WORKFLOWS.items() if file["permissions"] != {}] == []
    rights = {(name, key): job["permissions"] for name, key, job in JOBS}
    assert rights.pop(("deploy.yml", "deploy")) == {"contents": "read", "id-token": "write"}
    assert all(right == {"contents": "read"} for right in rights.values())


def test_pull_requests_are_checked_without_a_secret() -> None:
    ci = (FOLDER / "ci.yml").read_text(encoding="utf-8")
    assert "pull_request:" in ci and "pull_request_target" not in ci
    assert "secrets." not in ci and "vars." not in ci


@pytest.mark.parametrize(
    ("event", "target"),
    [
        ({"ref_type": "branch", "ref_name": "develop"}, "dev"),
        ({"ref_type": "branch", "ref_name": "main"}, "staging"),
        ({"ref_type": "tag", "ref_name": "v1.2.0"}, "prod"),
        ({"ref_type": "branch", "ref_name": "topic", "target": "prod"}, "prod"),
        ({"ref_type": "tag", "ref_name": "v1.2.0", "target": "dev"}, "dev"),
    ],
)
def test_what_is_pushed_where_decides_the_target(event: dict[str, Any], target: str) -> None:
    assert environment_of(event) == target


def test_environment_lock_and_target_of_a_deploy_are_the_same() -> None:
    deploy = WORKFLOWS["deploy.yml"]["jobs"]["deploy"]
    target = deploy["env"]["TARGET"]
    assert deploy["environment"]["name"] == target
    assert deploy["concurrency"] == {"group": f"deploy-{target}", "cancel-in-progress": False}
    bundle = yaml.safe_load((ROOT / "databricks" / "databricks.yml").read_text(encoding="utf-8"))
    # YAML 1.1 reads `on` as true.
    options = WORKFLOWS["deploy.yml"][True]["workflow_dispatch"]["inputs"]["target"]["options"]
    assert options == list(bundle["targets"])


def test_every_variable_that_the_bundle_has_no_value_for_is_given() -> None:
    bundle = yaml.safe_load((ROOT / "databricks" / "databricks.yml").read_text(encoding="utf-8"))
    given = {name for target in bundle["targets"].values() for name in target["variables"]}
    missing = {name for name, spec in bundle["variables"].items() if "default" not in spec} - given
    deploy = WORKFLOWS["deploy.yml"]["jobs"]["deploy"]
    names = {name.removeprefix("BUNDLE_VAR_") for name in deploy["env"] if name != "TARGET"}
    assert names == missing
    guards = "".join(step.get("run", "") for step in deploy["steps"])
    assert all(f"BUNDLE_VAR_{name}:?" in guards for name in names)
