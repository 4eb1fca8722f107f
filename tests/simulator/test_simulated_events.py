"""The planted faults, recounted from the files by plain Python."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iot_streaming.simulator import Manifest, Simulation, simulate
from iot_streaming.simulator.anomalies import plan
from iot_streaming.simulator.fleet import DEVICE_TYPES, EXPECTED_INTERVALS, Fleet
from iot_streaming.simulator.readings import Behaviour
from tests.simulator.recount import (
    event_files,
    event_lines,
    flat_runs,
    out_of_order,
    recount_events,
)

Landed = tuple[Path, Manifest]
PAIR_KINDS = {"stuck_sensors", "stuck_readings", "silent_sensors", "redelivered_changes"}


def assert_recounted(out: Path, manifest: Manifest) -> None:
    found = recount_events(out)
    planted = {kind: n for kind, n in manifest.faults.items() if kind not in PAIR_KINDS}
    assert {kind: found.faults[kind] for kind in planted} == planted
    assert manifest.good_event_ids == len(found.good)
    assert manifest.sources["iot_events"].lines == found.lines
    assert found.lines == sum(len(event_lines(path)) for path in event_files(out))
    sizes = [path.stat().st_size for path in event_files(out)]
    assert manifest.sources["iot_events"].bytes == sum(sizes)
    assert manifest.sources["iot_events"].files == len(sizes)

    runs = {
        "/".join(pair): flat_runs(readings)
        for pair, readings in found.pairs().items()
        if pair[1] != "motion" and flat_runs(readings)
    }
    assert sorted(runs) == sorted(manifest.details["stuck_sensors"])
    assert manifest.faults["stuck_sensors"] == len(runs)
    assert manifest.faults["stuck_readings"] == sum(map(sum, runs.values()))
    assert all(max(lengths) >= 20 for lengths in runs.values())
    assert sorted(silent_pairs(out)) == sorted(manifest.details["silent_sensors"])
    assert manifest.faults["silent_sensors"] == len(manifest.details["silent_sensors"])


def silent_pairs(out: Path) -> list[str]:
    """Pairs whose last reading is older than 3 x their interval before the newest of all."""
    found = recount_events(out)
    watermark = max(reading.at for reading in found.good.values())
    types = device_types(out)
    intervals = {(kind, sensor): seconds for kind, sensor, seconds in EXPECTED_INTERVALS}
    return [
        f"{device}/{sensor}"
        for (device, sensor), readings in found.pairs().items()
        if watermark - readings[-1].at > 3 * intervals[types[device], sensor]
    ]


def device_types(out: Path) -> dict[str, str]:
    [snapshot, *_] = sorted((out / "cdc" / "devices").iterdir())
    rows = [json.loads(line)["after"] for line in snapshot.read_text().splitlines()]
    return {row["device_id"]: row["device_type"] for row in rows}


def test_every_planted_fault_is_in_the_files(landed: Landed) -> None:
    out, manifest = landed
    assert_recounted(out, manifest)
    assert all(manifest.faults.values()), manifest.faults


@pytest.mark.parametrize("profile", ["light", "heavy"])
def test_other_profiles_count_as_exactly(profile: str, tmp_path: Path) -> None:
    manifest = simulate(Simulation(seed=3, devices=13, hours=7, faults=profile), tmp_path)
    assert_recounted(tmp_path, manifest)
    assert all(n for kind, n in manifest.faults.items() if kind != "redelivered_changes")


def test_profile_none_plants_nothing(tmp_path: Path) -> None:
    manifest = simulate(Simulation(devices=12, hours=6, faults="none"), tmp_path)
    assert_recounted(tmp_path, manifest)
    assert not any(manifest.faults.values())
    assert manifest.sources["iot_events"].lines == manifest.good_event_ids


def test_some_duplicates_differ_and_are_suspect(landed: Landed) -> None:
    out, manifest = landed
    found = recount_events(out)
    assert 0 < found.differing < manifest.faults["duplicate_events"] / 3


def test_converted_units_convert_back(tmp_path: Path) -> None:
    """The same fleet without faults reads what the converted readings mean."""
    dirty, clean = tmp_path / "dirty", tmp_path / "clean"
    simulate(Simulation(seed=5, devices=6, hours=3, faults="heavy"), dirty)
    simulate(Simulation(seed=5, devices=6, hours=3, faults="none"), clean)
    truth = recount_events(clean).good
    units = set()
    for event_id, reading in recount_events(dirty).good.items():
        value, unit = reading.event["value"], reading.event["unit"]
        units.add(unit)
        if unit == "F":
            assert abs((value - 32) / 1.8 - truth[event_id].event["value"]) < 0.02
        if unit == "psi":
            assert abs(value / 0.0145037738 - truth[event_id].event["value"]) < 0.02
    assert {"F", "psi"} < units


def test_late_events_arrive_within_half_a_day(landed: Landed) -> None:
    delays = [(r.arrival - r.at) / 60 for r in recount_events(landed[0]).good.values()]
    assert all(delay < 60 or 90 <= delay <= 720 for delay in delays)
    disordered = [(r.arrival - r.at) / 60 for r in out_of_order(recount_events(landed[0]))]
    assert disordered
    assert all(15 < delay < 50 for delay in disordered)
    on_time = sum(delay < 20 for delay in delays)
    assert on_time >= len(delays) - len(disordered) - landed[1].faults["late_events"]


def test_a_device_that_is_up_reads_once_a_slot(landed: Landed) -> None:
    found, types = recount_events(landed[0]), device_types(landed[0])
    intervals = {(kind, sensor): seconds for kind, sensor, seconds in EXPECTED_INTERVALS}
    for (device, sensor), readings in found.pairs().items():
        seconds = intervals[types[device], sensor]
        slots = [reading.at // seconds for reading in readings]
        assert len(slots) == len(set(slots))
        if f"{device}/{sensor}" not in landed[1].details["silent_sensors"]:
            assert len(slots) > 14 * 3600 / seconds * 0.6


def test_the_end_of_every_sensor_is_whole(tmp_path: Path) -> None:
    """Else one that lives could look silent."""
    simulation = Simulation(seed=3, devices=13, hours=7, faults="heavy")
    silent = simulate(simulation, tmp_path).details["silent_sensors"]
    types = device_types(tmp_path)
    intervals = {(kind, sensor): seconds for kind, sensor, seconds in EXPECTED_INTERVALS}
    for (device, sensor), readings in recount_events(tmp_path).pairs().items():
        seconds = intervals[types[device], sensor]
        last = [reading.at // seconds for reading in readings[-4:]]
        assert last == [last[0] + step for step in range(4)]
        if f"{device}/{sensor}" not in silent:
            assert last[-1] == simulation.end_ms // 1000 // seconds - 1


@pytest.mark.parametrize("types", [("logger", "climate"), ("logger",)])
def test_no_device_falls_wholly_silent(
    types: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A logger's only sensor was silenced like any other's, and the device with it."""
    monkeypatch.setitem(DEVICE_TYPES, "logger", DEVICE_TYPES["climate"][:1])
    monkeypatch.setattr("iot_streaming.simulator.fleet._TYPE_PATTERN", types)
    simulation = Simulation(devices=20, hours=10)
    fleet = Fleet(7, simulation.devices, simulation.start_ms)
    _, silent = plan(Behaviour(fleet, simulation.end_ms), simulation.end_ms, scale=100)
    devices = {int(fleet.series_device[series]) for series in silent}
    assert len(devices) == len(silent) == fleet.device_types.count("climate")
    assert {fleet.device_types[device] for device in devices} <= {"climate"}


def test_the_fleet_has_every_type_and_sensor(landed: Landed) -> None:
    types = device_types(landed[0])
    assert set(types.values()) == set(DEVICE_TYPES)
    pairs = {(types[device], sensor) for device, sensor in recount_events(landed[0]).pairs()}
    assert pairs == {(kind, sensor) for kind, sensor, _ in EXPECTED_INTERVALS}


def test_batteries_drain_and_firmware_grows(landed: Landed) -> None:
    for readings in recount_events(landed[0]).pairs().values():
        firmware = [tuple(map(int, r.event["firmware_version"].split("."))) for r in readings]
        assert firmware == sorted(firmware)
        levels = [r.event["battery_level"] for r in readings if r.event["battery_level"] != "low"]
        assert all(0 <= level <= 100 for level in levels if isinstance(level, int))


def test_files_are_named_and_dated_by_arrival(landed: Landed) -> None:
    for path in event_files(landed[0]):
        window = path.name.split("-")[1]
        begin = datetime.strptime(window, "%Y%m%dT%H%M").replace(tzinfo=UTC)
        assert path.parent.name == f"date={begin:%Y-%m-%d}"
        assert 600 < path.stat().st_mtime - begin.timestamp() < 620


def test_gzip_holds_the_same_lines(tmp_path: Path) -> None:
    settings = Simulation(devices=5, hours=1)
    simulate(settings, tmp_path / "plain")
    simulate(replace(settings, gzip=True), tmp_path / "packed")
    plain, packed = (
        [event_lines(path) for path in event_files(tmp_path / name)] for name in ("plain", "packed")
    )
    assert plain == packed
    assert_recounted(tmp_path / "packed", Manifest.read(tmp_path / "packed"))
