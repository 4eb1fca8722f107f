"""Landing files in, one Parquet file out by bare DuckDB: the floor, the least that could be done.

A typed scan of one source, with all files each time. What can't be parsed becomes NULL.
"""

import sys
from pathlib import Path

import duckdb

from iot_streaming.contract import Source
from iot_streaming.sources import IOT_EVENTS, source_named

TITLE = "DuckDB, typed scan to Parquet"
PACKAGES = ("duckdb",)
_TYPES = {"string": "varchar", "double": "double", "timestamp": "timestamp"}
_SOURCE = 'struct(ts_us bigint, snapshot varchar, sequence varchar, "txId" bigint, lsn bigint)'


def ingest(landing: Path, out: Path, name: str = IOT_EVENTS.name) -> None:
    source = source_named(name)
    out.mkdir(exist_ok=True)
    columns = ", ".join(f"{field}: '{kind}'" for field, kind in _columns(source).items())
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select * from read_json(
                    '{landing}/{source.path}/**/*.ndjson*', format = 'newline_delimited',
                    columns = {{{columns}}}, ignore_errors = true
                )
            ) to '{out}/rows.parquet' (format parquet)
            """
        )


def rows(connection: duckdb.DuckDBPyConnection, out: Path) -> str:
    parquet = out / "rows.parquet"
    return f"read_parquet('{parquet}')" if parquet.exists() else ""


def _columns(source: Source) -> dict[str, str]:
    """Fields of a line and their types; of a change: an envelope of the row before and after."""
    fields = {c.field: _TYPES[c.type] for c in source.columns if c.encoding == "text"}
    if source.format == "json":
        return fields
    row = f"struct({', '.join(f'{field} {kind}' for field, kind in fields.items())})"
    return {"before": row, "after": row, "source": _SOURCE, "op": "varchar", "ts_ms": "bigint"}


if __name__ == "__main__":
    ingest(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
