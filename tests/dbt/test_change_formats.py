"""One history told in every format; the state that PostgreSQL had in the end each time."""

import json
from collections.abc import Callable, Iterator
from itertools import groupby

import pytest

from iot_streaming.contract import Source
from tests.dbt.capture import events_of, history_of, images_of, precise_lines
from tests.dbt.dbt_lakehouse import Lakehouse, Row
from tests.dbt.test_cdc_current_state import RUN, TABLES, differences
from tests.dms_files import Change, Endpoint, csv_file, parquet_file
from tests.folders import landing_folder

PER_FILE = 25


def write(lakehouse: Lakehouse, source: Source, name: str, content: bytes) -> None:
    path = landing_folder(lakehouse.settings) / source.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def files_of_changes(changes: list[Change]) -> Iterator[list[Change]]:
    """DMS begins a new file when the table's columns change; a delete has any."""
    names: tuple[str, ...] = ()

    def columns(change: Change) -> tuple[str, ...]:
        nonlocal names
        names = names if change.op == "D" else tuple(change.row)
        return names

    for _, run in groupby(changes, columns):
        rows = list(run)
        yield from (rows[n : n + PER_FILE] for n in range(0, len(rows), PER_FILE))


def columns_of(source: Source, changes: list[Change], with_drift: bool) -> list[str]:
    names = dict.fromkeys(source.fields)
    if with_drift:
        names = dict.fromkeys(name for change in changes for name in change.row) or names
    return list(names)


def land_as_dms(lakehouse: Lakehouse, endpoint: Endpoint, suffix: str) -> None:
    """Each table's full load and changes, file by file."""
    for source in TABLES:
        snapshot, changes = history_of(source)
        loads = [snapshot[n : n + PER_FILE] for n in range(0, len(snapshot), PER_FILE)]
        files = {f"LOAD{n:08X}": rows for n, rows in enumerate(loads, 1)}
        runs = enumerate(files_of_changes(changes))
        files |= {f"20260105-12{n:04}000": rows for n, rows in runs}
        for name, rows in files.items():
            columns = columns_of(source, rows, endpoint.header)
            if suffix == "parquet":
                content = parquet_file(rows, columns, endpoint, {})
            else:
                content = csv_file(rows, columns, endpoint)
            write(lakehouse, source, f"{name}.{suffix}", content)


@pytest.mark.parametrize(
    ("endpoint", "suffix"),
    [
        (Endpoint(header=False), "csv"),
        (Endpoint(timestamp=True), "parquet"),
    ],
    ids=["csv without header", "parquet"],
)
def test_dms_files_give_the_source_state(
    lakehouse: Lakehouse, endpoint: Endpoint, suffix: str
) -> None:
    land_as_dms(lakehouse, endpoint, suffix)
    lakehouse.ingest()
    lakehouse.build(*RUN)
    assert differences(lakehouse) == []


def test_dms_and_debezium_give_the_same_silver(
    lakehouse: Lakehouse, new_lakehouse: Callable[[], Lakehouse]
) -> None:
    """Keys that are gone too: not only what PostgreSQL still has."""
    other = new_lakehouse()
    land_as_dms(lakehouse, Endpoint(sequence=True, timestamp=True), "csv")
    for source in TABLES:
        lines = [json.dumps(event) for event in events_of(source.name.removeprefix("cdc_"))]
        other.land(source.name, lines)
    states: list[dict[str, list[Row]]] = []
    for each in (lakehouse, other):
        each.ingest()
        each.build(*RUN)
        models = [f"dev_silver.stg_{source.name.removeprefix('cdc_')}" for source in TABLES]
        states.append(
            {
                model: each.rows(f"select * exclude (_ingested_at) from {model} order by all")
                for model in models
            }
        )
    assert differences(lakehouse) == []
    for model in states[0]:
        assert states[0][model] == states[1][model]


@pytest.mark.parametrize("with_schema", [False, True], ids=["bare", "with schema"])
def test_precise_decimals_give_the_source_state(lakehouse: Lakehouse, with_schema: bool) -> None:
    for source in TABLES:
        lakehouse.land(source.name, precise_lines(source, with_schema))
    lakehouse.ingest()
    lakehouse.build(*RUN)
    assert differences(lakehouse) == []


def test_clock_gives_the_source_state_when_files_are_in_order(
    lakehouse: Lakehouse,
) -> None:
    """No sequence, no log position: what is left is the commit time, file and line.

    Rows are whole, as MySQL's connector writes them.
    """
    for source in TABLES:
        lines = []
        for event, op, row in images_of(source):
            image = {"op": "d", "before": row} if op == "D" else {"op": event["op"], "after": row}
            place = {"ts_us": event["source"]["ts_us"], "pos": 4}
            lines.append(json.dumps({"source": place} | image))
        for start in range(0, len(lines), PER_FILE):
            lakehouse.land(source.name, lines[start : start + PER_FILE])
    lakehouse.ingest()
    lakehouse.build(*RUN)
    assert differences(lakehouse) == []
