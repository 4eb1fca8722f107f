"""Whatever a line holds, both engines make the same row of it."""

import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from iot_streaming.bronze.duckdb_sql import DuckDBDialect
from iot_streaming.bronze.spark import bronze_stream
from iot_streaming.contract import Column, Source
from iot_streaming.sources import IOT_EVENTS, source_named
from tests.bronze.conftest import Lakehouse, event, lines
from tests.bronze.test_clock_changes import change
from tests.folders import landing_folder
from tests.parity.compare import differences, duckdb_rows, lines_table, spark_rows
from tests.parity.hostile import event_lines
from tests.parity.hostile_changes import change_lines

LINES = 200
PRODUCTS = source_named("cdc_products")
CHANGES = ["cdc_products", "cdc_orders", "cdc_devices", "cdc_alert_thresholds"]


def some(examples: int) -> settings:
    """A difference names its line: nothing is gained by looking for a smaller one."""
    phases = (Phase.explicit, Phase.generate)
    return settings(max_examples=examples, deadline=None, derandomize=True, phases=phases)


def agree(spark: Any, source: Source, texts: list[str]) -> None:
    table = lines_table(texts)
    found = differences(texts, duckdb_rows(source, table), spark_rows(spark, source, table))
    assert not found, f"{len(found)} values differ\n" + "\n".join(found[:20])


@some(examples=10)
@given(seed=st.integers(0, 2**32))
def test_events_are_the_same_rows(spark: Any, seed: int) -> None:
    agree(spark, IOT_EVENTS, event_lines(seed, IOT_EVENTS, LINES))


@pytest.mark.parametrize("name", CHANGES)
@some(examples=3)
@given(seed=st.integers(0, 2**32))
def test_changes_are_the_same_rows(spark: Any, name: str, seed: int) -> None:
    source = source_named(name)
    agree(spark, source, change_lines(seed, source, LINES))


@pytest.mark.parametrize("word", ["nan", "-NaN", "inf", "-INFINITY"])
def test_odd_bare_words_in_texts_are_the_one_known_difference(spark: Any, word: str) -> None:
    """To look for them would cost DuckDB a tenth of its SELECT; in numbers and times it does."""
    table = lines_table([f'{{"event_id":"e-1","unit":{word}}}'])
    (left,), (right,) = duckdb_rows(IOT_EVENTS, table), spark_rows(spark, IOT_EVENTS, table)
    assert (left["unit"], left["_corrupt_record"]) == (word, None)
    assert right["_errors"] == ["malformed_record"]


def test_a_difference_names_line_column_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = event_lines(1, IOT_EVENTS, 20)
    table = lines_table(texts)
    right = duckdb_rows(IOT_EVENTS, table)
    cast = DuckDBDialect.cast

    def careless(self: DuckDBDialect, column: Column, text: str) -> str:
        sql = cast(self, column, text)
        return f"round({sql})" if column.name == "value" else sql

    monkeypatch.setattr(DuckDBDialect, "cast", careless)
    found = differences(texts, duckdb_rows(IOT_EVENTS, table), right)
    assert found
    assert all("column value: DuckDB " in text and ", Spark " in text for text in found)
    assert all(any(repr(line[:600]) in text for line in texts) for text in found)


def streamed(spark: Any, source: Source, landing: Path, folder: Path) -> list[dict[str, Any]]:
    """The bronze rows of what has landed, by a stream that stops at its end."""
    for name, value in {"landing": landing.as_uri(), "max_files": "100", "max_bytes": "1g"}.items():
        spark.conf.set(f"iot_streaming.{name}", value)
    rows = bronze_stream(spark, source, has_auto_loader=False)
    writer = rows.writeStream.format("parquet").trigger(availableNow=True)
    query = writer.option("checkpointLocation", str(folder / "checkpoint")).start(str(folder / "t"))
    query.awaitTermination()
    return [row.asDict() for row in spark.read.parquet(str(folder / "t")).collect()]


def landed(lakehouse: Lakehouse, source: Source, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = lakehouse.land(name, content, source)
        os.utime(path, ns=(1_767_700_000_123_456_789, 1_767_700_000_123_456_789))


def keyed(rows: list[dict[str, Any]], key: str) -> list[tuple[str, ...]]:
    names = (key, "_source_file", "_line_bytes", "_change_id", "_corrupt_record", "_errors")
    return sorted(
        (
            *[str(row.get(name)) for name in names],
            row["_source_file_modified_at"].isoformat()[:23],
        )
        for row in rows
    )


def test_files_of_events_are_read_alike(spark: Any, lakehouse: Lakehouse, tmp_path: Path) -> None:
    one, two, three = (lines(event(number)).rstrip() for number in (1, 2, 3))
    files = {
        "lf.ndjson": b"\n".join([one, b"", b" \t", two, three]),
        "crlf.json": b"\r\n".join([one, two, b""]),
        "cr.jsonl": b"\r".join([one, two, three]),
        "a=b/zip + ped.ndjson.gz": gzip.compress(b"\n".join([one, two, b""])),
        "empty.ndjson": b"",
        "bom.ndjson": b"\xef\xbb\xbf" + one + b"\n",
        "latin.ndjson": b'{"event_id": "\xb0C"}\n' + one + b"\n",
        "_hidden.ndjson": one,
        "notes.txt": one,
    }
    landed(lakehouse, IOT_EVENTS, files)
    lakehouse.ingest()
    found = streamed(spark, IOT_EVENTS, landing_folder(lakehouse.settings), tmp_path)
    assert keyed(found, "event_id") == keyed(lakehouse.bronze(), "event_id")


def test_files_of_changes_are_read_alike(spark: Any, lakehouse: Lakehouse, tmp_path: Path) -> None:
    rows = [lines(change("u", f"line {number}", pos=None)).rstrip() for number in range(4)]
    files = {
        "lf.ndjson": b"\n".join([rows[0], b"", *rows[1:]]),
        "crlf.ndjson": b"\r\n".join([*rows, b""]),
        "cr.ndjson.gz": gzip.compress(b"\r".join(rows)),
        "empty.ndjson": b"",
    }
    landed(lakehouse, PRODUCTS, files)
    lakehouse.ingest(PRODUCTS)
    found = streamed(spark, PRODUCTS, landing_folder(lakehouse.settings), tmp_path)
    assert keyed(found, "product_name") == keyed(lakehouse.bronze(source=PRODUCTS), "product_name")


def test_records_of_dms_are_read_alike(spark: Any, lakehouse: Lakehouse, tmp_path: Path) -> None:
    files = {
        "LOAD00000001.csv": b"Op,product_id,product_name\nI,1,a\nI,2,b\n",
        "20260105-120000123.csv.gz": gzip.compress(
            b"Op,product_id,product_name\nU,1,x\nD,2,b\nU,3\n"
        ),
    }
    landed(lakehouse, PRODUCTS, files)
    lakehouse.ingest(PRODUCTS)
    found = streamed(spark, PRODUCTS, landing_folder(lakehouse.settings), tmp_path)
    assert keyed(found, "product_name") == keyed(lakehouse.bronze(source=PRODUCTS), "product_name")
