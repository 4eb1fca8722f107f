"""Planned files in, one Parquet file of typed bronze rows out: DuckDB reads, judges, writes."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling

from iot_streaming.bronze.decimals import decimal_digits
from iot_streaming.bronze.duckdb_sql import (
    BLANKS,
    DECIMAL_DIGITS,
    IS_OBJECT,
    RESCUED,
    DuckDBDialect,
    duckdb_type,
)
from iot_streaming.bronze.exact import ExactLines
from iot_streaming.bronze.json_lines import is_object, rescued
from iot_streaming.bronze.lines import content_size, is_odd
from iot_streaming.bronze.plan import Batch
from iot_streaming.bronze.select import (
    PREDICATE_COLUMNS,
    RECORD_COLUMNS,
    bronze_columns,
    bronze_select,
    kept,
)
from iot_streaming.contract import Column, Source
from iot_streaming.errors import ConfigurationError, ExpectationFailed, PipelineError
from iot_streaming.settings import Settings

# A delimiter that no JSON text holds makes each line one value; file accounting tells when not.
_FAST_READER = r"""read_csv(
        $paths, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false,
        delim = E'\x01', quote = '', escape = '', strict_mode = false, filename = 'path'
    )"""
_RECORD = ", ".join(f"r.{column.name}" for column in RECORD_COLUMNS)
_NO_RECORD = ", ".join(
    f"cast(null as {duckdb_type(column)}) as {column.name}" for column in RECORD_COLUMNS
)
# Ids hardly repeat: give up on a dictionary early instead of hashing a row group's worth first.
# Half the usual rows to a group stay in the cache between a column's passes: an eighth less.
_FORMAT = "format parquet, compression lz4_raw, dictionary_size_limit 2000, row_group_size 61440"
_DAY = 24 * 60 * 60 * 1_000_000


class OddFiles(Exception):
    """The fast reader did not account for every byte of these files."""

    def __init__(self, keys: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(keys)))
        self.keys = keys


@dataclass(frozen=True)
class FileCounts:
    """What the table holds of one landing file, in rows, and its lines' bytes."""

    lines: int = 0
    good: int = 0
    quarantined: int = 0
    corrupt: int = 0
    rescued: int = 0
    line_bytes: int = 0
    blank: int = 0


@contextmanager
def engine(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of our own, in memory, bounded, in UTC."""
    with duckdb.connect(
        config={
            "threads": settings.threads,
            "memory_limit": f"{settings.memory}B",
            "temp_directory": str(settings.scratch),
            "preserve_insertion_order": False,
        }
    ) as connection:
        connection.execute("set timezone = 'UTC'")
        register_functions(connection)
        yield connection


def register_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """What DuckDBDialect calls by name."""
    connection.create_function(
        DECIMAL_DIGITS,
        decimal_digits,
        ["VARCHAR", "BOOLEAN", "VARCHAR", "INTEGER", "VARCHAR", "VARCHAR"],
        "VARCHAR",
        null_handling=FunctionNullHandling.SPECIAL,
    )
    connection.create_function(IS_OBJECT, is_object, ["VARCHAR"], "BOOLEAN")
    connection.create_function(
        RESCUED,
        rescued,
        ["VARCHAR", "VARCHAR", duckdb.list_type("VARCHAR")],
        "VARCHAR",
        null_handling=FunctionNullHandling.SPECIAL,
    )


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    batch: Batch,
    paths: Mapping[str, Path],
    parquet: Path,
) -> None:
    """Parse the batch's files into one Parquet file, overwriting what a killed run left there.

    `paths`: where each lies now, by key.
    Raises OddFiles when the fast reader stumbled, UnreadableFile when a file can't be read.
    """
    instant = pa.timestamp("us", tz="UTC")
    connection.register(
        "files",
        pa.table(
            {
                "path": [str(paths[file.key]) for file in batch.files],
                "key": [file.key for file in batch.files],
                "modified_at": pa.array([_millis(f.modified_at) for f in batch.files], instant),
                "next_day": pa.array([_millis(f.modified_at) + _DAY for f in batch.files], instant),
            }
        ),
    )
    exact = ExactLines({str(paths[f.key]): f for f in batch.files if not batch.is_fast(f)}, source)
    fast = [str(paths[f.key]) for f in batch.files if f.size and batch.is_fast(f)]
    relations, parameters = [], {}
    if fast:
        relations.append(_lines(batch, _FAST_READER, _NO_RECORD))
        parameters["paths"] = fast
    if exact.files or not fast:
        connection.register("exact", exact.reader())
        relations.append(_lines(batch, "exact", _RECORD))
    select = bronze_select(source, DuckDBDialect(source), " union all ".join(relations))
    try:
        connection.execute(f"copy ({select}) to '{_quoted(parquet)}' ({_FORMAT})", parameters)
    except RuntimeError as error:
        # DuckDB's word for Ctrl-C.
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise exact.failure or _cause(error, batch, paths) from error


def count_rows(connection: duckdb.DuckDBPyConnection, parquet: Path) -> dict[str, FileCounts]:
    """The Parquet file's rows, counted by landing file."""
    rows = connection.execute(
        f"""
        select
            _source_file,
            count(*),
            count(*) - count(*) filter (len(_errors) > 0),
            count(*) filter (len(_errors) > 0),
            count(_corrupt_record),
            count(_rescued_data),
            cast(coalesce(sum(_line_bytes), 0) as bigint),
            count(*) filter (_corrupt_record is not null and trim(_corrupt_record, {BLANKS}) = '')
        from read_parquet($parquet)
        group by _source_file
        """,
        {"parquet": str(parquet)},
    ).fetchall()
    return {row[0]: FileCounts(*row[1:]) for row in rows}


def bounds_of(
    connection: duckdb.DuckDBPyConnection, parquet: Path, columns: Iterable[str]
) -> dict[str, tuple[object, object]]:
    """Least and greatest value of the columns, as Delta writes them in its log."""
    extremes = ", ".join(f"{extreme}({name})" for name in columns for extreme in ("min", "max"))
    row = connection.execute(
        f"select {extremes} from read_parquet($parquet)", {"parquet": str(parquet)}
    ).fetchone()
    if row is None or None in row:
        return {}
    values = [_in_log(value) for value in row]
    return dict(zip(columns, zip(values[::2], values[1::2], strict=True), strict=True))


def refuse_missing_bytes(
    batch: Batch, counts: dict[str, FileCounts], paths: Mapping[str, Path]
) -> None:
    """OddFiles for those of which the fast reader delivered not every byte, or blank lines."""
    odd = []
    for file in batch.files:
        if not batch.is_fast(file):
            continue
        there = counts.get(file.key, FileCounts())
        size = content_size(paths[file.key]) if file.is_gzip else file.size
        ends = size - there.line_bytes
        # One line feed a line, or two characters; the last line may do without.
        allowed = {there.lines, there.lines - 1, 2 * there.lines, 2 * there.lines - 2, 0}
        if file.is_gzip:
            ends %= 2**32
            allowed = {count % 2**32 for count in allowed}
        if there.blank or ends not in allowed or (ends == 0 and there.lines > 1):
            odd.append(file.key)
    if odd:
        raise OddFiles(frozenset(odd))


def refuse_failed(
    connection: duckdb.DuckDBPyConnection, source: Source, batch: Batch, parquet: Path
) -> None:
    """ExpectationFailed with an example when a row of the batch breaks a `fail` rule."""
    for rule in source.with_action("fail"):
        broken = connection.execute(
            f"""
            select * exclude (_day_after_arrival)
            from (
                select *, _source_file_modified_at + interval 1 day as _day_after_arrival
                from read_parquet($parquet)
            )
            where _corrupt_record is null and not {kept(rule)}
            limit 1
            """,
            {"parquet": str(parquet)},
        )
        names = [column[0] for column in broken.description or ()]
        for row in broken.fetchall():
            values = dict(zip(names, row, strict=True))
            shown = {n: str(v) for n, v in values.items() if v is not None and n[0] != "_"}
            raise ExpectationFailed(
                f"{source.name}: expectation {rule.name!r} failed in {values['_source_file']}, "
                f"for example {shown}; nothing of batch {batch.batch_id} was committed. "
                "Mend the file or the rule and run again"
            )


def empty_select(columns: Iterable[Column]) -> str:
    """A SELECT with these columns and no row."""
    nulls = ", ".join(f"{_null(column)} as {column.name}" for column in columns)
    return f"select {nulls} where false"


def _null(column: Column) -> str:
    return f"cast(null as {duckdb_type(column)})"


def select_from(
    connection: duckdb.DuckDBPyConnection, files: Iterable[str], columns: Iterable[Column]
) -> str:
    """A SELECT of these columns from a table's Parquet files, of which there may be none."""
    columns = tuple(columns)
    paths = ", ".join(f"'{_quoted(path)}'" for path in sorted(files))
    if not paths:
        return empty_select(columns)
    files_rows = f"from read_parquet([{paths}], union_by_name = true)"
    there = set(connection.sql(files_rows).columns)
    # Columns that were declared later than all files. No UNION with an empty table, which would do
    # it too: DuckDB then counts the rows by reading a column, not by what the files say.
    names = (c.name if c.name in there else f"{_null(c)} as {c.name}" for c in columns)
    return f"select {', '.join(names)} {files_rows}"


def empty_table(connection: duckdb.DuckDBPyConnection, columns: Iterable[Column]) -> pa.Schema:
    """The Arrow schema of a table with these columns."""
    return connection.execute(empty_select(columns)).to_arrow_table().schema


def refuse_wrong_expectations(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Bind every predicate to the table's columns; ConfigurationError names the wrong one."""
    row = empty_select((*bronze_columns(source), *PREDICATE_COLUMNS))
    for rule in source.expectations:
        try:
            connection.execute(f"explain select {kept(rule)} from ({row})")
        except duckdb.Error as error:
            raise ConfigurationError(
                f"source {source.name}: expectation {rule.name!r} can't be evaluated: "
                f"{' '.join(str(error).split())[:400]}; its predicate is: {rule.predicate}"
            ) from error


def _lines(batch: Batch, reader: str, record: str) -> str:
    """The relation of raw lines that bronze_select wants; the reader says NULL for an empty one.

    A line of blanks passes: looking for such here would cost every line. `count_rows` finds them.
    """
    ingested_at = datetime.fromtimestamp(batch.ingested_at / 1e6, UTC)
    return f"""select
        r.line,
        {record},
        f.key as _source_file,
        f.modified_at as _source_file_modified_at,
        f.next_day as _day_after_arrival,
        timestamptz '{ingested_at.isoformat(timespec="microseconds")}' as _ingested_at,
        cast({batch.batch_id} as bigint) as _batch_id
    from {reader} as r
    inner join files as f on r.path = f.path
    where r.line is not null"""


def _cause(error: duckdb.Error, batch: Batch, paths: Mapping[str, Path]) -> Exception:
    """DuckDB's complaint as ours: odd files first, for they can be read another way."""
    suspects = [file for file in batch.files if batch.is_fast(file)]
    odd = frozenset(file.key for file in suspects if is_odd(paths[file.key]))
    if odd:
        return OddFiles(odd)
    message = str(error).splitlines()[0][:500]
    return PipelineError(
        f"{batch.source}: batch {batch.batch_id} of {len(batch.files)} files from "
        f"{batch.files[0].key} on can't be parsed: {message}. Nothing of it was committed"
    )


def _millis(micros: int) -> int:
    """Without what is less than a millisecond, which Spark is not told."""
    return micros // 1000 * 1000


def _in_log(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")
