"""Readings and changes in, in parts; the same gold out as a full refresh gives, row by row."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.dbt.dbt_lakehouse import Lakehouse, Row, event_line

BUILD = ("build", "--exclude-resource-type", "test", "unit_test")
START = datetime(2026, 1, 5, 21, tzinfo=UTC)
UPDATED_AT = "2026-01-05T00:00:00Z"
# A log of what the increments met; a full refresh has nothing to tell.
LOGS = ("int_moved_readings",)


def change(table: str, number: int, op: str = "u", **after: object) -> str:
    """A Debezium line of change `number` (changes count in this order)."""
    source = {
        "ts_ms": 1767571200000 + number,
        "snapshot": "false",
        "sequence": json.dumps([str(number), str(number)]),
        "table": table,
        "txId": number,
        "lsn": number,
    }
    images = {"before": after, "after": None} if op == "d" else {"before": None, "after": after}
    return json.dumps({**images, "source": source, "op": op, "ts_ms": 1767571200000})


def device(number: int, device_id: str, device_type: str) -> str:
    return change(
        "devices",
        number,
        device_id=device_id,
        device_type=device_type,
        customer_id="C1",
        location_id="LOC-1",
        status="ACTIVE",
    )


def threshold(number: int, threshold_id: int, sensor_type: str, **fields: object) -> str:
    return change(
        "alert_thresholds",
        number,
        "u",
        threshold_id=threshold_id,
        sensor_type=sensor_type,
        severity="HIGH",
        updated_at=UPDATED_AT,
        **{"device_id": None, "min_value": None, "is_enabled": True, **fields},
    )


def readings(seed: int) -> list[tuple[float, str]]:
    """(hour of arrival, line): three nights of four devices, in order of arrival.

    With flat lines, spikes, odd units, repeats, versions that say another time, device, sensor or
    place, readings that arrive a day late, and a clock that was never set.
    """
    draw = random.Random(seed)
    arrivals: list[tuple[float, str]] = []
    for device_no in range(4):
        for sensor_type, unit in (("temperature", "C"), ("humidity", "%")):
            value = 20.0
            for minute in range(0, 54 * 60, 5):
                # DEV-3 is offline for a day and a half.
                if device_no == 3 and 6 * 60 < minute < 44 * 60:
                    continue
                at = START + timedelta(minutes=minute, seconds=device_no)
                # Values often stay as they are: flat lines begin and end anywhere.
                value = draw.choice((value, value, value, value, 20.0, 21.5, 22.0, 45.0))
                event_id = f"{device_no}-{sensor_type}-{minute}"
                line = event_line(
                    event_id,
                    at.isoformat(),
                    device_id=f"DEV-{device_no}",
                    location_id=draw.choice(("LOC-1", "LOC-1", f"LOC-{minute // 600}", None)),
                    sensor_type=sensor_type,
                    value=value,
                    unit=draw.choice((unit, unit, unit, unit, "F", None)),
                    quality_flag=draw.choice(("good", "good", "good", "good", "suspect", "bad")),
                    battery_level=draw.choice((80, 50, None)),
                )
                delay = draw.choice((0.1, 0.1, 0.1, 0.2, 2, 30))
                arrivals.append((minute / 60 + delay, line))
                if draw.random() < 0.1:
                    moved = json.loads(line) | {
                        "timestamp": (at + timedelta(hours=draw.randrange(-40, 3))).isoformat(),
                        "device_id": f"DEV-{draw.randrange(5)}",
                        "location_id": f"LOC-{draw.randrange(90, 99)}",
                        "sensor_type": draw.choice(("temperature", "humidity")),
                        "quality_flag": draw.choice(("good", "suspect")),
                    }
                    arrivals.append((minute / 60 + delay + draw.choice((0, 5)), json.dumps(moved)))
    unset_clock = event_line("unset", "1970-01-01T00:00:07Z", device_id="DEV-0")
    arrivals.append((20, unset_clock))
    # A device of which one reading is all there is, and that reading was another's.
    stray = {"device_id": "DEV-STRAY", "location_id": "LOC-STRAY", "quality_flag": "suspect"}
    arrivals.append((3, event_line("stray", "2026-01-05T22:00:00Z", **stray)))
    arrivals.append((30, event_line("stray", "2026-01-05T23:00:00Z", device_id="DEV-1")))
    return sorted(arrivals)


def gold_of(lakehouse: Lakehouse) -> dict[str, Counter[Row]]:
    """The rows of each gold table."""
    names = lakehouse.rows(
        "select table_name from information_schema.tables where table_schema = 'dev_gold'"
    )
    return {
        name: Counter(lakehouse.rows(f"select columns(*) from dev_gold.{name}"))
        for (name,) in names
        if name not in LOGS
    }


def differences(
    incremental: dict[str, Counter[Row]], full: dict[str, Counter[Row]]
) -> dict[str, list[list[Row]]]:
    """Per table, rows that only the one and only the other has."""
    assert incremental.keys() == full.keys()
    return {
        name: [list(rows - full[name])[:3], list(full[name] - rows)[:3]]
        for name, rows in incremental.items()
        if rows != full[name]
    }


@pytest.mark.parametrize("seed", range(2))
def test_increments_give_what_a_full_refresh_gives(
    new_lakehouse: Callable[[], Lakehouse], seed: int
) -> None:
    lakehouse = new_lakehouse()
    arrivals = readings(seed)
    # DEV-2 never appears in change data, DEV-1 only later, DEV-3 turns into another type.
    changes = [
        {
            "cdc_devices": [device(1, "DEV-0", "climate"), device(2, "DEV-3", "cold_chain")],
            "cdc_alert_thresholds": [
                threshold(1, 1, "temperature", max_value="40"),
                threshold(2, 2, "temperature", max_value="30", device_id="DEV-0"),
            ],
        },
        {
            "cdc_devices": [device(3, "DEV-1", "climate")],
            "cdc_alert_thresholds": [
                threshold(3, 1, "humidity", max_value="21"),
                threshold(4, 2, "temperature", max_value="21", device_id="DEV-1"),
            ],
        },
        {},
        {
            "cdc_devices": [device(4, "DEV-3", "occupancy")],
            "cdc_alert_thresholds": [change("alert_thresholds", 5, "d", threshold_id=1)],
        },
        # DEV-1's own rule becomes DEV-2's.
        {
            "cdc_alert_thresholds": [
                threshold(6, 2, "temperature", max_value="22", device_id="DEV-2"),
                threshold(7, 3, "humidity", max_value="1", is_enabled=False),
            ],
        },
    ]
    cuts = [0, 5, 26, 27, 50, 1000]
    for number, (changed, since, until) in enumerate(
        zip(changes, cuts[:-1], cuts[1:], strict=True)
    ):
        for source, lines in changed.items():
            lakehouse.land(source, lines)
        lines = [line for hour, line in arrivals if since <= hour < until]
        arrived_at = (START + timedelta(hours=min(until, 90))).timestamp()
        lakehouse.land("iot_events", lines, arrived_at=arrived_at)
        lakehouse.ingest()
        lakehouse.build(*BUILD)
        if number in (1, 3, 4):
            refreshed = new_lakehouse()
            shutil.copyfile(lakehouse.settings.warehouse, refreshed.settings.warehouse)
            refreshed.build(*BUILD, "--full-refresh")
            assert differences(gold_of(lakehouse), gold_of(refreshed)) == {}

    # It is no proof when nothing of it happened.
    [(flat, breaches, late)] = lakehouse.rows(
        "select sum(flat_line_readings), sum(breaches), sum(late_readings) "
        "from dev_gold.agg_daily_device_metrics"
    )
    assert flat > 0
    assert breaches > 0
    assert late > 0
    [(moved,)] = lakehouse.rows("select count(*) from dev_gold.int_moved_readings")
    assert moved > 0

    before = gold_of(lakehouse)
    lakehouse.build(*BUILD)
    assert differences(gold_of(lakehouse), before) == {}
    lakehouse.build(*BUILD, "--vars", "ingest_lookback_minutes: 60")
    assert differences(gold_of(lakehouse), before) == {}


def test_a_changed_seed_is_applied_to_old_rows(
    new_lakehouse: Callable[[], Lakehouse],
) -> None:
    lakehouse = new_lakehouse()
    lakehouse.land("cdc_devices", [device(1, "DEV-0", "climate")])
    lakehouse.land("iot_events", [line for _, line in readings(7)])
    lakehouse.ingest()
    lakehouse.build(*BUILD)
    before = gold_of(lakehouse)
    seed = lakehouse.dbt.project / "seeds" / "expected_intervals.csv"
    text = seed.read_text(encoding="utf-8")
    try:
        seed.write_text(text.replace("climate,humidity,60", "climate,humidity,300"))
        lakehouse.build("seed", "--select", "expected_intervals")
        lakehouse.build("run", "--select", "marts")
        incremental = gold_of(lakehouse)
        assert differences(incremental, before).keys() >= {
            "agg_daily_device_metrics",
            "int_sensors",
        }
        lakehouse.build("run", "--select", "marts", "--full-refresh")
        assert differences(incremental, gold_of(lakehouse)) == {}
    finally:
        seed.write_text(text, encoding="utf-8")
