"""A database's transactions in, change files by table and hour out."""

from collections import Counter, defaultdict

from iot_streaming.landing.place import Landing
from iot_streaming.simulator.database import Database
from iot_streaming.simulator.debezium import KEYS, TOMBSTONE, Connector, redelivered
from iot_streaming.simulator.draws import generator
from iot_streaming.simulator.files import ARRIVES_AFTER_MS, stamp, write_lines
from iot_streaming.simulator.manifest import SourceCount
from iot_streaming.simulator.readings import HOUR_MS

__all__ = ["REDELIVERED", "ChangeFeed"]

REDELIVERED = "redelivered_changes"  # the manifest's kind: change events that came again

_FEWEST_LINES = 20  # fewer wait for the next hour,
_LONGEST_WAIT_MS = 6 * HOUR_MS  # but not longer than this
_REDELIVERY_CHANCE = 0.08  # per file, under the default profile
_REDELIVERED_LINES = 8


class ChangeFeed:
    """Writes `cdc/<table>/` files: a snapshot, then one an hour with enough changes.

    `real_arrival` leaves the files' mtime alone; otherwise it is the end of their hour.
    """

    def __init__(
        self, database: Database, out: Landing, *, scale: float, real_arrival: bool = False
    ) -> None:
        self.database, self.out = database, out
        self.sources = {f"cdc_{table}": SourceCount() for table in KEYS}
        self.faults: Counter[str] = Counter({REDELIVERED: 0})
        self._scale, self._real_arrival = scale, real_arrival
        self._connector = Connector()
        self._waiting: dict[str, list[str]] = defaultdict(list)
        self._since_ms: dict[str, int] = {}
        self._last_written: dict[str, list[str]] = {}
        start_ms = database.fleet.start_ms
        self._hour_ms = start_ms - start_ms % HOUR_MS
        self._written_snapshot = False

    def advance(self, until_ms: int) -> None:
        """Commit everything due before `until_ms` and write the hours that are over by then."""
        if not self._written_snapshot:
            self._write_snapshot()
        while self._hour_ms + HOUR_MS <= until_ms:
            self._collect(self._hour_ms + HOUR_MS)
            self._write_hour(final=False)
            self._hour_ms += HOUR_MS
        self._collect(until_ms)

    def finish(self) -> None:
        """Write what still waits."""
        self._write_hour(final=True)

    def _write_snapshot(self) -> None:
        self._written_snapshot = True
        hour_ms = self._hour_ms - HOUR_MS
        at_us = (hour_ms + HOUR_MS // 2) * 1000
        lines: dict[str, list[str]] = defaultdict(list)
        for table, line in self._connector.snapshot(self.database.snapshot(), at_us):
            lines[table].append(line)
        for table in lines:
            self._write(table, lines[table], hour_ms, self._hour_ms)

    def _collect(self, until_ms: int) -> None:
        for commit_us, changes in self.database.transactions(until_ms * 1000):
            for table, line in self._connector.transaction(commit_us, changes):
                self._since_ms.setdefault(table, self._hour_ms)
                self._waiting[table].append(line)

    def _write_hour(self, final: bool) -> None:
        hour_end_ms = self._hour_ms + HOUR_MS
        for table in list(self._waiting):
            lines, since_ms = self._waiting[table], self._since_ms[table]
            waited_ms = hour_end_ms - since_ms
            if len(lines) < _FEWEST_LINES and waited_ms < _LONGEST_WAIT_MS and not final:
                continue
            again = self._redelivered(table, since_ms)
            self._write(table, [*again, *lines], since_ms, hour_end_ms)
            self._last_written[table] = lines
            del self._waiting[table], self._since_ms[table]

    def _redelivered(self, table: str, since_ms: int) -> list[str]:
        """The end of the last file once more, as after a restart without its last offsets."""
        if self._scale == 0 or table not in self._last_written:
            return []
        chance = generator(self.database.fleet.seed, f"{table}/{since_ms}").random()
        if self.faults[REDELIVERED] and chance >= _REDELIVERY_CHANCE * self._scale:
            return []
        tail = self._last_written[table][-_REDELIVERED_LINES:]
        self.faults[REDELIVERED] += sum(line != TOMBSTONE for line in tail)
        later_us = HOUR_MS * 1000
        return [line if line == TOMBSTONE else redelivered(line, later_us) for line in tail]

    def _write(self, table: str, lines: list[str], from_ms: int, end_ms: int) -> None:
        key = f"cdc/{table}/{table}-{stamp(from_ms)}.ndjson"
        arrival = None if self._real_arrival else end_ms + ARRIVES_AFTER_MS
        self.sources[f"cdc_{table}"] += write_lines(self.out, key, lines, arrival)
