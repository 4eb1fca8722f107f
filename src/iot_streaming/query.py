"""A SELECT in, its rows on stdout as a table, JSON or CSV; nothing can be written."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from iot_streaming.errors import ConfigurationError
from iot_streaming.served import Snapshot, served
from iot_streaming.settings import Settings
from iot_streaming.warehouse import reading

FORMATS = ("table", "json", "csv")
_CHUNK = 1000


def run_query(
    settings: Settings, sql: str, output: str, say: Callable[[str], None], *, is_live: bool = False
) -> None:
    """Print the rows of what is published, and say as of which run that is.

    `is_live`: of the warehouse as it is now, silver among it, when no run is writing there.
    ConfigurationError for what is no single readable SELECT.
    """
    if output not in FORMATS:
        raise ConfigurationError(f"unknown format {output!r}; known: {', '.join(FORMATS)}")
    with reading(settings, say) if is_live else _published(settings, say) as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1:
                raise ConfigurationError(f"one statement at a time; there are {len(statements)}")
            if statements[0].type != duckdb.StatementType.SELECT:
                raise ConfigurationError("iot query reads only: give one SELECT")
            # Nothing can be written; this keeps other files out of reach too.
            folder = str(settings.root).replace("'", "''")
            connection.execute(f"set allowed_directories = ['{folder}']")
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
            result = connection.execute(statements[0])
        except duckdb.Error as error:
            hint = ""
            if "does not exist" in str(error):
                hint = "; `iot status` lists the tables, silver is there with --live"
            raise ConfigurationError(f"the query failed: {error}{hint}") from error
        _print(result, output)


@contextmanager
def _published(
    settings: Settings, say: Callable[[str], None]
) -> Iterator[duckdb.DuckDBPyConnection]:
    with served(settings) as (connection, snapshot):
        say(f"as of run {snapshot.run_id}{_gold(snapshot)}")
        yield connection


def _gold(snapshot: Snapshot) -> str:
    """What is to be said of gold where the last run failed."""
    if not snapshot.is_gold_older:
        return ""
    if snapshot.gold_run_id is None:
        return ", which failed: gold is not published yet"
    return f", which failed: gold as of run {snapshot.gold_run_id}"


def _print(result: duckdb.DuckDBPyConnection, output: str) -> None:
    names = [column[0] for column in result.description or ()]
    if output == "table":
        from iot_streaming.terminal import print_rows

        print_rows(names, result.fetchall())
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if output == "csv":
        writer.writerow(names)
    separator = "["
    while rows := result.fetchmany(_CHUNK):
        for row in rows:
            if output == "csv":
                writer.writerow([plain(value) for value in row])
            else:
                values = dict(zip(names, map(plain, row), strict=True))
                print(separator, json.dumps(values, ensure_ascii=False), sep="", end="")
                separator = ",\n "
    if output == "json":
        print("[]" if separator == "[" else "]")


def plain(value: Any) -> Any:
    """The value as JSON and CSV have it: instants in ISO 8601, decimals as exact text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
