"""Raw lines in, each engine's bronze rows and what differs between them out."""

import json
import math
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from iot_streaming.bronze.dialect import DecodingDialect
from iot_streaming.bronze.duckdb import register_functions
from iot_streaming.bronze.duckdb_sql import DuckDBDialect
from iot_streaming.bronze.select import bronze_columns, bronze_select
from iot_streaming.bronze.spark import bronze_rows
from iot_streaming.contract import Source

ARRIVAL = 1_767_700_000_000_000  # 2026-01-06T11:46:40Z
DAY = 24 * 60 * 60 * 1_000_000
Row = dict[str, Any]
_ZERO = ("number", 0, "", 0)


def lines_table(lines: list[str], kind: str | None = None) -> pa.Table:
    """What bronze_select wants of lines; `_batch_id` tells them apart."""
    count, instant = len(lines), pa.timestamp("us", tz="UTC")
    columns = {
        "line": pa.array(lines, pa.string()),
        "_line_number": pa.array(range(1, count + 1), pa.int64()),
        "_record_kind": pa.array([kind] * count, pa.string()),
        "_record_bytes": pa.array([None] * count, pa.int32()),
        "_source_file": pa.array(["folder/a b+c.ndjson"] * count, pa.string()),
        "_source_file_modified_at": pa.array([ARRIVAL] * count, instant),
        "_day_after_arrival": pa.array([ARRIVAL + DAY] * count, instant),
        "_ingested_at": pa.array([ARRIVAL + 1] * count, instant),
        "_batch_id": pa.array(range(count), pa.int64()),
    }
    return pa.table(columns)


def duckdb_rows(
    source: Source, lines: pa.Table, dialect: DecodingDialect | None = None
) -> list[Row]:
    """The rows as DuckDB's SELECT has them, in the lines' order."""
    select = bronze_select(source, dialect or DuckDBDialect(source), "select * from lines")
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        register_functions(connection)
        connection.register("lines", lines)
        return _rows(source, connection.execute(select).to_arrow_table())


def spark_rows(spark: Any, source: Source, lines: pa.Table) -> list[Row]:
    """The rows as Spark's SELECT has them, in the lines' order."""
    return _rows(source, bronze_rows(spark, source, spark.createDataFrame(lines)).toArrow())


def _rows(source: Source, table: pa.Table) -> list[Row]:
    assert table.column_names == [column.name for column in bronze_columns(source)]
    plain = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_timestamp(kind):
            assert kind.tz == "UTC"
            column = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        elif pa.types.is_date(kind):
            column = column.cast(pa.int32())
        plain[name] = column.to_pylist()
    rows = [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]
    return sorted(rows, key=lambda row: row["_batch_id"])


def differences(lines: list[str], left: list[Row], right: list[Row]) -> list[str]:
    """One text for each value that is not the same: line, column and both values."""
    found = []
    for line, one, other in zip(lines, left, right, strict=True):
        for name in one:
            if _comparable(name, one[name]) != _comparable(name, other[name]):
                found.append(
                    f"line {line[:600]!r}\n  column {name}: "
                    f"DuckDB {one[name]!r:.300}, Spark {other[name]!r:.300}"
                )
    return found


def _comparable(name: str, value: Any) -> Any:
    """A double by its bits, `_rescued_data` as JSON by value with all digits, the rest as it is."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value.hex()
    if name == "_rescued_data" and value is not None:
        return _by_value(value)
    return type(value), value


def _by_value(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_number, parse_int=_number, object_pairs_hook=_members)
    except RecursionError:
        return "".join(text.split())
    except ValueError:
        return "no JSON", text


def _number(raw: str) -> tuple[str, int, str, int]:
    """Sign, digits and power of ten: exact, for arithmetic would round."""
    sign, digits, exponent = Decimal(raw).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    kept = text.rstrip("0")
    return ("number", sign, kept, int(exponent) + len(text) - len(kept)) if kept else _ZERO


def _members(pairs: list[tuple[str, Any]]) -> Any:
    return "object", sorted(pairs, key=lambda pair: (pair[0], repr(pair[1])))
