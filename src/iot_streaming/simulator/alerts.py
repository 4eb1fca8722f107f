"""Clean readings in, one alert at the third breach in a row out."""

from dataclasses import dataclass

import numpy as np

from iot_streaming.simulator.draws import I64
from iot_streaming.simulator.fleet import E4, Fleet
from iot_streaming.simulator.readings import BAD, Rows

__all__ = ["BREACHES_IN_A_ROW", "Alert", "BreachWatch"]

BREACHES_IN_A_ROW = 3


@dataclass(frozen=True)
class Alert:
    """A breach that lasted: the reading that raised it, and when it reached us."""

    series: int
    slot: int
    value: float  # exactly as the event's line has it
    at_ms: int
    arrival_ms: int


class BreachWatch:
    """Counts each series' breaches in a row, over as many blocks of readings as come.

    A reading counts unless it is flagged bad or carries a planted fault: those an alerting
    service would not have believed, or not have had in time.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._low = np.where(np.isfinite(fleet.series_min), fleet.series_min * E4, -(2**60))
        self._high = np.where(np.isfinite(fleet.series_max), fleet.series_max * E4, 2**60)
        self._in_a_row: I64 = np.zeros(len(fleet.profiles), dtype=np.int64)

    def alerts(self, rows: Rows) -> list[Alert]:
        """The alerts that rows, standing by series and slot, raise."""
        rows = rows[(rows["fault"] == 0) & (rows["quality"] != BAD)]
        if len(rows) == 0:
            return []
        series, value = rows["series"], rows["value_e4"]
        breach = (value < self._low[series]) | (value > self._high[series])
        place = np.arange(len(rows))
        begins = np.concatenate([[True], series[1:] != series[:-1]])
        begin = np.maximum.accumulate(np.where(begins, place, 0))
        last_calm = np.maximum.accumulate(np.where(breach, -1, place))
        carried = last_calm < begin  # breaching since before this block, if at all
        in_a_row = np.where(carried, place - begin + 1 + self._in_a_row[series], place - last_calm)
        ends = np.flatnonzero(np.concatenate([begins[1:], [True]]))
        self._in_a_row[series[ends]] = in_a_row[ends]
        raised = rows[in_a_row == BREACHES_IN_A_ROW]
        return [
            Alert(
                series=int(row["series"]),
                slot=int(row["slot"]),
                value=int(row["value_e4"]) / E4,
                at_ms=int(row["at_ms"]),
                arrival_ms=int(row["arrival_ms"]),
            )
            for row in raised
        ]
