"""`iot parity` as people run it, on files that come in two goes; `make parity` compares more."""

import pytest

from iot_streaming.sources import SOURCES
from tests.parity.grown import Grown


@pytest.mark.slow
def test_engines_agree_on_a_growing_landing_and_account_for_each_line(grown: Grown) -> None:
    assert grown.problems == [[]]

    told = [difference for table in grown.tables for difference in table["differences"]]
    assert told == [] and grown.outcome.returncode == 0, grown.outcome.stderr
    assert "**No difference**" in grown.report
    rows = {table["table"]: table["rows"]["Spark"] for table in grown.tables}
    assert len(rows) == 8 + 8 + 9 + 21 and rows["dev_gold.fct_iot_events"] > 1_000

    checked = grown.checked
    assert checked["spark"] == checked["duckdb"] and len(checked["spark"]) > 25

    ledger = grown.ledger
    assert (ledger.lines, ledger.doubled) == (grown.landed, 0)
    bronze = sum(rows[f"dev_bronze.{source.name}"] for source in SOURCES)
    assert bronze == sum(ledger.lines.values())
    assert ledger.corrupt > 0
