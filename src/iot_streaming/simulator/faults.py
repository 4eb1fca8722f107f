"""Clean readings in; the same with planted faults, the extra lines, and their count out."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iot_streaming.simulator.anomalies import GUARDED_LAST_SLOTS, STUCK_MARGIN
from iot_streaming.simulator.draws import I64, between, redraw, unit
from iot_streaming.simulator.fleet import E4, SENSOR_TYPES
from iot_streaming.simulator.readings import DAY_MS, GOOD, HOUR_MS, SUSPECT, Behaviour, Limits, Rows

__all__ = ["KINDS", "QUARANTINED", "WINDOW_MS", "Planter", "code_of"]

WINDOW_MS = 600_000  # arrival is cut into files of ten minutes

# Rate of each kind under the default profile, as a share of the readings it can befall.
_RATES = {
    "duplicate_events": 0.005,
    "late_events": 0.003,
    "out_of_order_events": 0.003,
    "malformed_lines": 0.002,
    "wrong_type_value": 0.002,
    "wrong_type_battery": 0.002,
    "unknown_fields": 0.003,
    "out_of_range_values": 0.003,
    "missing_event_id": 0.001,
    "missing_device_id": 0.001,
    "missing_timestamp": 0.001,
    "future_timestamps": 0.002,
    "offset_timestamps": 0.004,
    "fahrenheit_units": 0.005,
    "psi_units": 0.005,
}
KINDS = ("", *_RATES)  # a row's `fault` is an index of this
QUARANTINED = (
    "wrong_type_value",
    "missing_event_id",
    "missing_device_id",
    "missing_timestamp",
    "future_timestamps",
)

# One slot in four never has a fault; the slot before it may come out of order, and is so for sure.
_SLOT_CYCLE, _OUT_OF_ORDER_SLOT, _CLEAN_SLOT = 4, 0, 1
_OUT_OF_ORDER_WINDOWS = (2, 4)  # two or three windows: 20 to 43 minutes after the event
_LATE_MS = (95 * 60_000, 12 * HOUR_MS - 20 * 60_000)
_DUPLICATE_MS = (1_000, 18 * 60_000)
_DIFFERING_SHARE = 0.1
_FUTURE_DAYS = (2, 400)

Mask = NDArray[np.bool_]


def code_of(kind: str) -> int:
    """The number that stands for a kind in a row's `fault`."""
    return KINDS.index(kind)


def _measures(*sensor_types: str) -> Callable[[I64], Mask]:
    wanted = [SENSOR_TYPES.index(name) for name in sensor_types]
    return lambda sensor: np.isin(sensor, wanted)


_ONLY_FOR = {
    "out_of_range_values": _measures("temperature", "humidity", "pressure"),
    "fahrenheit_units": _measures("temperature"),
    "psi_units": _measures("pressure"),
}
# Two impossible values for each of those sensors.
_IMPOSSIBLE = {"temperature": (9999, -9999), "humidity": (250, -40), "pressure": (0, 0)}


@dataclass
class Planter:
    """Plants one kind at most in a row, and counts.

    `limits` and `behaviour` say which rows must stay whole; `scale` multiplies the rates. The
    first rows it sees get every kind at least once, as far as there are rows to take it.
    """

    behaviour: Behaviour
    limits: Limits
    scale: float

    def __post_init__(self) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(KINDS[1:], 0))
        self._seen_any = False

    def plant(self, rows: Rows) -> Rows:
        """The rows with their faults, and behind them the extra lines. Changes `rows`."""
        if self.scale == 0 or len(rows) == 0:
            return rows
        candidates = self._may_have_faults(rows)
        rows["fault"][candidates] = self._chosen(rows[candidates])
        if not self._seen_any:
            self._seen_any = True
            self._plant_missing_kinds(rows, candidates)
        extra = self._apply(rows)
        return np.concatenate([rows, *extra])

    def _may_have_faults(self, rows: Rows) -> I64:
        series, slot = rows["series"], rows["slot"]
        may = slot % _SLOT_CYCLE != _CLEAN_SLOT
        may &= slot < self.limits.slots[series] - GUARDED_LAST_SLOTS
        may &= ~self.limits.is_stuck(series, slot, margin=STUCK_MARGIN)
        return np.flatnonzero(may)

    def _chosen(self, rows: Rows) -> NDArray[np.uint8]:
        """Which fault befalls each row: one throw, so that two kinds never meet."""
        share_of_slots = (_SLOT_CYCLE - 1) / _SLOT_CYCLE
        rates = np.array(list(_RATES.values())) * self.scale / share_of_slots
        rates[code_of("out_of_order_events") - 1] *= _SLOT_CYCLE - 1
        upper = np.cumsum(rates)
        fault = np.searchsorted(upper, unit(redraw(rows["bits"], 11)), side="right") + 1
        fault[fault > len(_RATES)] = 0
        for kind in (*_ONLY_FOR, "late_events", "out_of_order_events"):
            of_kind = np.flatnonzero(fault == code_of(kind))
            fault[of_kind[~self._eligible(kind, rows[of_kind])]] = 0
        return fault.astype(np.uint8)

    def _eligible(self, kind: str, rows: Rows) -> Mask:
        if kind in _ONLY_FOR:
            return _ONLY_FOR[kind](self.behaviour.fleet.series_sensor[rows["series"]])
        if kind == "late_events":
            late_enough: Mask = rows["at_ms"] + _LATE_MS[0] < self.behaviour.end_ms - WINDOW_MS
            return late_enough
        if kind == "out_of_order_events":
            ordered_slot: Mask = rows["slot"] % _SLOT_CYCLE == _OUT_OF_ORDER_SLOT
            return ordered_slot & self._next_is_there(rows)
        return np.ones(len(rows), dtype=bool)

    def _next_is_there(self, rows: Rows) -> Mask:
        """Whether the next slot has a reading; being a clean slot it is good and on time."""
        series, slot = rows["series"].astype(np.int64), rows["slot"].astype(np.int64) + 1
        at_ms = self.behaviour.at_ms(series, slot, self.behaviour.bits(series, slot))
        return self.behaviour.is_up(series, at_ms)

    def _plant_missing_kinds(self, rows: Rows, candidates: I64) -> None:
        for code, kind in enumerate(KINDS):
            if code == 0 or (rows["fault"] == code).any():
                continue
            free = candidates[rows["fault"][candidates] == 0]
            free = free[self._eligible(kind, rows[free])]
            if len(free):
                rows["fault"][free[np.argmin(redraw(rows["bits"][free], 12))]] = code

    def _apply(self, rows: Rows) -> list[Rows]:
        """Carry the faults out; what text has to show is left to render.py."""
        of = {kind: np.flatnonzero(rows["fault"] == code) for code, kind in enumerate(KINDS)}
        for kind in KINDS[1:]:
            self.counts[kind] += len(of[kind])
        bits = rows["bits"]

        late = of["late_events"]
        longest = np.minimum(_LATE_MS[1], self.behaviour.end_ms - WINDOW_MS - rows["at_ms"][late])
        rows["arrival_ms"][late] = rows["at_ms"][late] + between(
            redraw(bits[late], 13), _LATE_MS[0], longest
        )
        behind = of["out_of_order_events"]
        windows = between(redraw(bits[behind], 13), *_OUT_OF_ORDER_WINDOWS)
        rows["arrival_ms"][behind] += windows * WINDOW_MS

        ahead = of["future_timestamps"]
        days_ms = between(
            redraw(bits[ahead], 13), _FUTURE_DAYS[0] * DAY_MS, _FUTURE_DAYS[1] * DAY_MS
        )
        rows["at_ms"][ahead] = rows["arrival_ms"][ahead] + days_ms
        self._make_impossible(rows, of["out_of_range_values"])
        return [
            self._duplicates(rows, of["duplicate_events"]),
            self._malformed(rows, of["malformed_lines"]),
        ]

    def _make_impossible(self, rows: Rows, chosen: I64) -> None:
        sensor = self.behaviour.fleet.series_sensor[rows["series"][chosen]]
        other = (redraw(rows["bits"][chosen], 13) & np.uint64(1)).astype(bool)
        for name, (one, two) in _IMPOSSIBLE.items():
            these = sensor == SENSOR_TYPES.index(name)
            rows["value_e4"][chosen[these]] = np.where(other[these], one, two) * E4

    def _duplicates(self, rows: Rows, chosen: I64) -> Rows:
        """Copies that arrive later; a tenth of them contradict a good original."""
        rows["fault"][chosen] = 0
        copies = rows[chosen]
        bits = redraw(copies["bits"], 13)
        copies["arrival_ms"] += between(bits, *_DUPLICATE_MS)
        differs = (unit(redraw(bits, 1)) < _DIFFERING_SHARE) & (copies["quality"] == GOOD)
        copies["quality"][differs] = SUSPECT
        copies["value_e4"][differs] += 3 * E4
        copies["fault"] = code_of("duplicate_events")
        return copies

    def _malformed(self, rows: Rows, chosen: I64) -> Rows:
        """Lines that are no JSON object, beside the reading, which stays whole."""
        lines = rows[chosen]
        rows["fault"][chosen] = 0
        return lines
