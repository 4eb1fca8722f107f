"""Engine records in, whole transactions out as landing files, then the engine may forget them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from iot_streaming.capture.memory import Memory, Offset, remember
from iot_streaming.capture.stage import Stage, show
from iot_streaming.capture.wanted import Wanted
from iot_streaming.landing.place import Landing
from iot_streaming.reporter import Reporter


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the engine.

    `table` is empty for what is no row change: transaction marks, heartbeats, messages; only
    these carry `offset`. `line` is the change's JSON, `null` for a tombstone. `origin` is what
    the engine wants to be told about.
    """

    table: str
    line: str
    offset: Mapping[str, Any]
    origin: Any


class Relay:
    """Brings changes into landing in whole transactions.

    The engine's offset is taken only where a transaction ended: several changes of one
    transaction can share one position in the log (COPY, both halves of a key update), so a
    restart from among them would skip some. Until the first snapshot is whole nothing of it is
    shown: a second one couldn't tell which of the rows have been deleted since.
    """

    def __init__(
        self,
        wanted: Wanted,
        landing: Landing,
        memory: Memory,
        reporter: Reporter,
        clock: Callable[[], float],
    ) -> None:
        self.wanted = wanted
        self.landing = landing
        self.memory = memory
        self.reporter = reporter
        self.clock = clock
        self.stage = Stage(wanted, landing, clock, memory.stamp)
        self._shown_at = clock()
        self._ended: Offset | None = None

    def take(self, records: Iterable[Record], forget: Callable[[Any], None]) -> None:
        """Stage a batch; show what is whole when it is time; then let the engine `forget` it."""
        for record in records:
            if record.table:
                self.stage.append(record.table, record.line)
                self._ended = None
            elif record.offset.get("messageType") == "COMMIT":
                self._ended = _position(record.offset)
                if self._is_time():
                    self.show()
                    forget(record.origin)

    def show(self) -> None:
        """Show what is staged, if it is whole: durable first, then remembered, then visible."""
        if self._ended is None:
            return
        counts = dict(self.stage.lines)
        keys = self.stage.seal()
        self.memory = replace(self.memory, offset=self._ended, showing=keys, stamp=self.stage.stamp)
        remember(self.wanted, self.memory)
        show(self.landing, keys)
        self._shown_at = self.clock()
        if keys:
            told = ", ".join(f"{table} {count:,}" for table, count in sorted(counts.items()))
            self.reporter.say(f"landed {told}")

    def _is_time(self) -> bool:
        waited = self.clock() - self._shown_at
        return self.stage.has_full_file or not 0 <= waited < self.wanted.rotate_seconds


def _position(offset: Mapping[str, Any]) -> Offset:
    """Without the engine's counters of the transaction that has just ended."""
    return {name: value for name, value in offset.items() if not name.startswith("transaction")}
