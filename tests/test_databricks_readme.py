"""databricks/README.md tells the truth: its `$` commands work, in their order and offline."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "databricks"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (.+)$", README, flags=re.MULTILINE)


def test_commands_without_a_workspace_work_in_their_order(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")
    shutil.copytree(FOLDER, tmp_path / "databricks", ignore=ignored)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "DATABRICKS_HOST": "workspace.invalid",
        "DATABRICKS_HTTP_PATH": "sql/protocolv1/o/0/0-0-0",
        "DATABRICKS_TOKEN": "none",
        "DBT_CATALOG": "iot_streaming_dev",
        "DBT_ENV_PREFIX": "dev",
    }
    folder = tmp_path
    assert len(COMMANDS) >= 5
    for command in COMMANDS:
        words = shlex.split(command)
        if words[0] == "cd":
            folder = folder / words[1]
            continue
        outcome = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert outcome.returncode == 0, f"{command}\n{outcome.stdout}{outcome.stderr}"


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) >= 6
    assert [link for link in links if not (FOLDER / link).exists()] == []


def test_jobs_and_models_that_it_names_exist() -> None:
    jobs = (FOLDER / "resources" / "jobs.yml").read_text(encoding="utf-8")
    assert [
        name for name in re.findall(r"`(\w+_job)`", README) if f"\n    {name}:" not in jobs
    ] == []
    models = {path.stem for path in (FOLDER / "dbt" / "models").rglob("*.sql")}
    named = set(re.findall(r"`((?:stg|int|dim|fct|agg)_[a-z_]+)`", README))
    assert len(named) >= 17 and named <= models
