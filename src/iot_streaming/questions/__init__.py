"""Query files in, questions out: what people ask of gold and quality, in the SQL of every engine.

Each file is one SELECT over one layer, whose tables it names without schema; it begins with a
comment that says what a row is. `:name` is a parameter, as Spark and Databricks write it.
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from iot_streaming.errors import ConfigurationError

__all__ = ["LAYERS", "Question", "question", "questions"]

LAYERS = ("gold", "quality")
_COMMENT = re.compile(r"--[^\n]*")
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
        return tuple(dict.fromkeys(_PARAMETER.findall(_COMMENT.sub("", self.sql))))

    @property
    def duckdb_sql(self) -> str:
        """The same with DuckDB's `$name` for `:name`, without comments."""
        return _PARAMETER.sub(r"$\1", _COMMENT.sub("", self.sql)).strip()


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
