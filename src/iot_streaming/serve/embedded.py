"""A home in, its answers out: DuckDB reads what the last run published, bounded in memory."""

import threading
from collections.abc import Mapping

import duckdb

from iot_streaming.errors import ConfigurationError, NotKept, QueryFailed
from iot_streaming.questions import for_duckdb
from iot_streaming.serve.answers import Answer, AsOf, Value
from iot_streaming.serve.remembered import Remembered
from iot_streaming.served import Snapshot, open_snapshot
from iot_streaming.settings import MIB, Settings

_MEMORY = 200 * MIB
# More at once would share the same memory and be slower each.
_AT_ONCE = 4


class EmbeddedAnswers:
    """One publication of a home, opened in DuckDB; a cursor of its own for each question."""

    def __init__(self, settings: Settings, snapshot: Snapshot | None, token: str) -> None:
        self._settings = settings
        self._snapshot = snapshot
        self._token = token
        self._connection = open_snapshot(settings, snapshot, _MEMORY) if snapshot else None
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def as_of(self) -> AsOf | None:
        found = self._snapshot
        if found is None:
            return None
        gold_at = found.gold_at if found.is_gold_older else None
        return AsOf(found.run_id, found.at, self._token, found.is_gold_older, gold_at)

    def ask(self, layer: str, sql: str, parameters: Mapping[str, Value]) -> Answer:
        if self._connection is None:
            raise NotKept("nothing is published yet; `iot run` publishes what it made")
        path = f"{self._settings.catalog}.{self._settings.schema(layer)}"
        with self._turns, self._connection.cursor() as cursor:
            try:
                cursor.execute(f"set search_path = '{path}'")
                found = cursor.execute(for_duckdb(sql), dict(parameters))
                columns = tuple(column[0] for column in found.description or ())
                return Answer(columns, found.fetchall())
            except duckdb.CatalogException as error:
                raise NotKept(_first_line(error)) from error
            except duckdb.Error as error:
                raise QueryFailed(
                    f"DuckDB can't answer: {_first_line(error)}; try again, or see `iot status`"
                ) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


class EmbeddedHome:
    """What a home publishes; each publication is opened once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.Lock()
        self._open: Remembered | None = None
        self._token = ""
        self.name = settings.target

    def latest(self) -> Remembered:
        token, present = self._told(), self._open
        if present is not None and token == self._token:
            return present
        # One opens what is new; meanwhile the others go on with what they have.
        if not self._opening.acquire(blocking=present is None) and present is not None:
            return present
        try:
            if self._open is None or token != self._token:
                opened = EmbeddedAnswers(self._settings, Snapshot.read(self._settings), token)
                self._open, self._token = Remembered(opened), token
            return self._open
        finally:
            self._opening.release()

    def _told(self) -> str:
        """What changes with each publication."""
        try:
            found = self._settings.served.stat()
        except FileNotFoundError:
            return ""
        return f"{found.st_mtime_ns:x}-{found.st_ino:x}"


def home_of(settings: Settings) -> EmbeddedHome:
    """The home to serve; ConfigurationError where there is no such folder."""
    if not settings.home.is_dir():
        raise ConfigurationError(
            f"there is no home at {settings.home}; make one with `iot demo` or `iot run`, "
            "or name another with --home"
        )
    return EmbeddedHome(settings)
