"""Intervals of arrival in, `iot_events` files out; alerts on the way."""

import numpy as np

from iot_streaming.landing.place import Landing
from iot_streaming.simulator.alerts import Alert, BreachWatch
from iot_streaming.simulator.faults import WINDOW_MS, Planter
from iot_streaming.simulator.files import ARRIVES_AFTER_MS, LandingFile, stamp
from iot_streaming.simulator.manifest import SourceCount
from iot_streaming.simulator.readings import ROW, Rows
from iot_streaming.simulator.render import LONGEST_LINE, LineRenderer

__all__ = ["EVENTS", "EventFeed"]

EVENTS = "iot_events"

_LARGEST_FILE = 64_000_000
_LINES_PER_FILE = _LARGEST_FILE // LONGEST_LINE


class EventFeed:
    """Delivers readings in order of arrival, one window of ten minutes a file.

    Rows that arrive later wait in memory until then: the late ones and the repeated, a few
    percent of half a day. `real_arrival` leaves the files' mtime alone; otherwise it is the
    end of their window. `newest` is the key of the last file that was written.
    """

    def __init__(
        self, planter: Planter, out: Landing, *, compress: bool, real_arrival: bool = False
    ) -> None:
        self.planter, self.out = planter, out
        self.readings = 0
        self.written = SourceCount()
        self.newest = ""
        self._compress, self._real_arrival = compress, real_arrival
        self._watch = BreachWatch(planter.behaviour.fleet)
        self._renderer = LineRenderer(planter.behaviour.fleet)
        self._waiting: Rows = np.zeros(0, dtype=ROW)
        self._file: LandingFile | None = None
        self._window, self._part = -1, 0

    def deliver(self, from_ms: int, to_ms: int) -> list[Alert]:
        """Write what arrives in [from_ms, to_ms); the alerts that its readings raise."""
        rows = self.planter.behaviour.arriving(self.planter.limits, from_ms, to_ms)
        self.readings += len(rows)
        rows = self.planter.plant(rows)
        alerts = self._watch.alerts(rows)
        self._waiting = np.concatenate([self._waiting, rows])
        self._write_due(to_ms)
        if self._file and (self._window + 1) * WINDOW_MS <= to_ms:
            self._close()
        return alerts

    def finish(self) -> None:
        """Write everything that still waits."""
        if len(self._waiting):
            self._write_due(int(self._waiting["arrival_ms"].max()) + 1)
        self._close()

    def _write_due(self, to_ms: int) -> None:
        due = self._waiting["arrival_ms"] < to_ms
        rows = self._waiting[due]
        self._waiting = self._waiting[~due]
        rows = rows[np.lexsort((rows["series"], rows["arrival_ms"]))]
        windows = rows["arrival_ms"] // WINDOW_MS
        cuts = np.flatnonzero(windows[1:] != windows[:-1]) + 1
        for part in np.split(rows, cuts):
            if len(part):
                self._append(int(part["arrival_ms"][0]) // WINDOW_MS, part)

    def _append(self, window: int, rows: Rows) -> None:
        while len(rows):
            file = self._file_of(window)
            fitting = rows[: _LINES_PER_FILE - file.lines]
            file.write(self._renderer.lines(fitting), len(fitting))
            rows = rows[len(fitting) :]

    def _file_of(self, window: int) -> LandingFile:
        if self._file and self._window == window and self._file.lines < _LINES_PER_FILE:
            return self._file
        self._close()
        self._part = self._part + 1 if window == self._window else 1
        self._window = window
        time = stamp(window * WINDOW_MS)
        name = f"{EVENTS}-{time}-{self._part:03d}.ndjson{'.gz' if self._compress else ''}"
        folder = f"{EVENTS}/date={time[:4]}-{time[4:6]}-{time[6:8]}"
        # Parts of a window share its mtime: arrival between them would have no meaning.
        arrival = None if self._real_arrival else (window + 1) * WINDOW_MS + ARRIVES_AFTER_MS
        self._file = LandingFile(self.out, f"{folder}/{name}", arrival, self._compress)
        return self._file

    def _close(self) -> None:
        if self._file:
            self.written += self._file.close()
            self.newest = self._file.key
            self._file = None
