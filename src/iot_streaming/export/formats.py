"""A table's rows in, a Delta table, a Parquet or a CSV file of them out, in bounded memory."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake

from iot_streaming.errors import QueryFailed
from iot_streaming.export.destination import Destination

# What a key ends with.
FORMATS = {"delta": "", "parquet": ".parquet", "csv": ".csv"}
# As many as DuckDB's own row groups usually have.
_ROWS = 122_880


class Rows:
    """A query's rows, read once; `count` of them so far. QueryFailed where they can't be read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        self.count = 0
        self.failure: QueryFailed | None = None
        self._reader = connection.execute(sql).to_arrow_reader(_ROWS)
        self.schema: pa.Schema = self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (batch := self._next()) is not None:
            self.count += batch.num_rows
            yield batch

    def _next(self) -> pa.RecordBatch | None:
        try:
            return next(self._reader, None)
        except Exception as error:
            self.failure = QueryFailed(f"what is served can't be read: {error}; export it again")
            raise self.failure from error

    @property
    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self.schema, iter(self))


def write_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    destination: Destination,
    key: str,
    told: Mapping[str, str],
) -> int:
    """Write one table at a key that ends in what it is to be; returns its rows.

    Whoever reads there sees the table whole: as it was, or as it is now. `told` goes along as
    metadata, where the format has room for it.
    """
    if key.endswith(".csv"):
        rows = Rows(connection, f"select {_as_text(connection, table)} from {table}")
        with destination.written(key) as file:
            _write_csv(rows, file)
        return rows.count
    rows = Rows(connection, f"select * from {table}")
    if key.endswith(".parquet"):
        with destination.written(key) as file:
            _write_parquet(rows, file, told)
    else:
        with destination.delta(key) as (uri, options):
            _write_delta(rows, uri, options, told)
    return rows.count


def _write_delta(rows: Rows, uri: str, options: dict[str, str], told: Mapping[str, str]) -> None:
    try:
        write_deltalake(
            uri,
            rows.reader,
            mode="overwrite",
            schema_mode="overwrite",
            storage_options=options,
            writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=_ROWS),
            commit_properties=CommitProperties(custom_metadata=dict(told)),
        )
    except Exception:
        # delta-rs raises what its rows raise as an error of its own.
        if rows.failure is not None:
            raise rows.failure from None
        raise
    # What left the table a week ago, which is Delta's own default.
    DeltaTable(uri, storage_options=options).vacuum(dry_run=False)


def _write_parquet(rows: Rows, file: BinaryIO, told: Mapping[str, str]) -> None:
    schema = rows.schema.with_metadata(dict(told))
    sink = pa.PythonFile(file, mode="w")
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))


def _write_csv(rows: Rows, file: BinaryIO) -> None:
    with pa_csv.CSVWriter(pa.PythonFile(file, mode="w"), rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)


def _as_text(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Columns as CSV has them: instants in ISO 8601 and UTC, lists as JSON."""
    described = connection.execute(f"describe {table}").fetchall()
    return ", ".join(_column(f'"{name}"', kind) for name, kind, *_ in described)


def _column(name: str, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') as {name}"
    return f"to_json({name})::varchar as {name}" if kind.endswith("[]") else name
