"""What one line becomes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.bronze.conftest import Lakehouse, event, lines


def row_of(lakehouse: Lakehouse, line: Any) -> dict[str, Any]:
    lakehouse.land("a.ndjson", lines(line))
    lakehouse.ingest()
    (row,) = lakehouse.bronze()
    return row


def test_sound_event_is_typed_and_unflagged(lakehouse: Lakehouse) -> None:
    row = row_of(lakehouse, event())
    assert row["event_at"] == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert (row["value"], row["battery_level"], row["utc_offset"]) == (21.5, 80.0, "Z")
    assert (row["_errors"], row["_warnings"]) == ([], [])
    assert row["_rescued_data"] is None and row["_corrupt_record"] is None
    assert row["_source_file"] == "iot_events/a.ndjson"
    assert row["_source_file_modified_at"] == datetime.fromtimestamp(1_767_700_000, UTC)


@pytest.mark.parametrize(
    ("text", "instant", "offset"),
    [
        ("2026-01-05T12:00:00+05:30", datetime(2026, 1, 5, 6, 30, tzinfo=UTC), "+05:30"),
        ("2026-01-05T12:00:00.5-08:00", datetime(2026, 1, 5, 20, 0, 0, 500000, UTC), "-08:00"),
        ("2026-01-05T12:00:00", datetime(2026, 1, 5, 12, tzinfo=UTC), None),
        ("2026-01-05", datetime(2026, 1, 5, tzinfo=UTC), None),
    ],
)
def test_offset_is_applied_and_kept(
    lakehouse: Lakehouse, text: str, instant: datetime, offset: str | None
) -> None:
    row = row_of(lakehouse, event(timestamp=text))
    assert (row["event_at"], row["utc_offset"], row["_rescued_data"]) == (instant, offset, None)


def test_unknown_fields_are_rescued_and_nothing_else(lakehouse: Lakehouse) -> None:
    row = row_of(lakehouse, event() | {"rssi": -71, 'odd"/~name': {"a": [1, None]}})
    assert json.loads(row["_rescued_data"]) == {"rssi": -71, 'odd"/~name': {"a": [1, None]}}
    assert row["_errors"] == [] and row["value"] == 21.5


@pytest.mark.parametrize("value", ["n/a", {"a": 1}, [1, 2], True])
def test_value_of_the_wrong_type_is_rescued_and_quarantined(
    lakehouse: Lakehouse, value: object
) -> None:
    row = row_of(lakehouse, event(value=value))
    assert row["value"] is None
    assert json.loads(row["_rescued_data"]) == {"value": value}
    assert row["_errors"] == ["value_present"]


def test_wrong_battery_is_rescued_and_only_warned_of(lakehouse: Lakehouse) -> None:
    row = row_of(lakehouse, event(battery_level="low"))
    assert json.loads(row["_rescued_data"]) == {"battery_level": "low"}
    assert (row["_errors"], row["_warnings"]) == ([], ["battery_level_in_percent"])


@pytest.mark.parametrize(
    "line", ['{"event_id":"e-1","dev', "garbage", "[1, 2]", "null", '"text"', "{'a': 1}", "{}}"]
)
def test_line_that_is_no_object_is_kept_as_corrupt(lakehouse: Lakehouse, line: str) -> None:
    row = row_of(lakehouse, line)
    assert row["_corrupt_record"] == line
    assert (row["_errors"], row["_warnings"]) == (["malformed_record"], [])
    assert row["event_id"] is None


def test_each_broken_rule_is_named(lakehouse: Lakehouse) -> None:
    row = row_of(lakehouse, event(event_id=None, device_id=None, quality_flag="great", value="NaN"))
    assert row["_errors"] == ["event_id_present", "device_id_present"]
    assert row["_warnings"] == ["value_is_a_finite_number", "quality_flag_known"]


def test_event_from_the_future_is_quarantined(lakehouse: Lakehouse) -> None:
    assert row_of(lakehouse, event(timestamp="2099-01-01T00:00:00Z"))["_errors"] == [
        "event_at_not_in_future"
    ]


def test_object_that_says_a_field_twice_is_kept_whole(lakehouse: Lakehouse) -> None:
    line = json.dumps(event())[:-1] + ', "value": 3}'
    assert row_of(lakehouse, line)["_rescued_data"] == line


def test_explicit_null_is_no_loss(lakehouse: Lakehouse) -> None:
    line = json.dumps(event(unit=None))[:-1] + ', "unit": null}'
    row = row_of(lakehouse, line)
    assert row["unit"] is None and row["_rescued_data"] is None


def test_deeply_nested_object_is_rescued(lakehouse: Lakehouse) -> None:
    deep = '{"a":' * 10_000 + "1" + "}" * 10_000
    row = row_of(lakehouse, deep)
    assert row["_rescued_data"] == deep
    assert "event_id_present" in row["_errors"]
