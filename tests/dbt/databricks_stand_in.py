"""dbt commands in, what they would send to Databricks out: dbt-databricks, on a stand-in workspace.

`python -m tests.dbt.databricks_stand_in OUT PROJECT COMMAND...` runs dbt for the `databricks`
target, in this process of its own, and writes one JSON document to OUT: of each command, whether
it succeeded, why not, what it compiled and sent, how often there was a connection by then.
A command is a JSON list of words. Only the connector is stood in for: it knows the tables that
statements have made, and has no rows.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import databricks.sql
import yaml

Row = tuple[Any, ...]
_MADE = re.compile(r"create (?:or replace )?table (`\w+`\.`\w+`\.`\w+`)", re.IGNORECASE)
_LISTED = ["table_name", "table_type", "file_format", "table_owner", "databricks_table_type"]
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


class Workspace:
    """Tables made so far, statements in their order, and the columns that models declare."""

    def __init__(self, columns: dict[str, list[str]]) -> None:
        self.columns = columns
        self.tables: dict[str, None] = {}
        self.statements: list[str] = []
        self.connections = 0

    def connect(self, **_: Any) -> "Connection":
        self.connections += 1
        return Connection(self)

    def answer(self, sql: str) -> tuple[list[str], list[Row]]:
        """Column names and rows of one statement."""
        statement = _COMMENT.sub("", sql).strip()
        self.statements.append(statement)
        for name in _MADE.findall(statement):
            self.tables[name] = None
        text = " ".join(statement.lower().split())
        if "clusterusagetags.sparkversion" in text:
            return ["key", "value"], [("version", "17.3.x-scala2.13")]
        if "as failures" in text:
            return ["failures", "should_warn", "should_error"], [(0, False, False)]
        if "information_schema`.`tables" in text:
            return _LISTED, self._listed(text)
        if text.startswith("describe table"):
            return ["col_name", "data_type", "comment"], self._described(text)
        if text.startswith("select count(*) from ("):
            return ["count"], [(0,)]
        if re.search(r" as (event_)?micros\b", text) and not text.startswith("create"):
            return ["micros", "is_settled"], [(1_767_571_200_000_000, True)]
        return [], []

    def _listed(self, text: str) -> list[Row]:
        split = [re.findall(r"\w+", name) for name in self.tables]
        return [
            (table, "table", "delta", "ci", "managed")
            for _, schema, table in split
            if f"'{schema}'" in text
        ]

    def _described(self, text: str) -> list[Row]:
        table = re.findall(r"`(\w+)`", text)[-1].removesuffix("__dbt_tmp")
        return [(name, "string", None) for name in self.columns.get(table, [])]


class Connection:
    """As databricks-sql-connector's: makes cursors, and has a session."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def cursor(self) -> "Cursor":
        return Cursor(self)

    def get_session_id_hex(self) -> str:
        return "00"

    def close(self) -> None:
        """Nothing is open."""


class Cursor:
    """As databricks-sql-connector's: executes, describes and fetches."""

    query_id = "0"
    rowcount = -1

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.description: list[Row] = []
        self.rows: list[Row] = []

    def execute(self, sql: str, _parameters: Any = None) -> "Cursor":
        names, self.rows = self.connection.workspace.answer(sql)
        self.description = [(name, "string", *[None] * 5) for name in names]
        return self

    def fetchall(self) -> list[Row]:
        return self.rows

    def fetchone(self) -> Row | None:
        return self.rows[0] if self.rows else None

    def fetchmany(self, count: int) -> list[Row]:
        return self.rows[:count]

    def close(self) -> None:
        """Nothing is open."""


def declared_columns(project: Path) -> dict[str, list[str]]:
    """{model: its columns} as the .yml files beside the models say."""
    files = [yaml.safe_load(path.read_text()) for path in (project / "models").rglob("*.yml")]
    models = [model for file in files for model in file.get("models", [])]
    return {model["name"]: [each["name"] for each in model["columns"]] for model in models}


def _compiled(node: Any) -> str | None:
    code = getattr(node, "compiled_code", None)
    return code if isinstance(code, str) else None


def main(out: Path, project: Path, commands: list[list[str]]) -> None:
    """Run the commands one after the other on one workspace."""
    from dbt.cli.main import dbtRunner

    workspace = Workspace(declared_columns(project))
    databricks.sql.connect = workspace.connect  # type: ignore[assignment]
    folders = [
        "--target",
        "databricks",
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
    ]
    runs = []
    for command in commands:
        sent = len(workspace.statements)
        result = dbtRunner().invoke(["--quiet", "--log-level-file", "debug", *command, *folders])
        nodes = getattr(result.result, "results", None) or []
        runs.append(
            {
                "success": result.success,
                "problem": str(result.exception or ""),
                "messages": [str(getattr(node, "message", "")) for node in nodes],
                "nodes": {node.node.unique_id: str(node.status) for node in nodes},
                "strategies": {
                    node.node.name: node.node.config.incremental_strategy
                    for node in nodes
                    if node.node.config.materialized == "incremental"
                },
                "compiled": {node.node.unique_id: _compiled(node.node) for node in nodes},
                "statements": workspace.statements[sent:],
                "connections": workspace.connections,
            }
        )
    out.write_text(json.dumps(runs))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [json.loads(words) for words in sys.argv[3:]])
