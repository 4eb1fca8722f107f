"""What a declaration's rules do, and what a wrong declaration says."""

from dataclasses import replace

import pytest

from iot_streaming.bronze.ingest import ingest
from iot_streaming.contract import Column, Expectation, Source
from iot_streaming.errors import ConfigurationError, ExpectationFailed
from iot_streaming.sources import IOT_EVENTS, SOURCES, source_named
from tests.bronze.conftest import Lakehouse, event, lines


def with_rule(predicate: str, action: str) -> Source:
    rule = Expectation("my_rule", predicate, action, "a test's rule")  # type: ignore[arg-type]
    return replace(IOT_EVENTS, expectations=(rule,))


def test_typo_in_a_predicate_names_rule_and_column(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(event()))
    with pytest.raises(ConfigurationError, match=r"'my_rule' can't be evaluated: .*valeu.*value"):
        ingest(lakehouse.settings, with_rule("valeu > 0", "warn"))
    assert lakehouse.bronze() == [] and lakehouse.ledger() == []


def test_failed_fail_rule_commits_nothing_and_shows_a_row(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(event(1), event(2, value=-5)))
    strict = with_rule("value > 0", "fail")
    for _ in range(2):
        with pytest.raises(
            ExpectationFailed, match=r"'my_rule' failed in iot_events/a.ndjson.*e-2"
        ):
            ingest(lakehouse.settings, strict)
        assert lakehouse.bronze() == [] and lakehouse.ledger() == []
    assert lakehouse.ingest().lines == 2


def test_fail_rule_says_nothing_of_corrupt_lines(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(event(1), "garbage"))
    assert ingest(lakehouse.settings, with_rule("value > 0", "fail")).lines == 2


def test_null_counts_as_broken(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(event(1, value=None)))
    ingest(lakehouse.settings, with_rule("value > 0", "warn"))
    assert lakehouse.bronze("_warnings") == [{"_warnings": ["my_rule"]}]


def test_column_declared_later_is_null_in_older_rows(lakehouse: Lakehouse) -> None:
    from iot_streaming.bronze.duckdb import empty_table, engine
    from iot_streaming.bronze.select import bronze_columns
    from iot_streaming.bronze.store import DeltaStore

    lakehouse.land("a.ndjson", lines(event(1, rssi=-70)))
    lakehouse.ingest()
    wider = replace(
        IOT_EVENTS, columns=(*IOT_EVENTS.columns, Column("rssi", "integer", "Signal, dBm."))
    )
    store = DeltaStore(lakehouse.settings.bronze("iot_events"))
    with engine(lakehouse.settings) as connection:
        store.create(lambda: empty_table(connection, bronze_columns(wider)))
    lakehouse.land("b.ndjson", lines(event(2, rssi=-71)))
    ingest(lakehouse.settings, wider)
    from deltalake import DeltaTable

    rows = DeltaTable(store.path).to_pyarrow_table().to_pylist()
    assert {row["event_id"]: row["rssi"] for row in rows} == {"e-1": None, "e-2": -71}


def test_unknown_source_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown source 'telemtry'; known: iot_events"):
        source_named("telemtry")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_declared_sources_describe_everything(source: Source) -> None:
    assert source.description and source.key
    assert all(column.description.endswith(".") for column in source.columns)
    assert all(rule.description for rule in source.expectations)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (("Bad Name", "string"), "lower-case"),
        (("a", "varchar"), "unknown type 'varchar'"),
    ],
)
def test_wrong_column_is_refused(column: tuple[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Column(*column, "Text.")
