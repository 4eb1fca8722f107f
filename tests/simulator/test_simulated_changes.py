"""The change files, replayed by plain Python, agree with the manifest and the events."""

import json
from collections import Counter
from pathlib import Path

from iot_streaming.simulator import Manifest, Simulation, simulate
from tests.simulator.recount import event_files, recount_events, replay

Landed = tuple[Path, Manifest]
KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "locations": "location_id",
    "devices": "device_id",
    "alert_thresholds": "threshold_id",
    "alerts": "alert_id",
}


def test_replay_gives_the_tables(landed: Landed) -> None:
    out, manifest = landed
    replayed = {table: replay(out, table, key) for table, key in KEYS.items()}
    assert {table: len(rows) for table, (rows, _, _) in replayed.items()} == manifest.tables
    again = sum(count for _, count, _ in replayed.values())
    assert manifest.faults["redelivered_changes"] == again > 0
    for table in KEYS:
        count = manifest.sources[f"cdc_{table}"]
        files = list((out / "cdc" / table).iterdir())
        assert count.files == len(files)
        assert count.bytes == sum(path.stat().st_size for path in files)
        assert count.lines == sum(path.read_bytes().count(b"\n") for path in files)


def test_every_reference_exists(landed: Landed) -> None:
    out, _ = landed
    rows = {table: replay(out, table, key)[0] for table, key in KEYS.items()}
    for order in rows["orders"].values():
        assert order["customer_id"] in rows["customers"]
        assert order["product_id"] in rows["products"]
    for device in rows["devices"].values():
        assert device["customer_id"] in rows["customers"]
        assert device["product_id"] in rows["products"]
        assert device["location_id"] in rows["locations"]
    for threshold in rows["alert_thresholds"].values():
        assert threshold["device_id"] is None or threshold["device_id"] in rows["devices"]
    for alert in rows["alerts"].values():
        assert alert["device_id"] in rows["devices"]
        assert alert["threshold_id"] in rows["alert_thresholds"]


def test_events_come_from_known_devices_where_they_stand(landed: Landed) -> None:
    out, _ = landed
    devices = replay(out, "devices", "device_id")[0]
    for reading in recount_events(out).good.values():
        device = devices[reading.event["device_id"]]
        assert device["location_id"] == reading.event["location_id"]
    last = max(recount_events(out).good.values(), key=lambda r: (r.event["device_id"], r.at))
    device = devices[last.event["device_id"]]
    assert device["firmware_version"] == last.event["firmware_version"]


def test_an_alert_is_the_third_reading_in_a_row_past_its_threshold(landed: Landed) -> None:
    out, _ = landed
    thresholds = replay(out, "alert_thresholds", "threshold_id")[0]
    alerts = replay(out, "alerts", "alert_id")[0]
    pairs = recount_events(out).pairs()
    assert alerts
    for alert in alerts.values():
        threshold = thresholds[alert["threshold_id"]]
        assert threshold["is_enabled"]
        assert threshold["device_id"] in (None, alert["device_id"])
        assert threshold["sensor_type"] == alert["sensor_type"]
        assert threshold["severity"] == alert["severity"]
        low = float(threshold["min_value"] or "-inf")
        high = float(threshold["max_value"] or "inf")
        readings = pairs[alert["device_id"], alert["sensor_type"]]
        times = [_as_iso(reading.event["timestamp"]) for reading in readings]
        at = times.index(alert["triggered_at"])
        assert readings[at].event["value"] == alert["sensor_value"]
        believed = [
            reading.event["value"]
            for reading in readings[: at + 1]
            if reading.event["unit"] not in ("F", "psi") and reading.event["quality_flag"] != "bad"
        ]
        assert all(not low <= value <= high for value in believed[-3:])


def _as_iso(text: str) -> str:
    return text.replace("Z", "000Z")


def test_alerts_and_orders_move_on(tmp_path: Path) -> None:
    out = tmp_path
    simulate(Simulation(devices=60, hours=26), out)
    alerts = replay(out, "alerts", "alert_id")[0].values()
    assert {"OPEN", "ACK", "RESOLVED"} >= {alert["status"] for alert in alerts}
    assert any(alert["acknowledged_at"] for alert in alerts)
    assert any(alert["resolved_at"] for alert in alerts)
    assert any(alert["resolved_at"] is None for alert in alerts)
    for alert in alerts:
        steps = [alert[name] for name in ("triggered_at", "acknowledged_at", "resolved_at")]
        present = [step for step in steps if step]
        assert present == sorted(present)
    statuses = Counter(row["order_status"] for row in replay(out, "orders", "order_id")[0].values())
    assert set(statuses) <= {"PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"}
    assert len(statuses) >= 4


def test_envelopes_are_shaped_like_captured_ones(landed: Landed) -> None:
    out, _ = landed
    ops: Counter[str] = Counter()
    transactions: Counter[int] = Counter()
    for table in KEYS:
        files = sorted((out / "cdc" / table).iterdir())
        lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            change = json.loads(line)
            if change is None:
                continue
            ops[change["op"]] += 1
            assert list(change) == (
                ["before", "after", "source", "transaction", "op", "ts_ms", "ts_us", "ts_ns"]
            )
            if change["op"] == "d":
                assert change["after"] is None
                assert following == "null"
            if change["op"] == "r":
                assert json.loads(change["source"]["sequence"])[0] is None
                assert change["transaction"] is None
            else:
                transactions[change["source"]["txId"]] += 1
    assert set(ops) == set("rcud")
    assert max(transactions.values()) > 1


def test_snapshot_comes_first_and_before_the_first_event(landed: Landed) -> None:
    out, _ = landed
    first_event = event_files(out)[0].stat().st_mtime
    for table in ("customers", "devices", "locations", "alert_thresholds"):
        snapshot = min((out / "cdc" / table).iterdir())
        assert snapshot.stat().st_mtime < first_event
        assert {json.loads(line)["op"] for line in snapshot.read_text().splitlines()} == {"r"}
