"""Whatever a line holds, both engines make the same row of it."""

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from iot_streaming.bronze.duckdb_sql import DuckDBDialect
from iot_streaming.contract import Column, Source
from iot_streaming.sources import IOT_EVENTS, source_named
from tests.parity.compare import differences, duckdb_rows, lines_table, spark_rows
from tests.parity.hostile import change_lines, event_lines

LINES = 200
SEEDS = st.integers(0, 2**32)
# A difference names its line: nothing is gained by looking for a smaller one.
some = settings(
    max_examples=12, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)


def agree(spark: Any, source: Source, lines: list[str]) -> None:
    table = lines_table(lines)
    found = differences(lines, duckdb_rows(source, table), spark_rows(spark, source, table))
    assert not found, f"{len(found)} values differ\n" + "\n".join(found[:20])


@some
@given(seed=SEEDS)
def test_events_are_the_same_rows(spark: Any, seed: int) -> None:
    agree(spark, IOT_EVENTS, event_lines(seed, IOT_EVENTS, LINES))
