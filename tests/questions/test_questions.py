"""Every question is one SELECT over one declared layer, in the SQL that all engines read alike."""

import re

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from iot_streaming.errors import ConfigurationError
from iot_streaming.questions import LAYERS, Question, for_duckdb, question, questions, uncommented
from tests.questions.declared import declared

QUESTIONS = questions()
IDS = [each.name for each in QUESTIONS]
DIALECTS = ("duckdb", "spark", "databricks")
# Known to DuckDB, to Spark and to Databricks, under these names and with these arguments.
FUNCTIONS = {
    "avg",
    "cast",
    "coalesce",
    "count",
    "extract",
    "floor",
    "least",
    "max",
    "min",
    "nullif",
    "percent_rank",
    "percentile_cont",
    "row_number",
    "sum",
}

each_question = pytest.mark.parametrize("asked", QUESTIONS, ids=IDS)


def parsed(asked: Question, dialect: str) -> exp.Query:
    sql = for_duckdb(asked.sql) if dialect == "duckdb" else asked.sql
    (statement,) = sqlglot.parse(sql, dialect=dialect)
    assert isinstance(statement, exp.Query)
    return statement


def tables_of(statement: exp.Expr) -> set[str]:
    own = {cte.alias for cte in statement.find_all(exp.CTE)}
    return {table.name for table in statement.find_all(exp.Table)} - own


def test_there_are_questions_for_every_layer_and_no_two_of_a_name() -> None:
    assert {each.layer for each in QUESTIONS} == set(LAYERS)
    assert len(QUESTIONS) >= 40 and len(set(IDS)) == len(IDS)


def test_unknown_question_is_told_the_known_ones() -> None:
    with pytest.raises(
        ConfigurationError, match=r"no question 'device_healt'.*device_health_parts"
    ):
        question("device_healt")


def test_parameters_are_those_of_the_sql_and_not_of_its_comments() -> None:
    asked = Question("one", "gold", "-- One row per :thing.\nselect :b, :a_b, :b -- :not_this\n")
    assert asked.about == "One row per :thing."
    assert asked.parameters == ("b", "a_b")
    assert for_duckdb(asked.sql) == "select $b, $a_b, $b\n"


@each_question
def test_question_says_what_a_row_is(asked: Question) -> None:
    assert asked.about.startswith(("One row per ", "One row: "))
    assert asked.about.endswith(".")


@each_question
def test_question_is_written_in_what_engines_share(asked: Question) -> None:
    text = uncommented(asked.sql)
    assert "::" not in text and ";" not in text
    # A colon in a literal would be taken for a parameter.
    assert [literal for literal in re.findall(r"'[^']*'", text) if ":" in literal] == []
    # The wall clock would give other rows tomorrow.
    assert not re.search(r"\bcurrent_", text)
    called = {name.lower() for name in re.findall(r"\b([a-z_]+)\(", text)}
    assert called <= FUNCTIONS, called - FUNCTIONS


@each_question
def test_no_engine_decides_where_nulls_go(asked: Question) -> None:
    """DuckDB sorts NULLs last, Spark first when ascending: unless told they are not the same."""
    nulls_first = [
        [
            bool(key.args.get("nulls_first"))
            for key in parsed(asked, dialect).find_all(exp.Ordered)
            # Percentiles leave them out.
            if not key.find_ancestor(exp.WithinGroup)
        ]
        for dialect in DIALECTS
    ]
    assert nulls_first[0] == nulls_first[1] == nulls_first[2]


@each_question
@pytest.mark.parametrize("dialect", DIALECTS)
def test_question_asks_only_what_its_layer_declares(asked: Question, dialect: str) -> None:
    statement = parsed(asked, dialect)
    layer = declared()[asked.layer]
    tables = tables_of(statement)
    assert tables and tables <= set(layer), tables - set(layer)
    assert not [table for table in statement.find_all(exp.Table) if table.db or table.catalog]
    schema: dict[str, object] = {name: dict.fromkeys(layer[name], "text") for name in tables}
    # Raises on a column that no table has, or that more than one could have.
    qualify(statement, schema=schema, dialect=dialect)


@each_question
def test_columns_of_an_answer_have_a_name_of_their_own(asked: Question) -> None:
    layer = declared()[asked.layer].items()
    schema: dict[str, object] = {name: dict.fromkeys(columns, "text") for name, columns in layer}
    qualified = qualify(parsed(asked, "duckdb"), schema=schema, dialect="duckdb")
    names = qualified.named_selects
    assert len(set(names)) == len(names) and all(names)
