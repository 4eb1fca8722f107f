"""A batch of changes in, a refusal of what would make silver wrong out."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from iot_streaming.bronze.duckdb import OddFiles
from iot_streaming.bronze.ledger import Known
from iot_streaming.bronze.plan import Batch
from iot_streaming.contract import Column, Source
from iot_streaming.errors import PipelineError
from iot_streaming.landing import LandedFile

# As JSON text: base64, or a scale with base64.
_ENCODED = (
    '\'"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"'
    '|[{] *"scale" *: *-?[0-9]+ *, *"value" *: *".*[}]\''
)


def refuse_two_formats(source: Source, known: Known, new: Iterable[LandedFile]) -> None:
    """PipelineError when Debezium's and DMS's files are in one table's folder."""
    lines, records = known.lines_key, known.records_key
    for file in new:
        lines = lines or (None if file.is_records else file.key)
        records = records or (file.key if file.is_records else None)
    if records and lines:
        raise PipelineError(
            f"{source.name}: {lines} is Debezium's and {records} is AWS DMS's, and nothing tells "
            "which of two sources' changes came first. Keep one of them in "
            f"{source.path}/; to change over, begin a new home with the new source's full load"
        )


def refuse_unnumbered(connection: duckdb.DuckDBPyConnection, batch: Batch, parquet: Path) -> None:
    """OddFiles for those whose changes are ordered by their lines: the fast reader counts none."""
    rows = connection.execute(
        """
        select distinct _source_file
        from read_parquet($parquet)
        where _op in ('upsert', 'delete', 'truncate') and _change_id is null
        """,
        {"parquet": str(parquet)},
    ).fetchall()
    fast = {file.key for file in batch.files if batch.is_fast(file)}
    unnumbered = fast & {key for (key,) in rows}
    if unnumbered:
        raise OddFiles(frozenset(unnumbered))


def refuse_two_orders(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    batch: Batch,
    parquet: Path,
    committed: frozenset[str],
) -> None:
    """PipelineError when the batch's changes and the table's (`committed`) have two orders."""
    rows = connection.execute(
        """
        select _ordered_by, min(_source_file)
        from read_parquet($parquet)
        where _ordered_by is not null and len(_errors) = 0
        group by _ordered_by
        order by _ordered_by
        """,
        {"parquet": str(parquet)},
    ).fetchall()
    orders: Mapping[str, str] = dict.fromkeys(committed, "the table") | dict(rows)
    if len(orders) > 1:
        found = " and ".join(f"{order} ({where})" for order, where in sorted(orders.items()))
        raise PipelineError(
            f"{source.name}: changes are ordered by {found}, and nothing tells which of two came "
            f"first; nothing of batch {batch.batch_id} was committed. Take the file away, or "
            "begin a new home with a full load in the new order"
        )


def refuse_encoded_decimals(
    connection: duckdb.DuckDBPyConnection, source: Source, batch: Batch, parquet: Path
) -> None:
    """PipelineError when a decimal was encoded and can't be decoded exactly."""
    for column in source.columns:
        if column.decimal is not None or column.encoding == "decimal_text":
            _refuse_encoded(connection, source, column, batch, parquet)


def _refuse_encoded(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    column: Column,
    batch: Batch,
    parquet: Path,
) -> None:
    fast_or_odd = [file.key for file in batch.files if not file.is_records]
    row = connection.execute(
        f"""
        select count(*), min(_source_file), min(value)
        from (
            select
                _source_file,
                cast(json_extract(_rescued_data, '$."{column.field}"') as varchar) as value
            from read_parquet($parquet)
            where _rescued_data is not null
                and {column.name} is null
                and _op = 'upsert'
                and list_contains($files, _source_file)
        )
        where regexp_full_match(value, {_ENCODED})
        """,
        {"parquet": str(parquet), "files": fast_or_odd},
    ).fetchone()
    count, file, value = row or (0, None, None)
    if not count:
        return
    wanted = column.type if column.decimal else "exact decimal text"
    raise PipelineError(
        f"{source.name}: column {column.name} is {value} in {file} ({count:,} such values), which "
        f"can't be read as {wanted} exactly: it looks like decimal.handling.mode=precise. "
        "Set the connector's decimal.handling.mode to string, or say in sources.py how its "
        "decimals are written (decimals='precise' or 'text') and give the column the source's "
        f"decimal(p,s); nothing of batch {batch.batch_id} was committed"
    )
