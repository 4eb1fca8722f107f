"""The Databricks target without a workspace: it parses, compiles, and sends Databricks SQL."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.databricks import Databricks

ROOT = Path(__file__).parents[2]
OFFLINE = ["compile", "--no-introspect", "--no-populate-cache"]
BUILD = ["build", "--exclude-resource-type", "unit_test"]
CLUSTERED = {"stg_iot_events", "fct_iot_events", "int_hourly_readings", "agg_daily_device_metrics"}

# All are in the Databricks SQL reference with these arguments. What DuckDB has under another name
# (len, epoch_us, quantile_cont, isodow, dayname, unnest) is not.
FUNCTIONS = {
    "abs",
    "array_contains",
    "cast",
    "ceil",
    "chr",
    "coalesce",
    "count",
    "date_add",
    "date_format",
    "date_trunc",
    "datediff",
    "day",
    "decimal",
    "exists",
    "explode",
    "extract",
    "floor",
    "greatest",
    "lag",
    "lead",
    "least",
    "length",
    "lower",
    "max",
    "md5",
    "min",
    "month",
    "nullif",
    "percent_rank",
    "percentile",
    "quarter",
    "row_number",
    "sequence",
    "size",
    "sqrt",
    "substring",
    "sum",
    "timestamp_micros",
    "trim",
    "try_cast",
    "unix_micros",
    "upper",
    "weekday",
    "xxhash64",
    "year",
}


@dataclass(frozen=True)
class Project:
    """A copy of the project, its dbt packages in place, to run dbt in, in a process of its own."""

    folder: Path

    def run(self, *commands: list[str], **environment: str) -> list[dict[str, Any]]:
        """What each dbt command did; see databricks_stand_in. Without value: not set."""
        scratch = self.folder.parent
        given = {
            "DATABRICKS_HOST": "workspace.invalid",
            "DATABRICKS_HTTP_PATH": "sql/protocolv1/o/0/0-0-0",
            "DATABRICKS_TOKEN": "a-secret-token",
            "DBT_CATALOG": "iot_streaming_dev",
            "DBT_ENV_PREFIX": "dev",
            "DBT_TARGET_PATH": str(scratch / "target"),
            "DBT_LOG_PATH": str(scratch / "logs"),
            "DBT_PACKAGES_INSTALL_PATH": str(scratch / "packages"),
            "PATH": os.environ["PATH"],
            "HOME": str(scratch),
            **environment,
        }
        subprocess.run(
            [
                *(sys.executable, "-m", "tests.dbt.databricks_stand_in"),
                *(str(scratch / "out.json"), str(self.folder)),
                *(json.dumps(command) for command in commands),
            ],
            cwd=ROOT,
            env={name: value for name, value in given.items() if value},
            check=True,
        )
        runs: list[dict[str, Any]] = json.loads((scratch / "out.json").read_text())
        return runs


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("databricks") / "dbt"
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")
    shutil.copytree(ROOT / "databricks" / "dbt", folder, ignore=ignored)
    return Project(folder)


@pytest.fixture(scope="module")
def runs(project: Project) -> dict[str, dict[str, Any]]:
    """One workspace's life: compiled for twice without asking it anything, then built twice."""
    names = ["deps", "parse", "later", "first", "build", "rebuild"]
    commands = [["deps"], ["parse"], OFFLINE, [*OFFLINE, "--full-refresh"], BUILD, BUILD]
    return dict(zip(names, project.run(*commands), strict=True))


def parsed(sql: str) -> exp.Expr:
    # %s stands where the connector puts a seed's value.
    [tree] = sqlglot.parse(sql.replace("%s", "null"), dialect="databricks")
    assert tree is not None
    return tree


def functions_in(sql: str) -> set[str]:
    """Names before an opening parenthesis, keywords left out."""
    tokens = Databricks().tokenize(sql)
    kinds = (TokenType.VAR, TokenType.SEQUENCE, TokenType.EXISTS, TokenType.DECIMAL)
    return {
        name.text.lower()
        for name, after in pairwise(tokens)
        if after.token_type == TokenType.L_PAREN and name.token_type in kinds
    }


def made_tables(run: dict[str, Any]) -> dict[str, str]:
    """{table: the statement that made it}."""
    made = re.compile(r"create (?:or replace )?table `\w+`\.`\w+`\.`(\w+)`")
    found = [(made.match(statement), statement) for statement in run["statements"]]
    return {match[1]: statement for match, statement in found if match}


@pytest.mark.parametrize("name", ["parse", "later", "first"])
def test_parse_and_compile_need_no_workspace(runs: dict[str, dict[str, Any]], name: str) -> None:
    assert runs[name]["success"], runs[name]["problem"] or runs[name]["messages"]
    assert runs[name]["connections"] == 0
    assert runs[name]["statements"] == []


@pytest.mark.parametrize("name", ["later", "first"])
def test_all_compiled_sql_is_databricks_sql(runs: dict[str, dict[str, Any]], name: str) -> None:
    compiled = {node: sql for node, sql in runs[name]["compiled"].items() if sql}
    kinds = [node.split(".")[0] for node in compiled]
    assert kinds.count("model") >= 27 and kinds.count("test") >= 101
    for node, sql in compiled.items():
        assert isinstance(parsed(sql), exp.Query), node
        assert functions_in(sql) <= FUNCTIONS, node


def test_compiling_for_a_later_run_shows_its_incremental_sql(
    runs: dict[str, dict[str, Any]],
) -> None:
    event_model = "model.iot_streaming.stg_iot_events"
    itself = "`iot_streaming_dev`.`dev_silver`.`stg_iot_events`"
    assert itself in runs["later"]["compiled"][event_model]
    assert itself not in runs["first"]["compiled"][event_model]


@pytest.mark.parametrize("name", ["build", "rebuild"])
def test_whatever_a_build_sends_is_databricks_sql(
    runs: dict[str, dict[str, Any]], name: str
) -> None:
    assert runs[name]["success"], runs[name]["problem"] or runs[name]["messages"]
    assert set(runs[name]["nodes"].values()) == {"success", "pass"}
    for statement in runs[name]["statements"]:
        tree = parsed(statement)
        # sqlglot's way to say that it did not look inside.
        if isinstance(tree, exp.Command):
            assert re.match(r"(?i)(show|optimize|set|describe)\b", statement), statement
        assert functions_in(statement) <= FUNCTIONS | {"if", "tblproperties"}, statement


def test_tables_have_delta_properties_comments_and_clustering(
    runs: dict[str, dict[str, Any]],
) -> None:
    made = made_tables(runs["build"])
    models = {node.split(".")[-1] for node in runs["build"]["nodes"] if node.startswith("model.")}
    assert models <= set(made)
    for model in models:
        assert "'delta.enableDeletionVectors' = 'true'" in made[model], model
        assert made[model].count("COMMENT ") >= 2, made[model]
        assert ("cluster by" in made[model].lower()) == (model in CLUSTERED), model


def test_a_later_build_merges_into_incremental_tables(runs: dict[str, dict[str, Any]]) -> None:
    merge = re.compile(r"merge\s+into\s+`\w+`\.`\w+`\.`(\w+)`")
    merged = {name for each in runs["rebuild"]["statements"] for name in merge.findall(each)}
    strategies = runs["rebuild"]["strategies"]
    # Without a strategy of its own dbt-databricks merges too.
    assert merged == {name for name, by in strategies.items() if by in ("merge", None)}
    assert merged > CLUSTERED
    assert merged.isdisjoint(made_tables(runs["rebuild"]))
    keys = [parsed(each) for each in runs["rebuild"]["statements"] if "`location_id` <=>" in each]
    assert keys, "NULL locations have to meet themselves"


def test_comments_cost_no_statement_a_column(runs: dict[str, dict[str, Any]]) -> None:
    """A table's columns come with their comments: hundreds of ALTER TABLE a run otherwise."""
    for name in ("build", "rebuild"):
        altered = [each for each in runs[name]["statements"] if each.lower().startswith("alter")]
        assert altered == []


@pytest.mark.parametrize(
    ("catalog", "problem"),
    [
        ("", "Env var required but not provided: 'DBT_CATALOG'"),
        ("hive_metastore", "set DBT_CATALOG, as in DBT_CATALOG=iot_streaming_dev"),
    ],
)
def test_without_a_unity_catalog_nothing_is_parsed(
    project: Project, runs: dict[str, dict[str, Any]], catalog: str, problem: str
) -> None:
    [run] = project.run(["parse", "--no-partial-parse"], DBT_CATALOG=catalog)
    assert not run["success"]
    assert problem in run["problem"]


def test_the_token_is_in_no_log(project: Project, runs: dict[str, dict[str, Any]]) -> None:
    written = [path for path in project.folder.parent.rglob("*") if path.is_file()]
    assert any(path.name == "dbt.log" for path in written)
    assert [path for path in written if b"a-secret-token" in path.read_bytes()] == []
    assert "a-secret-token" not in json.dumps(runs)
