"""Served tables in, each of them at a destination, and `_export.json` that says as of when, out."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from iot_streaming.errors import ConfigurationError
from iot_streaming.export.destination import Destination
from iot_streaming.export.formats import FORMATS, write_table
from iot_streaming.served import PUBLISHED_LAYERS, Snapshot
from iot_streaming.settings import Settings

NOTE = "_export.json"


@dataclass(frozen=True)
class AsOf:
    """The run that a table is of, and when that ended."""

    run_id: str
    at: datetime


@dataclass(frozen=True)
class Exported:
    """One table at the destination; `path` is below it, `run_id` and `run_at` what it is as of."""

    path: str
    rows: int
    run_id: str
    run_at: str


def served_tables(settings: Settings, snapshot: Snapshot) -> dict[str, AsOf]:
    """Gold's and quality's tables, such as `gold.dim_devices`, and the run that each is as of."""
    quality = AsOf(snapshot.run_id, snapshot.at)
    gold = AsOf(snapshot.gold_run_id or snapshot.run_id, snapshot.gold_at or snapshot.at)
    layers = {settings.schema(layer): layer for layer in PUBLISHED_LAYERS}
    parts = (name.partition(".") for name in sorted(snapshot.tables))
    return {
        f"{layers[schema]}.{table}": gold if layers[schema] == "gold" else quality
        for schema, _, table in parts
        if schema in layers
    }


def chosen(tables: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Of tables such as `gold.dim_devices` those that are named, with or without their layer.

    >>> chosen(["gold.dim_devices", "quality.ledger"], ["ledger"])
    ['quality.ledger']
    """
    if not wanted:
        return list(tables)
    names = {name: table for table in tables for name in (table, table.partition(".")[2])}
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ConfigurationError(
            f"no table {' or '.join(unknown)} is served; there are {', '.join(tables)}"
        )
    return [table for table in tables if table in {names[name] for name in wanted}]


def export(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, AsOf],
    target: str,
    destination: Destination,
    output: str,
    progress: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> dict[str, Exported]:
    """Write tables such as `gold.dim_devices` of a target; returns what was written.

    The note is written first, as not complete, and last, when all is there. What an earlier export
    left of other tables stays, and stays noted.
    """
    if output not in FORMATS:
        raise ConfigurationError(f"unknown format {output!r}; known: {', '.join(FORMATS)}")
    # What is refused stays as it is, without a lock in it.
    _noted(destination, target, output)
    with destination.opened():
        before = _noted(destination, target, output)
        note = {"complete": False, "target": target, "format": output}
        _write(destination, note | {"tables": before})
        done: dict[str, Exported] = {}
        for number, (name, as_of) in enumerate(tables.items()):
            progress(name, number, len(tables))
            path = name.replace(".", "/") + FORMATS[output]
            told = {"run_id": as_of.run_id, "run_at": _iso(as_of.at)}
            table = f"{target}_{name}"
            rows = write_table(connection, table, destination, path, told)
            done[name] = Exported(path, rows, **told)
        noted = before | {name: asdict(table) for name, table in done.items()}
        at = {"exported_at": _iso(datetime.now(UTC))}
        _write(destination, note | {"complete": True} | at | {"tables": noted})
        return done


def _noted(destination: Destination, target: str, output: str) -> dict[str, Any]:
    """Tables of earlier exports there; ConfigurationError for what is no export like this one."""
    text = destination.read_text(NOTE)
    if text is None:
        if destination.is_empty():
            return {}
        raise ConfigurationError(
            f"{destination} holds something else, which an export would mix with (it has no "
            f"{NOTE}); name an empty place with --to"
        )
    try:
        note = json.loads(text)
        there, tables = (note["target"], note["format"]), dict(note["tables"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{destination}/{NOTE} is none of an export; name an empty place with --to"
        ) from error
    if there != (target, output):
        raise ConfigurationError(
            f"{destination} has an export of {there[0]} as {there[1]}, not of {target} as "
            f"{output}; name another place with --to"
        )
    return tables


def _write(destination: Destination, note: Mapping[str, Any]) -> None:
    with destination.written(NOTE) as file:
        file.write((json.dumps(note, indent=2) + "\n").encode())


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
