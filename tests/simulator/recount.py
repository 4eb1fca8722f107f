"""A landing folder in, what is wrong with it out: plain Python, nothing of the simulator."""

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]
HOUR = 3600
KNOWN_FIELDS = {
    "event_id",
    "device_id",
    "location_id",
    "timestamp",
    "sensor_type",
    "value",
    "unit",
    "quality_flag",
    "battery_level",
    "firmware_version",
}


@dataclass
class Reading:
    """An accepted event: when it was taken, its line's fields, when its file first brought it."""

    at: float
    event: Row
    arrival: float
    file: Path


@dataclass
class Recount:
    """What the lines themselves say."""

    lines: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    good: dict[str, Reading] = field(default_factory=dict)  # by event_id
    differing: int = 0

    def pairs(self) -> dict[tuple[str, str], list[Reading]]:
        """Readings of each (device, sensor type) in event time."""
        found = defaultdict(list)
        for reading in self.good.values():
            found[reading.event["device_id"], reading.event["sensor_type"]].append(reading)
        return {pair: sorted(readings, key=lambda r: r.at) for pair, readings in found.items()}


def event_files(out: Path) -> list[Path]:
    """Event files by arrival, then name."""
    files = [path for path in (out / "iot_events").rglob("*.ndjson*") if path.is_file()]
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))


def event_lines(path: Path) -> list[str]:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    assert content.endswith(b"\n")
    return content.decode("utf-8").split("\n")[:-1]


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_impossible(sensor: str, value: float) -> bool:
    """Beyond what the sensor could read in any of its units."""
    low, high = {"temperature": (-90, 400), "humidity": (0, 100)}.get(sensor, (0, 5_000))
    return not low <= value <= high or (sensor == "pressure" and value == 0)


def row_faults(event: Row, arrival: float) -> list[str]:
    """The kinds of fault that one line shows by itself."""
    value, unit, sensor = event["value"], event["unit"], event["sensor_type"]
    text: str = event.get("timestamp") or ""
    at = datetime.fromisoformat(text).timestamp() if text else arrival
    shown = {
        "missing_event_id": not event.get("event_id"),
        "missing_device_id": not event.get("device_id"),
        "missing_timestamp": not text,
        "wrong_type_value": not is_number(value),
        "wrong_type_battery": not is_number(event["battery_level"]),
        "unknown_fields": bool(set(event) - KNOWN_FIELDS),
        "out_of_range_values": is_number(value) and is_impossible(sensor, value),
        "future_timestamps": at > arrival + 24 * HOUR,
        "offset_timestamps": bool(text) and not text.endswith("Z"),
        "fahrenheit_units": unit == "F",
        "psi_units": unit == "psi",
        "late_events": arrival - at > HOUR,
    }
    return [kind for kind, is_so in shown.items() if is_so]


QUARANTINED = {
    "missing_event_id",
    "missing_device_id",
    "missing_timestamp",
    "wrong_type_value",
    "future_timestamps",
}


def recount_events(out: Path) -> Recount:
    """Read every line in order of arrival; fail on a line with two faults."""
    found = Recount()
    for path in event_files(out):
        arrival = path.stat().st_mtime
        for line in event_lines(path):
            found.lines += 1
            assert line.strip()
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            if not isinstance(event, dict):
                found.faults["malformed_lines"] += 1
                continue
            event_id: str = event.get("event_id") or ""
            if event_id in found.good:
                found.faults["duplicate_events"] += 1
                found.differing += found.good[event_id].event != event
                assert arrival - found.good[event_id].arrival <= HOUR / 2
                assert not row_faults(event, arrival)
                continue
            kinds = row_faults(event, arrival)
            assert len(kinds) <= 1, (kinds, line)
            found.faults.update(kinds)
            if not QUARANTINED & set(kinds):
                at = datetime.fromisoformat(event["timestamp"]).timestamp()
                found.good[event_id] = Reading(at, event, arrival, path)
    found.faults["out_of_order_events"] = len(out_of_order(found))
    return found


def out_of_order(found: Recount) -> list[Reading]:
    """Not late, yet some later reading of its pair is in a file that arrived before its own."""
    disordered = []
    for readings in found.pairs().values():
        earliest_after = float("inf")  # arrival, of everything later in event time
        for reading in reversed(readings):
            is_late = reading.arrival - reading.at > HOUR
            if not is_late and earliest_after < reading.arrival:
                disordered.append(reading)
            earliest_after = min(earliest_after, reading.arrival)
    return disordered


def flat_runs(readings: list[Reading]) -> list[int]:
    """Lengths of the runs of at least 6 equal values."""
    lengths, run = [], 1
    for before, after in zip(readings, [*readings[1:], None], strict=True):
        if after and before.event["value"] == after.event["value"]:
            run += 1
            continue
        if run >= 6:
            lengths.append(run)
        run = 1
    return lengths


def replay(out: Path, table: str, key: str) -> tuple[dict[Any, Row], int, int]:
    """Current rows of a table, and how many change events came again, and tombstones."""
    seen: dict[tuple[Any, ...], Row] = {}
    again = tombstones = 0
    for path in sorted((out / "cdc" / table).glob("*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            change = json.loads(line)
            if change is None:
                tombstones += 1
                continue
            source, row = change["source"], change["after"] or change["before"]
            assert source["table"] == table
            major, minor = json.loads(source["sequence"])
            order = (int(major or 0), int(minor))
            identity = (*order, source["txId"], source["lsn"], change["op"], row[key])
            again += identity in seen
            seen.setdefault(identity, change)
    rows: dict[Any, Row] = {}
    for identity, change in sorted(seen.items(), key=lambda item: item[0][:2]):
        if change["op"] == "d":
            assert rows.pop(identity[-1], None) is not None
        else:
            assert (identity[-1] in rows) == (change["op"] == "u")
            rows[identity[-1]] = change["after"]
    return rows, again, tombstones
