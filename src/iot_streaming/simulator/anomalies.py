"""A fleet's behaviour in; which series fall silent and which get stuck out (per pair, not row)."""

import numpy as np

from iot_streaming.simulator.draws import I64, between, draw, purpose_key, redraw
from iot_streaming.simulator.readings import HOUR_MS, Behaviour, Limits

__all__ = ["GUARDED_LAST_SLOTS", "plan"]

GUARDED_LAST_SLOTS = 4  # of every series: row faults there could make a live sensor look silent
STUCK_MARGIN = 3  # slots beside a stuck run that row faults keep off

_STUCK_SHARE, _SILENT_SHARE = 0.02, 0.01  # of all series, under the default profile
_STUCK_SLOTS = (21, 62)
_SILENT_AT_LEAST_MS = 3 * HOUR_MS
_TRIES = 20


def plan(behaviour: Behaviour, planned_to_ms: int, scale: float) -> tuple[Limits, list[int]]:
    """The limits of every series, and the series that fall silent.

    Anomalies are planned up to `planned_to_ms`, which is the end unless the simulation is
    endless; `scale` multiplies the shares and 0 plans none.
    """
    fleet = behaviour.fleet
    limits = Limits((behaviour.end_ms - fleet.start_ms) // fleet.series_interval_ms)
    if scale == 0:
        return limits, []
    silent = _fall_silent(behaviour, limits, planned_to_ms, scale)
    _get_stuck(behaviour, limits, planned_to_ms, scale, silent)
    return limits, silent


def _wanted(share: float, count: int) -> int:
    return min(count, max(1, round(share * count)))


def _fall_silent(
    behaviour: Behaviour, limits: Limits, planned_to_ms: int, scale: float
) -> list[int]:
    """Lower the slots of some series, one a device at most; the device itself goes on.

    So a device's only sensor is left alone.
    """
    fleet = behaviour.fleet
    planned_ms = planned_to_ms - fleet.start_ms
    latest_ms = planned_ms - _SILENT_AT_LEAST_MS - HOUR_MS
    if latest_ms < HOUR_MS:
        return []
    bits = draw(purpose_key(fleet.seed, "silent"), np.arange(len(fleet.profiles)))
    has_another = np.bincount(fleet.series_device)[fleet.series_device] > 1
    silent: dict[int, int] = {}  # device: series
    for series in np.argsort(bits).tolist():
        if len(silent) == _wanted(_SILENT_SHARE * scale, fleet.devices):
            break
        if has_another[series]:
            silent.setdefault(int(fleet.series_device[series]), series)
    if not silent:
        return []
    chosen = np.array(sorted(silent.values()))
    stop_ms = between(redraw(bits[chosen], 1), max(HOUR_MS, int(0.3 * latest_ms)), latest_ms + 1)
    limits.slots[chosen] = stop_ms // fleet.series_interval_ms[chosen]
    return [int(series) for series in chosen]


def _get_stuck(
    behaviour: Behaviour, limits: Limits, planned_to_ms: int, scale: float, silent: list[int]
) -> None:
    """Give some series, neither silent nor counters, a run of one repeated value."""
    fleet = behaviour.fleet
    bits = draw(purpose_key(fleet.seed, "stuck"), np.arange(len(fleet.profiles)))
    spoken_for = set(silent)
    wanted = _wanted(_STUCK_SHARE * scale, len(bits))
    for series in np.argsort(bits).tolist():
        if wanted == 0:
            break
        if series in spoken_for or fleet.profiles[series].sensor_type == "motion":
            continue
        slots = (planned_to_ms - fleet.start_ms) // int(fleet.series_interval_ms[series])
        run = _run_while_up(behaviour, series, min(slots, int(limits.slots[series])), bits[series])
        if run is not None:
            limits.stuck_from[series], limits.stuck_to[series] = run
            wanted -= 1


def _run_while_up(
    behaviour: Behaviour, series: int, slots: int, bits: np.uint64
) -> tuple[int, int] | None:
    """First and last slot of a run through which the device is up, with its margins."""
    tries: I64 = np.arange(_TRIES)
    # Odd lengths: the slots before and after a run then end on another digit than the run.
    lengths = between(draw(bits, tries), *_STUCK_SLOTS) | 1
    room = slots - GUARDED_LAST_SLOTS - 2 * STUCK_MARGIN - lengths
    starts = STUCK_MARGIN + between(draw(bits, tries + _TRIES), 0, np.maximum(room, 1))
    for start, length, fits in zip(starts.tolist(), lengths.tolist(), room > 0, strict=True):
        slot: I64 = np.arange(start - STUCK_MARGIN, start + length + STUCK_MARGIN)
        of = np.full(len(slot), series)
        at_ms = behaviour.at_ms(of, slot, behaviour.bits(of, slot))
        if fits and behaviour.is_up(of, at_ms).all():
            return start, start + length - 1
    return None
