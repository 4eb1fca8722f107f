"""Query files in, questions out: what people ask of gold and quality, in the SQL of every engine.

Each file is one SELECT over one layer, whose tables it names without schema; it begins with a
comment that says what a row is. `:name` is a parameter, as Spark and Databricks write it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from iot_streaming.errors import ConfigurationError

__all__ = ["LAYERS", "Question", "filled", "for_duckdb", "question", "questions", "uncommented"]

LAYERS = ("gold", "quality")
# Of a line of its own nothing is left.
_COMMENT = re.compile(r"^[ \t]*--[^\n]*\n|[ \t]*--[^\n]*", re.MULTILINE)
_PARAMETER = re.compile(r":([a-z_]+)")


@dataclass(frozen=True)
class Question:
    """One SELECT: the layer it asks, and the names of its parameters in order of appearance."""

    name: str
    layer: str
    sql: str

    @property
    def about(self) -> str:
        """What a row is, in a sentence or two: the lines of comment that the file begins with."""
        lines = takewhile(lambda line: line.startswith("-- "), self.sql.splitlines())
        return " ".join(line.removeprefix("-- ") for line in lines)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names without their colons: ("device_id", "sensor_type")."""
        return tuple(dict.fromkeys(_PARAMETER.findall(uncommented(self.sql))))


def uncommented(sql: str) -> str:
    """The SQL of a question without its comments."""
    return _COMMENT.sub("", sql)


def filled(sql: str, written: Callable[[str], str]) -> str:
    """The uncommented SQL with what is `written` for each parameter's name in its place."""
    return _PARAMETER.sub(lambda found: written(found[1]), uncommented(sql))


def for_duckdb(sql: str) -> str:
    """The uncommented SQL with DuckDB's `$name` for `:name`."""
    return filled(sql, "${}".format)


def question(name: str) -> Question:
    """The question of that name; ConfigurationError for one that nobody wrote down."""
    known = {each.name: each for each in questions()}
    if name not in known:
        raise ConfigurationError(f"there is no question {name!r}; known: {', '.join(known)}")
    return known[name]


@cache
def questions() -> tuple[Question, ...]:
    """All of them, by layer and name."""
    folder = Path(__file__).parent
    return tuple(
        Question(path.stem, layer, path.read_text(encoding="utf-8"))
        for layer in LAYERS
        for path in sorted((folder / layer).glob("*.sql"))
    )
