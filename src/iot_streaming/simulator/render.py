"""Rows in, newline-delimited JSON bytes out: no Python per event.

A batch becomes one matrix of bytes, a line a row and a field a block of columns. Text shorter
than its block is padded with NUL; the faults overwrite blocks; deleting the NULs leaves the lines.
"""

import numpy as np
from numpy.typing import NDArray

from iot_streaming.simulator.draws import I64, U64, draw, purpose_key, redraw
from iot_streaming.simulator.faults import code_of
from iot_streaming.simulator.fleet import DECIMALS, E4, SENSOR_TYPES, UNITS, Fleet, firmware_text
from iot_streaming.simulator.readings import DAY_MS, Rows
from iot_streaming.simulator.texts import (
    CONVERTED_DECIMALS,
    EXTRA_FIELDS,
    GARBAGE,
    OFFSETS,
    WRONG_BATTERIES,
    WRONG_VALUES,
    Bytes,
    fractions,
    hex_pairs,
    millis,
    minutes,
    seconds,
    table,
    wholes,
)

__all__ = ["LONGEST_LINE", "LineRenderer"]

_QUALITY = ("good", "suspect", "bad")  # by readings.GOOD, SUSPECT, BAD
_UNITS = (*(UNITS[name] for name in SENSOR_TYPES), "F", "psi")
_FAHRENHEIT, _PSI = _UNITS.index("F"), _UNITS.index("psi")
_PSI_PER_HPA = 0.0145037738
_BATCH = 32_768

# Name and width of each block, in the order of the line.
_LAYOUT = (
    ("event_id", 51),
    ("device_id", 30),
    ("location_id", 27),
    ("timestamp", 45),
    ("sensor", 38),
    ("value", 11),
    ("unit_quality", 64),
    ("battery", 6),
    ("firmware", 30),
    ("extra", 40),
    ("end", 2),
)
_WIDTH = sum(width for _, width in _LAYOUT)
LONGEST_LINE = _WIDTH


def _spans() -> dict[str, slice]:
    spans, at = {}, 0
    for name, width in _LAYOUT:
        spans[name] = slice(at, at + width)
        at += width
    return spans


_SPAN = _spans()


class LineRenderer:
    """Writes the rows of one fleet as lines."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        devices = range(fleet.devices)
        self._device = table([f'"device_id":"{fleet.device_id(device)}",' for device in devices])
        self._location = table(
            [
                f'"location_id":"{fleet.location_id(int(location))}",'
                for location in fleet.device_location
            ]
        )
        self._sensor = table([f'"sensor_type":"{name}","value":' for name in SENSOR_TYPES])
        self._unit_quality = table(
            [
                f',"unit":"{unit}","quality_flag":"{quality}","battery_level":'
                for unit in _UNITS
                for quality in _QUALITY
            ]
        )
        self._battery = table([str(percent) for percent in range(101)])
        self._decimals = np.array([DECIMALS[name] for name in SENSOR_TYPES])
        # Two simulations of one fleet, one after the other, are different readings.
        self._id_key = purpose_key(fleet.seed, f"event_id/{fleet.start_ms}")

    def lines(self, rows: Rows) -> bytes:
        """The lines of the rows, in their order."""
        batches = range(0, len(rows), _BATCH)
        return b"".join(self._batch(rows[start : start + _BATCH]) for start in batches)

    def _batch(self, rows: Rows) -> bytes:
        matrix: Bytes = np.zeros((len(rows), _WIDTH), dtype=np.uint8)
        series = rows["series"]
        device, sensor = self.fleet.series_device[series], self.fleet.series_sensor[series]
        self._put_event_id(matrix, rows)
        _put(matrix, "device_id", self._device[device])
        _put(matrix, "location_id", self._location[device])
        _put(matrix, "sensor", self._sensor[sensor])
        self._put_timestamp(matrix, rows)
        self._put_value_and_unit(matrix, rows, sensor)
        _put(matrix, "battery", self._battery[rows["battery"]])
        self._put_firmware(matrix, rows["firmware"])
        matrix[:, _SPAN["end"]] = np.frombuffer(b"}\n", dtype=np.uint8)
        self._overwrite_faults(matrix, rows)
        return matrix.tobytes().translate(None, b"\0")

    def _put_event_id(self, matrix: Bytes, rows: Rows) -> None:
        """Sixteen bytes as a UUID; the second half is a bijection of (series, slot)."""
        place = (rows["series"].astype(np.uint64) << np.uint64(32)) | rows["slot"].astype(np.uint64)
        halves = np.stack([redraw(rows["bits"], 21), draw(self._id_key, place)], axis=1)
        digits = hex_pairs()[halves.astype(">u8").view(np.uint8)].reshape(len(rows), 32)
        start = _SPAN["event_id"].start
        template = b'{"event_id":"' + b"-" * 36 + b'",'
        matrix[:, _SPAN["event_id"]] = np.frombuffer(template, dtype=np.uint8)
        at, taken = start + len(b'{"event_id":"'), 0
        for group in (8, 4, 4, 4, 12):
            matrix[:, at : at + group] = digits[:, taken : taken + group]
            at, taken = at + group + 1, taken + group

    def _put_timestamp(self, matrix: Bytes, rows: Rows) -> None:
        at_ms: I64 = rows["at_ms"].copy()
        zone: NDArray[np.intp] = np.zeros(len(rows), dtype=np.intp)
        shifted = _with_fault(rows, "offset_timestamps")
        zone[shifted] = 1 + _pick(rows["bits"][shifted], len(OFFSETS))
        ahead = np.array([0, *(offset for _, offset in OFFSETS)])
        at_ms += ahead[zone] * 60_000
        days, day_index = np.unique(at_ms // DAY_MS, return_inverse=True)
        dates = np.datetime_as_string(days.astype("datetime64[D]"))
        suffixes = table([f'{text}",' for text in ("Z", *(text for text, _ in OFFSETS))])
        blocks = (
            table([f'"timestamp":"{date}T' for date in dates])[day_index],
            minutes()[at_ms // 60_000 % 1440],
            seconds()[at_ms // 1000 % 60],
            millis()[at_ms % 1000],
            suffixes[zone],
        )
        _put(matrix, "timestamp", *blocks)

    def _put_value_and_unit(self, matrix: Bytes, rows: Rows, sensor: I64) -> None:
        value: I64 = rows["value_e4"].copy()
        decimals, unit = self._decimals[sensor], sensor.copy()
        fahrenheit = _with_fault(rows, "fahrenheit_units")
        psi = _with_fault(rows, "psi_units")
        value[fahrenheit] = np.rint(value[fahrenheit] * 1.8).astype(np.int64) + 32 * E4
        value[psi] = np.rint(value[psi] * _PSI_PER_HPA).astype(np.int64)
        for these, unit_index in ((fahrenheit, _FAHRENHEIT), (psi, _PSI)):
            decimals[these] = CONVERTED_DECIMALS
            unit[these] = unit_index
        size = np.abs(value)
        sign = np.where(value < 0, np.uint8(ord("-")), np.uint8(0))[:, None]
        fraction = fractions()[decimals * E4 + size % E4]
        _put(matrix, "value", sign, wholes()[size // E4], fraction)
        _put(matrix, "unit_quality", self._unit_quality[unit * len(_QUALITY) + rows["quality"]])

    def _put_firmware(self, matrix: Bytes, firmware: NDArray[np.int32]) -> None:
        versions, index = np.unique(firmware, return_inverse=True)
        texts = [f',"firmware_version":"{firmware_text(int(version))}"' for version in versions]
        _put(matrix, "firmware", table(texts)[index])

    def _overwrite_faults(self, matrix: Bytes, rows: Rows) -> None:
        """Each kind that shows in the text only."""
        choices = {
            ("wrong_type_value", "value"): WRONG_VALUES,
            ("wrong_type_battery", "battery"): WRONG_BATTERIES,
            ("unknown_fields", "extra"): EXTRA_FIELDS,
            ("missing_event_id", "event_id"): ("{", '{"event_id":null,'),
            ("missing_device_id", "device_id"): ("", '"device_id":null,'),
            ("missing_timestamp", "timestamp"): ("", '"timestamp":null,'),
        }
        for (kind, block), texts in choices.items():
            these = _with_fault(rows, kind)
            picked = table(texts)[_pick(rows["bits"][these], len(texts))]
            matrix[these, _SPAN[block]] = 0
            start = _SPAN[block].start
            matrix[these, start : start + picked.shape[1]] = picked
        self._overwrite_malformed(matrix, rows)

    def _overwrite_malformed(self, matrix: Bytes, rows: Rows) -> None:
        """Half are lines cut short somewhere, half are something else altogether."""
        these = _with_fault(rows, "malformed_lines")
        if len(these) == 0:
            return
        bits: U64 = rows["bits"][these]
        cut = (redraw(bits, 23) & np.uint64(1)).astype(bool)
        end = _SPAN["end"].start
        lines = matrix[these]
        garbage = table(GARBAGE)
        keep = 14 + _pick(bits, end - 14)
        lines[np.arange(_WIDTH) >= keep[:, None]] = 0
        lines[~cut] = 0
        lines[~cut, : garbage.shape[1]] = garbage[_pick(bits[~cut], len(GARBAGE))]
        lines[:, -1] = ord("\n")
        matrix[these] = lines


def _put(matrix: Bytes, block: str, *parts: Bytes) -> None:
    """Lay parts beside each other at the beginning of a block."""
    at = _SPAN[block].start
    for part in parts:
        matrix[:, at : at + part.shape[1]] = part
        at += part.shape[1]
    if at > _SPAN[block].stop:
        raise AssertionError(f"{at - _SPAN[block].stop} bytes too many for the block {block}")


def _with_fault(rows: Rows, kind: str) -> NDArray[np.intp]:
    return np.flatnonzero(rows["fault"] == code_of(kind))


def _pick(bits: U64, among: int) -> NDArray[np.intp]:
    """An index below `among` for each."""
    return (redraw(bits, 22) % np.uint64(among)).astype(np.intp)
