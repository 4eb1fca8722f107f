"""AWS DMS's files as change rows: the same rows as Debezium's, and nothing guessed."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from iot_streaming.contract import DmsFiles
from iot_streaming.errors import ConfigurationError, PipelineError
from iot_streaming.sources import source_named
from tests.bronze.conftest import Lakehouse
from tests.dms_files import Change, Endpoint, csv_file, parquet_file

PRODUCTS = source_named("cdc_products")
DEVICES = source_named("cdc_devices")
COLUMNS = PRODUCTS.fields
CHANGES = "20260105-120000123.csv"
LOAD = "LOAD00000001.csv"


def product(number: int = 9007199254741007, **fields: Any) -> dict[str, Any]:
    return {
        "product_id": str(number),
        "product_name": 'é, "quoted"\nand long',
        "unit_price": "12.30",
        "is_active": "true",
        "created_at": "2026-01-01 12:00:00.000001",
        "updated_at": "2026-01-01 12:00:00.000001",
    } | fields


def land(lakehouse: Lakehouse, name: str, *changes: Change, **endpoint: Any) -> bytes:
    content = csv_file(changes, COLUMNS, Endpoint(**endpoint))
    lakehouse.land(name, content, PRODUCTS)
    return content


def ingested(lakehouse: Lakehouse) -> list[dict[str, Any]]:
    report = lakehouse.ingest(PRODUCTS)
    assert report.rejected == {}
    return lakehouse.bronze(source=PRODUCTS)


@pytest.mark.parametrize("header", [True, False], ids=["header", "no header"])
def test_record_is_typed_exactly(lakehouse: Lakehouse, header: bool) -> None:
    land(lakehouse, CHANGES, Change("U", product()), header=header)
    (row,) = ingested(lakehouse)
    instant = datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC)
    assert row["product_id"] == 9007199254741007
    assert row["product_name"] == 'é, "quoted"\nand long'
    assert (row["category"], row["unit_price"], row["is_active"]) == (None, Decimal("12.30"), True)
    assert (row["created_at"], row["updated_at"]) == (instant, instant)
    assert (row["_op"], row["_is_snapshot"]) == ("upsert", False)
    assert (row["_rescued_data"], row["_errors"], row["_warnings"]) == (None, [], [])


def test_parquet_says_the_same_as_csv(lakehouse: Lakehouse) -> None:
    instant = datetime(2026, 1, 1, 12, 0, 0, 1)
    typed = product(
        9007199254741007,
        unit_price=Decimal("12.30"),
        is_active=True,
        created_at=instant,
        updated_at=instant,
    ) | {"product_id": 9007199254741007}
    types = {
        "product_id": pa.int64(),
        "unit_price": pa.decimal128(12, 2),
        "is_active": pa.bool_(),
        "created_at": pa.timestamp("us"),
        "updated_at": pa.timestamp("us", "UTC"),
    }
    changes = [Change("I", typed), Change("D", {"product_id": 7})]
    content = parquet_file(changes, COLUMNS, Endpoint(timestamp=True), types)
    lakehouse.land("20260105-120000123.parquet", content, PRODUCTS)
    land(
        lakehouse,
        "20260105-120000124.csv",
        Change("I", product()),
        Change("D", {"product_id": "7"}),
        timestamp=True,
    )
    rows = ingested(lakehouse)
    per_file = {"_line_bytes", "_source_file", "_change_id"}
    from_parquet, from_csv = (
        [
            {name: value for name, value in row.items() if name not in per_file}
            for row in rows
            if row["_source_file"].endswith(ending)
        ]
        for ending in (".parquet", ".csv")
    )
    assert len(from_csv) == 2
    assert from_parquet == from_csv
    assert [e["lines"] for e in lakehouse.ledger()] == [2, 2]


def test_dates_and_unknown_columns(lakehouse: Lakehouse) -> None:
    row = {"device_id": "D", "install_date": "2025-10-11", "notes": "new column"}
    content = csv_file([Change("I", row)], list(row), Endpoint())
    lakehouse.land(CHANGES, content, DEVICES)
    lakehouse.ingest(DEVICES)
    (found,) = lakehouse.bronze(source=DEVICES)
    assert found["install_date"] == date(2025, 10, 11)
    assert json.loads(found["_rescued_data"]) == {"notes": "new column"}


def test_text_that_reads_like_null_is_text_when_it_is_quoted(lakehouse: Lakehouse) -> None:
    names = "Op,product_id,product_name,category\n"
    lakehouse.land(CHANGES, f'{names}I,1,"NULL",NULL\nI,2,,"a,b"\n'.encode(), PRODUCTS)
    rows = ingested(lakehouse)
    assert [(r["product_name"], r["category"]) for r in rows] == [("NULL", None), ("", "a,b")]


def test_null_may_be_written_as_nothing(lakehouse: Lakehouse) -> None:
    source = replace(PRODUCTS, dms=DmsFiles(null="", delimiter=";"))
    content = 'Op;product_id;product_name;category\nI;1;"";\nI;2;;"a;""b"""\n'
    lakehouse.land(CHANGES, content.encode(), PRODUCTS)
    lakehouse.ingest(source)
    rows = lakehouse.bronze(source=PRODUCTS)
    assert [(r["product_name"], r["category"]) for r in rows] == [("", None), (None, 'a;"b"')]


def test_every_record_and_byte_of_a_csv_is_accounted_for(lakehouse: Lakehouse) -> None:
    sound = csv_file([Change("I", product(1)), Change("D", product(2))], COLUMNS, Endpoint())
    bad = [
        b"I,1,too few",
        b'I,3,"a"b,NULL,1.00,true,NULL,NULL',
        b"I,4,\xff,NULL,1.00,true,NULL,NULL",
    ]
    unknown_op = b"X,5,NULL,NULL,1.00,true,NULL,NULL"
    content = sound + b"\n".join([*bad, unknown_op]) + b"\n"
    lakehouse.land(CHANGES + ".gz", gzip.compress(content), PRODUCTS)
    rows = ingested(lakehouse)
    header = len(sound.split(b"\n")[0]) + 1
    assert sum(row["_line_bytes"] + 1 for row in rows) + header == len(content)
    corrupt = sorted(row["_corrupt_record"] for row in rows if row["_corrupt_record"])
    assert corrupt == sorted(raw.decode(errors="backslashreplace") for raw in bad)
    (strange,) = [row for row in rows if not row["_op"] and not row["_corrupt_record"]]
    (entry,) = lakehouse.ledger()
    assert (entry["lines"], entry["good"], entry["quarantined"]) == (6, 2, 4)
    assert "change_op_known" in strange["_errors"]


def test_corrupt_record_is_never_taken_for_a_line_of_json(lakehouse: Lakehouse) -> None:
    line = '{"op":"c"}'
    lakehouse.land(CHANGES, f"Op,product_id\n{line}\nnull\n".encode(), PRODUCTS)
    assert sorted(r["_corrupt_record"] or "" for r in ingested(lakehouse)) == ["null", line]


def test_full_load_sorts_before_all_changes(lakehouse: Lakehouse) -> None:
    land(lakehouse, LOAD, Change("I", product(1)), header=False, op=False)
    land(lakehouse, "LOAD0000000A.csv", Change("I", product(2)), header=False)
    land(lakehouse, CHANGES, Change("U", product(3)), header=False)
    places = {
        row["product_id"]: (row["_sequence_major"], row["_is_snapshot"], row["_ordered_by"])
        for row in ingested(lakehouse)
    }
    assert places[1] == places[2] == (0, True, None)
    assert places[3] == (1_767_614_400_123_000, False, "clock")


def test_change_sequence_orders_to_its_last_digit(lakehouse: Lakehouse) -> None:
    # 19 digits after the time pass a bigint.
    sequences = [f"2026010512000000{number:019}" for number in (9, 10, 2**63 + 5, 10**19 - 1)]
    changes = [Change("U", product(1), sequence=sequence) for sequence in sequences]
    land(lakehouse, CHANGES, *reversed(changes), sequence=True)
    rows = ingested(lakehouse)
    rows.sort(key=lambda row: (row["_sequence_major"], row["_sequence_minor"]))
    found = [f"{r['_sequence_major']}{r['_sequence_minor']:018}" for r in rows]
    assert found == sequences
    assert {row["_ordered_by"] for row in rows} == {"change sequence"}


def test_change_without_its_sequence_is_quarantined(lakehouse: Lakehouse) -> None:
    land(lakehouse, CHANGES, Change("U", product(1), sequence=""), sequence=True)
    (row,) = ingested(lakehouse)
    assert row["_errors"] == ["malformed_record"] and row["_corrupt_record"]


def test_parquet_row_without_its_sequence_is_kept_whole(lakehouse: Lakehouse) -> None:
    change = Change("U", {"product_id": "1"})
    content = parquet_file([change], ["product_id"], Endpoint(sequence=True), {})
    lakehouse.land("20260105-120000123.parquet", content, PRODUCTS)
    (row,) = ingested(lakehouse)
    assert (row["_corrupt_record"], row["_line_bytes"]) == ('["U", "1", ""]', None)


def test_two_orders_of_one_table_are_refused(lakehouse: Lakehouse) -> None:
    land(lakehouse, LOAD, Change("I", product(1)), op=False)
    land(lakehouse, CHANGES, Change("U", product(1), sequence="1" * 35), sequence=True)
    ingested(lakehouse)
    wrong = land_second(lakehouse)
    with pytest.raises(PipelineError, match=r"change sequence \(the table\) and clock \(cdc/"):
        lakehouse.ingest(PRODUCTS)
    assert len(lakehouse.bronze(source=PRODUCTS)) == 2
    wrong.unlink()
    lakehouse.ingest(PRODUCTS)


def land_second(lakehouse: Lakehouse) -> Any:
    content = csv_file([Change("U", product(1))], COLUMNS, Endpoint())
    return lakehouse.land("20260105-130000000.csv", content, PRODUCTS)


@pytest.mark.parametrize("first", ["together", "before"])
def test_debezium_and_dms_files_in_one_folder_are_refused(lakehouse: Lakehouse, first: str) -> None:
    land(lakehouse, CHANGES, Change("U", product(1)))
    if first == "before":
        ingested(lakehouse)
    lakehouse.land("a.ndjson", b"null\n", PRODUCTS)
    with pytest.raises(PipelineError, match=r"a\.ndjson is Debezium's and .*\.csv is AWS DMS's"):
        lakehouse.ingest(PRODUCTS)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (CHANGES, "I,1,x\n", "has no header and its first record has 3 values"),
        (CHANGES, "1,x,NULL,1.00,true,NULL,NULL\n", "has 7 values beginning with '1'"),
        (LOAD, "I,x,NULL,1.00,true,NULL,NULL\n", "has 7 values beginning with 'I'"),
        (CHANGES, "Op,product_name\nI,x\n", "has no header"),
        (CHANGES, "Op,product_id,Product_Id\nI,1,1\n", "twice: product_id"),
        ("changes.csv", "Op,product_id\nI,1\n", "its changes have no order"),
        (CHANGES, 'Op,product_id\nI,1\nI,"2\nI,3\n', "the record at line 3 opens a quote"),
        ("LOAD1.parquet", "PAR1 and no more", "no sound Parquet file"),
    ],
)
def test_file_whose_columns_are_not_certain_is_rejected(
    lakehouse: Lakehouse, name: str, content: str, reason: str
) -> None:
    path = lakehouse.land(name, content.encode(), PRODUCTS)
    land(lakehouse, "20260105-130000000.csv", Change("I", product(1)))
    report = lakehouse.ingest(PRODUCTS)
    ((key, why),) = report.rejected.items()
    assert key.endswith(path.name) and reason in why
    assert (report.files, report.good) == (1, 1)


def test_cut_gzip_is_rejected(lakehouse: Lakehouse) -> None:
    content = csv_file([Change("I", product(n)) for n in range(99)], COLUMNS, Endpoint())
    lakehouse.land(CHANGES + ".gz", gzip.compress(content)[:-20], PRODUCTS)
    report = lakehouse.ingest(PRODUCTS)
    assert "gzip ends too early" in "".join(report.rejected.values())
    assert lakehouse.bronze(source=PRODUCTS) == []


def test_declared_order_of_columns_is_followed(lakehouse: Lakehouse) -> None:
    columns = ("Op", "dms_timestamp", "category", "product_id")
    source = replace(PRODUCTS, dms=DmsFiles(columns=columns))
    lakehouse.land(CHANGES, b"U,2026-01-05 12:00:00.000001,camera,7\n", PRODUCTS)
    lakehouse.ingest(source)
    (row,) = lakehouse.bronze(source=PRODUCTS)
    assert (row["product_id"], row["category"]) == (7, "camera")
    assert row["_committed_at"] == datetime(2026, 1, 5, 12, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [{"columns": ("id",)}, {"delimiter": '"'}, {"delimiter": ""}])
def test_impossible_declaration_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        DmsFiles(**wrong)


def test_other_sources_leave_csv_alone(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.csv", b"Op\n")
    assert lakehouse.ingest().ignored == ["iot_events/a.csv"]
