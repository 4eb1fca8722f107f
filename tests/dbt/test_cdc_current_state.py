"""Real change files in; the current state that PostgreSQL had in the end out."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from iot_streaming.contract import Column
from iot_streaming.sources import SOURCES
from tests.dbt.dbt_lakehouse import CHANGES, Lakehouse

TABLES = [source for source in SOURCES if source.format == "debezium"]
MODELS = [f"stg_{source.name.removeprefix('cdc_')}" for source in TABLES]
RUN = ("run", "--select", *MODELS)
RENAMED = {
    ("cdc_orders", "order_timestamp"): "ordered_at",
    ("cdc_alert_thresholds", "min_value"): "min_value_exact",
    ("cdc_alert_thresholds", "max_value"): "max_value_exact",
}


def files_of(table: str) -> list[Path]:
    return sorted((CHANGES / "landing" / table).glob("*.ndjson"))


def lines_of(path: Path) -> list[str]:
    # splitlines() would also split at U+2028 within a text
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def differences(lakehouse: Lakehouse) -> list[object]:
    """Rows of the seven tables that differ from PostgreSQL's own, in any declared column."""
    found: list[object] = []
    for source in TABLES:
        table, key = source.name.removeprefix("cdc_"), source.key[0]
        silver = f"dev_silver.stg_{table}"
        types = {name: kind for name, kind, *_ in lakehouse.rows(f"describe {silver}")}

        def name(column: Column, source_name: str = source.name) -> str:
            return RENAMED.get((source_name, column.name), column.name)

        expected = ", ".join(
            f"cast({column.name} as {types[name(column)]}) as {name(column)}"
            for column in source.columns
        )
        actual = ", ".join(name(column) for column in source.columns)
        truth = (
            f"read_csv('{CHANGES}/expected/{table}.csv', all_varchar = true, header = true, "
            "quote = '\"', nullstr = '', allow_quoted_nulls = false)"
        )
        found += lakehouse.rows(f"""
            with expected as (select {expected} from {truth}),
            actual as (select {actual} from {silver} where not _is_deleted)
            select '{table}', 'missing or wrong', {key} from
                (select * from expected except select * from actual)
            union all
            select '{table}', 'extra or wrong', {key} from
                (select * from actual except select * from expected)
        """)
    return found


@pytest.mark.parametrize(
    "form",
    [(), ("--vars", "cdc_key_update_hops: 2")],
    ids=["recursive", "for engines without recursion"],
)
def test_one_run_gives_the_source_state(lakehouse: Lakehouse, form: tuple[str, ...]) -> None:
    for source in TABLES:
        for path in files_of(source.name.removeprefix("cdc_")):
            lakehouse.land(source.name, lines_of(path))
    lakehouse.ingest()
    lakehouse.build(*RUN, *form)
    assert differences(lakehouse) == []


def test_one_run_per_file_gives_the_source_state(lakehouse: Lakehouse) -> None:
    files = {source.name: files_of(source.name.removeprefix("cdc_")) for source in TABLES}
    for number in range(max(len(paths) for paths in files.values())):
        for name, paths in files.items():
            if number < len(paths):
                lakehouse.land(name, lines_of(paths[number]))
        lakehouse.ingest()
        lakehouse.build(*RUN)
    assert differences(lakehouse) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_any_order_with_redeliveries_gives_the_source_state(
    new_lakehouse: Callable[[], Lakehouse], seed: int
) -> None:
    lakehouse = new_lakehouse()
    shuffle = random.Random(seed)
    runs = 4
    for run in range(runs):
        for source in TABLES:
            dealer = random.Random(f"{seed}-{source.name}")
            lines = [line for path in files_of(source.name[4:]) for line in lines_of(path)]
            hands = [dealer.randrange(runs) for _ in lines]
            again = [line for line, hand in zip(lines, hands, strict=True) if hand < run]
            hand = [line for line, owner in zip(lines, hands, strict=True) if owner == run]
            hand += shuffle.sample(again, len(again) // 5)
            shuffle.shuffle(hand)
            lakehouse.land(source.name, hand)
        lakehouse.ingest()
        lakehouse.build(*RUN)
    assert differences(lakehouse) == []

    incremental = {model: lakehouse.table(f"dev_silver.{model}") for model in MODELS}
    lakehouse.build(*RUN)
    assert {model: lakehouse.table(f"dev_silver.{model}") for model in MODELS} == incremental
    lakehouse.build(*RUN, "--full-refresh")
    assert {model: lakehouse.table(f"dev_silver.{model}") for model in MODELS} == incremental
