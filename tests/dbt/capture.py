"""The Debezium capture in, its history as plain rows out, and the same history told otherwise."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from iot_streaming.contract import Column, Source
from tests.dbt.test_cdc_current_state import files_of, lines_of
from tests.dms_files import Change

UNAVAILABLE = "__debezium_unavailable_value"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Event = dict[str, Any]
Image = dict[str, Any]


def events_of(table: str) -> list[Event]:
    """Each row change once, in commit order."""
    found: dict[object, Event] = {}
    for path in files_of(table):
        for line in lines_of(path):
            event = json.loads(line)
            if event and event.get("op"):
                found.setdefault(_identity(event), event)
    return sorted(found.values(), key=_place)


def _identity(event: Event) -> object:
    source = event["source"]
    image = json.dumps(event["before"] if event["op"] == "d" else event["after"])
    return source["txId"], source["lsn"], event["op"], image


def _place(event: Event) -> tuple[int, int, bool]:
    source = event["source"]
    return int(json.loads(source["sequence"])[0] or 0), source["lsn"], event["op"] != "d"


def history_of(source: Source) -> tuple[list[Change], list[Change]]:
    """The snapshot and the changes as DMS tells them: values as text, updates with all of them.

    A key update is a delete and an insert, a TRUNCATE the delete of each row: DMS has neither.
    """
    snapshot: list[Change] = []
    changes: list[Change] = []
    for event, op, image in images_of(source):
        number = len(snapshot) + len(changes)
        at = EPOCH + timedelta(microseconds=event["source"]["ts_us"])
        change = Change(
            op,
            _as_dms(source, image),
            f"{at:%Y-%m-%d %H:%M:%S.%f}",
            f"{at:%Y%m%d%H%M%S}00{10**18 * 9 + number * 10**17:019}",
        )
        (snapshot if event["op"] == "r" else changes).append(change)
    return snapshot, changes


def images_of(source: Source) -> Iterator[tuple[Event, str, Image]]:
    """Each row change, its operation as DMS has it, and the row: of a delete the key alone."""
    (key,) = source.key
    rows: dict[object, Image] = {}
    gone: dict[object, Image] = {}
    for event in events_of(source.name.removeprefix("cdc_")):
        transaction = (event["source"]["txId"], event["source"]["lsn"])
        match event["op"]:
            case "t":
                for row in rows.values():
                    yield event, "D", {key: row[key]}
                rows.clear()
            case "d":
                old = event["before"][key]
                gone[transaction] = rows.pop(old)
                yield event, "D", {key: old}
            case op:
                image = event["after"]
                before = rows.get(image[key]) or gone.get(transaction) or {}
                image = {n: before[n] if v == UNAVAILABLE else v for n, v in image.items()}
                rows[image[key]] = image
                yield event, "U" if op == "u" else "I", image


def _as_dms(source: Source, image: Image) -> Image:
    columns = {column.field: column for column in source.columns}
    return {name: _text(columns.get(name), value) for name, value in image.items()}


def _text(column: Column | None, value: Any) -> str | None:
    if value is None:
        return None
    if column and column.encoding == "epoch_micros":
        return f"{EPOCH + timedelta(microseconds=value):%Y-%m-%d %H:%M:%S.%f}"
    if column and column.encoding == "epoch_days":
        return f"{EPOCH + timedelta(days=value):%Y-%m-%d}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def precise_lines(source: Source, with_schema: bool) -> list[str]:
    """The capture's lines, each decimal as `decimal.handling.mode=precise` writes it."""
    schema = _schema(source)
    told = []
    for path in files_of(source.name.removeprefix("cdc_")):
        for line in lines_of(path):
            event = json.loads(line)
            if event and event.get("after"):
                event["after"] |= _encoded(source, event["after"])
            told.append(json.dumps({"schema": schema, "payload": event} if with_schema else event))
    return told


def _encoded(source: Source, image: Image) -> Image:
    return {
        column.field: _precise(column, image[column.field])
        for column in source.columns
        if (column.decimal or column.encoding == "decimal_text") and image.get(column.field)
    }


def _precise(column: Column, text: str) -> object:
    try:
        number = Decimal(text)
        _, digits, exponent = number.as_tuple()
        assert isinstance(exponent, int)
    except (InvalidOperation, AssertionError):
        return text
    unscaled = int("".join(map(str, digits))) * (-1 if number < 0 else 1)
    size = (unscaled if unscaled >= 0 else ~unscaled).bit_length() // 8 + 1
    value = base64.b64encode(unscaled.to_bytes(size, "big", signed=True)).decode()
    if column.decimal:
        assert -exponent == column.decimal[1]
        return value
    return {"scale": -exponent, "value": value}


def _schema(source: Source) -> dict[str, Any]:
    fields = [
        {
            "type": "bytes",
            "name": "org.apache.kafka.connect.data.Decimal",
            "parameters": {"scale": str(column.decimal[1])},
            "field": column.field,
        }
        for column in source.columns
        if column.decimal
    ]
    return {"type": "struct", "fields": [{"type": "struct", "fields": fields, "field": "after"}]}
