"""A fleet and an interval of arrival in, the readings that arrive then out (numpy rows).

Every column of a reading is a function of (seed, series, slot); see draws.py.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iot_streaming.simulator.draws import F64, I64, U64, draw, mix, purpose_key, redraw, unit
from iot_streaming.simulator.fleet import DECIMALS, E4, SENSOR_TYPES, Fleet

__all__ = ["ROW", "Behaviour", "Limits", "Rows"]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
GOOD, SUSPECT, BAD = range(3)
_BAD_SHARE, _SUSPECT_SHARE = 0.002, 0.01

Rows = NDArray[Any]  # of ROW
ROW = np.dtype(
    [
        ("series", np.int32),
        ("slot", np.int32),
        ("bits", np.uint64),  # the reading's own draw; everything random about it derives from it
        ("at_ms", np.int64),  # event time
        ("arrival_ms", np.int64),
        ("value_e4", np.int64),  # ten-thousandths of the unit
        ("quality", np.uint8),
        ("battery", np.uint8),
        ("firmware", np.int32),
        ("fault", np.uint8),  # an index of faults.KINDS, 0 for none
    ]
)

# Rounded, so that the last bit of a platform's cosine can't reach the files.
_MINUTES: F64 = np.arange(1440, dtype=np.float64)
_DAILY_CURVE = np.round(np.cos(2 * np.pi * (_MINUTES - 15 * 60) / 1440), 6)
_STEP_E4 = np.array([E4 // 10 ** DECIMALS[sensor] for sensor in SENSOR_TYPES])
_MOTION = SENSOR_TYPES.index("motion")


@dataclass(frozen=True)
class Episodes:
    """Now and then, something lasts a while: at most once in each block of time.

    An episode begins and ends inside its block and ends before `over_by_ms`.
    """

    key: U64  # one per entity
    block_ms: int
    probability: float
    shortest_ms: int
    longest_ms: int
    over_by_ms: int

    def at(self, entity: NDArray[np.integer], at_ms: I64) -> tuple[NDArray[np.bool_], F64, U64]:
        """Whether each entity is in an episode then, how far through (0-1), and its draw."""
        block = at_ms // self.block_ms
        bits = draw(self.key[entity], block)
        inside = unit(bits) < self.probability
        progress = np.zeros(len(at_ms))
        maybe = np.flatnonzero(inside)
        detail = redraw(bits[maybe], 1)
        length = self.shortest_ms + unit(detail) * (self.longest_ms - self.shortest_ms)
        begin = block[maybe] * self.block_ms + unit(mix(detail)) * (self.block_ms - length)
        through = (at_ms[maybe] - begin) / length
        inside[maybe] = (through >= 0) & (through < 1) & (begin + length < self.over_by_ms)
        progress[maybe] = through
        return inside, progress, bits


@dataclass
class Limits:
    """How far each series goes, and where it is stuck; filled in by anomalies.plan.

    `slots[i]` is the number of slots of series i; from `stuck_from[i]` to `stuck_to[i]`
    inclusive it repeats the reading of `stuck_from[i]`.
    """

    slots: I64
    stuck_from: I64 = field(init=False)
    stuck_to: I64 = field(init=False)

    def __post_init__(self) -> None:
        self.stuck_from = np.full(len(self.slots), -1)
        self.stuck_to = np.full(len(self.slots), -2)

    def is_stuck(self, series: I64, slot: I64, margin: int = 0) -> NDArray[np.bool_]:
        """Whether each slot is in its series' stuck run, or within `margin` slots of it."""
        run_from, run_to = self.stuck_from[series], self.stuck_to[series]
        stuck: NDArray[np.bool_] = (slot >= run_from - margin) & (slot <= run_to + margin)
        return stuck & (run_from >= 0)


class Behaviour:
    """What the fleet's devices do: when they are up and what their sensors read.

    `end_ms` is where the simulation ends; no outage is still on then.
    """

    def __init__(self, fleet: Fleet, end_ms: int) -> None:
        self.fleet, self.end_ms = fleet, end_ms
        devices, series = np.arange(fleet.devices), np.arange(len(fleet.profiles))
        self.outages = Episodes(
            key=draw(purpose_key(fleet.seed, "outage"), devices),
            block_ms=DAY_MS,
            probability=0.12,
            shortest_ms=HOUR_MS // 2,
            longest_ms=4 * HOUR_MS,
            over_by_ms=end_ms - HOUR_MS // 2,
        )
        self.excursions = Episodes(
            key=draw(purpose_key(fleet.seed, "excursion"), series),
            block_ms=12 * HOUR_MS,
            probability=0.08,
            shortest_ms=HOUR_MS // 6,
            longest_ms=HOUR_MS,
            over_by_ms=end_ms + DAY_MS,
        )
        self._drift_key = draw(purpose_key(fleet.seed, "drift"), series)

    def bits(self, series: I64, slot: I64) -> U64:
        """The draw of each reading."""
        return draw(self.fleet.series_key[series], slot)

    def at_ms(self, series: I64, slot: I64, bits: U64) -> I64:
        """Event time of each reading: its slot, the device's phase, a little jitter."""
        fleet = self.fleet
        jitter = (bits & np.uint64(0xFFFF)).astype(np.int64) * fleet.series_jitter_ms[series]
        on_grid = slot * fleet.series_interval_ms[series] + fleet.series_phase_ms[series]
        at_ms: I64 = fleet.start_ms + on_grid + (jitter >> 16)
        return at_ms

    def is_up(self, series: I64, at_ms: I64) -> NDArray[np.bool_]:
        """Whether the device of each series is online then."""
        return ~self.outages.at(self.fleet.series_device[series], at_ms)[0]

    def value_e4(self, series: I64, slot: I64, at_ms: I64, bits: U64) -> I64:
        """What each sensor reads, in whole ten-thousandths, on its type's decimals.

        Neighbouring slots end on an even and an odd last digit, so nothing but a stuck sensor
        ever repeats itself; motion counts do, as counts may.
        """
        fleet = self.fleet
        curve = _DAILY_CURVE[at_ms // 60_000 % 1440] * fleet.series_day[series]
        hour = at_ms // HOUR_MS
        key = self._drift_key[series]
        drift_from, drift_to = unit(draw(key, hour)), unit(draw(key, hour + 1))
        share = (at_ms % HOUR_MS) / HOUR_MS
        drift = 2 * (drift_from + (drift_to - drift_from) * share) - 1
        coarse = (bits >> np.uint64(16) & np.uint64(0xFFFF)).astype(np.float64)
        fine = (bits >> np.uint64(32) & np.uint64(0xFFFF)).astype(np.float64)
        noise = ((coarse + fine) / 65536 - 1) * fleet.series_noise[series]
        level = fleet.series_base[series] + curve + drift * fleet.series_slow[series]
        level = self._with_excursions(series, at_ms, level) + noise

        step = _STEP_E4[fleet.series_sensor[series]]
        units: I64 = np.floor(level * E4 / step).astype(np.int64)
        motion = fleet.series_sensor[series] == _MOTION
        paced = np.where(motion, np.maximum(units, 0), 2 * (units // 2) + (slot & 1))
        value: I64 = paced * step
        return value

    def _with_excursions(self, series: I64, at_ms: I64, level: F64) -> F64:
        """The level drifts past one of its limits and comes back."""
        inside, progress, draws = self.excursions.at(series, at_ms)
        hit = np.flatnonzero(inside)
        if len(hit) == 0:
            return level
        low, high = self.fleet.series_min[series[hit]], self.fleet.series_max[series[hit]]
        chance = redraw(draws[hit], 2)
        downward = np.isfinite(low) & ((chance & np.uint64(3)) == 0)
        limit = np.where(downward, low, high)
        overshoot = 0.15 + 0.3 * unit(chance)
        target = limit + overshoot * (limit - self.fleet.series_base[series[hit]])
        through = progress[hit]
        weight = np.minimum(1, 5 * np.minimum(through, 1 - through))
        shifted: F64 = level.copy()
        shifted[hit] += weight * (target - level[hit])
        return shifted

    def arriving(self, limits: Limits, from_ms: int, to_ms: int) -> Rows:
        """The readings whose normal delivery is in [from_ms, to_ms), by series and slot."""
        series, slot = self._slots_arriving(limits, from_ms, to_ms)
        bits = self.bits(series, slot)
        at_ms = self.at_ms(series, slot, bits)
        device = self.fleet.series_device[series]
        arrival = at_ms + self.fleet.delivery_ms[device]
        here = (arrival >= from_ms) & (arrival < to_ms)
        here &= self.is_up(series, at_ms)
        keep = np.flatnonzero(here)
        series, slot, bits, at_ms = series[keep], slot[keep], bits[keep], at_ms[keep]
        device = device[keep]

        rows = np.zeros(len(keep), dtype=ROW)
        rows["series"], rows["slot"], rows["bits"] = series, slot, bits
        rows["at_ms"], rows["arrival_ms"] = at_ms, arrival[keep]
        stuck = limits.is_stuck(series, slot)
        rows["value_e4"] = self._values_with_runs(limits, series, slot, at_ms, bits, stuck)
        chance = (bits >> np.uint64(48)).astype(np.float64) / 65536
        flagged = np.where(chance < _BAD_SHARE, BAD, SUSPECT)
        # A run, and what ends it, is good: it is as long for who leaves bad readings out.
        unflagged = limits.is_stuck(series, slot, margin=1)
        unflagged |= chance >= _BAD_SHARE + _SUSPECT_SHARE
        rows["quality"] = np.where(unflagged, GOOD, flagged)
        rows["battery"] = self._battery(device, at_ms)
        rows["firmware"] = self.fleet.firmware_version(device, at_ms)
        return rows

    def _slots_arriving(self, limits: Limits, from_ms: int, to_ms: int) -> tuple[I64, I64]:
        """Series and slots that may arrive in the interval: a slot too many at either end."""
        fleet = self.fleet
        first_arrival = (
            fleet.start_ms + fleet.series_phase_ms + fleet.delivery_ms[fleet.series_device]
        )
        interval = fleet.series_interval_ms
        low = (from_ms - first_arrival - fleet.series_jitter_ms) // interval
        high = (to_ms - first_arrival) // interval + 1
        low, high = np.clip(low, 0, limits.slots), np.clip(high, 0, limits.slots)
        count = high - low
        series = np.repeat(np.arange(len(count)), count)
        slot = np.arange(len(series)) - np.repeat(np.cumsum(count) - count, count) + low[series]
        return series, slot

    def _values_with_runs(
        self,
        limits: Limits,
        series: I64,
        slot: I64,
        at_ms: I64,
        bits: U64,
        stuck: NDArray[np.bool_],
    ) -> I64:
        values = self.value_e4(series, slot, at_ms, bits)
        runs = np.flatnonzero(stuck)
        if len(runs):
            of, first = series[runs], limits.stuck_from[series[runs]]
            first_bits = self.bits(of, first)
            first_at = self.at_ms(of, first, first_bits)
            values[runs] = self.value_e4(of, first, first_at, first_bits)
        return values

    def _battery(self, device: I64, at_ms: I64) -> I64:
        """Percent: drains evenly, is changed for a full one before it is empty."""
        days = (at_ms - self.fleet.start_ms) / DAY_MS
        drained = self.fleet.battery_offset[device] + days * self.fleet.battery_per_day[device]
        level: I64 = np.ceil(100 - drained % 92).astype(np.int64)
        return level
