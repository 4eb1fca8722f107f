"""Quarantined rows judged anew by either engine: the same verdicts and released rows, each once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from iot_streaming.bronze.quarantine import Chosen, Releases, Replay, released_columns
from iot_streaming.bronze.spark import bronze_rows
from iot_streaming.contract import Expectation, Source
from iot_streaming.quality.place import Place
from iot_streaming.quality.quarantine import exported_rows, quarantined, record_replays
from iot_streaming.release import EmbeddedReleases
from iot_streaming.sources import IOT_EVENTS, source_named
from iot_streaming.spark.release import SparkReleases
from iot_streaming.spark.warehouse import SparkWarehouse
from iot_streaming.warehouse import EmbeddedWarehouse, Warehouse, show_bronze
from tests.bronze.conftest import Lakehouse, event, lines
from tests.parity.compare import lines_table

CUSTOMERS = source_named("cdc_customers")
STRICT = replace(
    IOT_EVENTS,
    expectations=(
        *IOT_EVENTS.expectations,
        Expectation("battery_above_half", "battery_level > 50", "drop", "too strict"),
    ),
)
EVENTS = [
    event(1, battery_level=10),
    event(2),
    event(3, battery_level=40, extra={"ü": [1.50]}, timestamp="2026-01-05T12:00:00+05:30"),
    "{garbage",
    "{garbage",
    event(4, value="n/a"),
]
CHANGES = [
    '{"op":"?","after":{"customer_id":"C1"},"source":{"ts_us":1,"lsn":5}}',
    '{"op":"c","after":{"customer_id":"C2"},"source":{"ts_us":1700000000000000,"lsn":4,'
    '"txId":1,"sequence":"[\\"1\\",\\"4\\"]"}}',
    "no change",
]
MENDED = (
    '{"op":"c","after":{"customer_id":"C1","customer_name":"One"},'
    '"source":{"ts_us":1700000000000000,"lsn":5,"txId":1,"sequence":"[\\"1\\",\\"5\\"]"}}'
)
PLACE = Place("dev")
Both = Callable[[Source, list[Any]], dict[str, tuple[Warehouse, Releases]]]


@pytest.fixture
def both(spark: Any, lakehouse: Lakehouse) -> Iterator[Both]:
    """Brings the lines of one file into bronze of either engine."""
    schemas = ("dev_bronze", "dev_quality")

    def dropped() -> None:
        for schema in schemas:
            spark.sql(f"drop schema if exists {schema} cascade")

    def landed(source: Source, rows: list[Any]) -> dict[str, tuple[Warehouse, Releases]]:
        content = lines(*rows)
        lakehouse.land("a.ndjson", content, source)
        lakehouse.ingest(source)
        show_bronze(lakehouse.settings)
        table = lines_table(content.decode().splitlines())
        files = pa.array([f"{source.path}/a.ndjson"] * table.num_rows, pa.string())
        number = table.column_names.index("_source_file")
        frame = spark.createDataFrame(table.set_column(number, "_source_file", files))
        for schema in schemas:
            spark.sql(f"create schema if not exists {schema}")
        made = bronze_rows(spark, source, frame).write.format("delta").mode("overwrite")
        made.saveAsTable(f"dev_bronze.{source.name}")
        settings = lakehouse.settings
        return {
            "duckdb": (EmbeddedWarehouse(settings), EmbeddedReleases(settings)),
            "spark": (SparkWarehouse(spark), SparkReleases(spark, "dev_bronze")),
        }

    dropped()
    yield landed
    dropped()


def of_each(engines: dict[str, tuple[Warehouse, Releases]], ask: Callable[..., Any]) -> Any:
    """What both engines say, when it is the same."""
    said = {name: ask(name, *engine) for name, engine in engines.items()}
    assert said["duckdb"] == said["spark"]
    return said["spark"]


def replayed(task: Replay, source: Source) -> Callable[..., Any]:
    def of(name: str, warehouse: Warehouse, releases: Releases) -> Any:
        judged = sorted(
            (rows.file, rows.reasons, rows.now, rows.rows) for rows in releases.judge(source, task)
        )
        released = releases.release(source, task)
        record_replays(warehouse, PLACE, name)
        # Of the engines' own: when it came in, and its batch.
        ours = [c.name for c in released_columns(source) if c.name not in ("_batch_id",)]
        table = f"dev_bronze.{source.name}_released"
        kept = warehouse.ask(f"select {', '.join(ours)} from {table} order by _row_id")
        for row in kept:
            row["_replayed_at"] = row["_ingested_at"] = row["_ingested_at"].replace(tzinfo=UTC)
        instants = {key for row in kept for key, v in row.items() if isinstance(v, datetime)}
        plain = [
            {key: str(v)[:19] if key in instants else v for key, v in row.items()} for row in kept
        ]
        return judged, released, plain

    return of


def test_rows_of_a_relaxed_rule_are_released_once(both: Both, spark: Any) -> None:
    engines = both(STRICT, EVENTS)
    task = Replay("r1", datetime(2026, 2, 1, tzinfo=UTC), Chosen(reason="battery_above_half"))
    judged, released, rows = of_each(engines, replayed(task, IOT_EVENTS))
    assert [rows[1:] for rows in judged] == [(("battery_above_half",), (), 2)]
    assert released == 2 and {row["event_id"] for row in rows} == {"e-1", "e-3"}
    assert all(row["_replay_id"] == "r1" and row["_errors"] == [] for row in rows)

    def counted(name: str, warehouse: Warehouse, _: Releases) -> Any:
        found = quarantined(warehouse, PLACE, [IOT_EVENTS], Chosen(), samples=1)
        replays = warehouse.ask("select source, reason, rows_released from dev_quality.replays")
        lines = [(each.reasons, each.rows, each.released) for each in found]
        return lines, [sample["line"] for each in found for sample in each.samples], replays

    found, samples, replays = of_each(engines, counted)
    assert (("battery_above_half",), 2, 2) in found and (("malformed_record",), 2, 0) in found
    assert "{garbage" in samples
    assert replays == [{"source": "iot_events", "reason": "battery_above_half", "rows_released": 2}]


def test_corrected_changes_are_released_and_others_are_not_looked_at(both: Both) -> None:
    engines = both(CUSTOMERS, CHANGES)

    def exported(name: str, warehouse: Warehouse, _: Releases) -> Any:
        rows = exported_rows(warehouse, PLACE, [CUSTOMERS], Chosen())
        return [(row["row_id"], row["line"]) for row in rows]

    ids = {line: row_id for row_id, line in of_each(engines, exported)}
    assert ids.keys() == {CHANGES[0], CHANGES[2]}
    corrections = {ids[CHANGES[2]]: MENDED}
    task = Replay("r1", datetime(2026, 2, 1, tzinfo=UTC), Chosen(), corrections)
    judged, released, rows = of_each(engines, replayed(task, CUSTOMERS))
    assert len(judged) == 1 and released == 1
    assert rows[0]["customer_name"] == "One" and rows[0]["_is_corrected"]
    assert of_each(engines, replayed(task, CUSTOMERS))[:2] == ([], 0)
