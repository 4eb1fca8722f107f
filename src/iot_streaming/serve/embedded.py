"""A home in, its answers out: DuckDB reads what the last run published, bounded in memory."""

import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

import duckdb

from iot_streaming.errors import ConfigurationError, NotKept, QueryFailed
from iot_streaming.serve.answers import Answer, AsOf, Value
from iot_streaming.settings import Settings

_MEMORY = "200MB"
_THREADS = 2
# More at once would share the same memory and be slower each.
_AT_ONCE = 4
_NAMED = re.compile(r":(\w+)")


class EmbeddedAnswers:
    """One publication of a home, opened in DuckDB; a cursor of its own for each question."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: AsOf | None
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._as_of = as_of
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def as_of(self) -> AsOf | None:
        return self._as_of

    def ask(self, layer: str, sql: str, parameters: Mapping[str, Value]) -> Answer:
        path = f"{self._settings.catalog}.{self._settings.schema(layer)}"
        with self._turns, self._connection.cursor() as cursor:
            try:
                cursor.execute(f"set search_path = '{path}'")
                found = cursor.execute(_NAMED.sub(r"$\1", sql), dict(parameters))
                columns = tuple(column[0] for column in found.description or ())
                return Answer(columns, found.fetchall())
            except duckdb.CatalogException as error:
                raise NotKept(str(error).partition("\n")[0]) from error
            except duckdb.Error as error:
                raise QueryFailed(str(error)) from error


class EmbeddedHome:
    """What a home publishes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._open: EmbeddedAnswers | None = None
        self.name = settings.target

    def latest(self) -> EmbeddedAnswers:
        with self._lock:
            token = self._token()
            as_of = self._open and self._open.as_of()
            if self._open is None or (as_of.token if as_of else "") != token:
                self._open = self._opened(token)
            return self._open

    def _token(self) -> str:
        try:
            found = self._settings.warehouse.stat()
        except FileNotFoundError:
            return ""
        return f"{found.st_mtime_ns}-{found.st_size}"

    def _opened(self, token: str) -> EmbeddedAnswers:
        connection = duckdb.connect(config={"memory_limit": _MEMORY, "threads": _THREADS})
        connection.execute("set timezone = 'UTC'")
        if not token:
            return EmbeddedAnswers(connection, self._settings, None)
        path = str(self._settings.warehouse).replace("'", "''")
        try:
            connection.execute(f"attach '{path}' as {self._settings.catalog} (read_only)")
        except duckdb.Error as error:
            raise QueryFailed(f"{path} can't be read now: {error}; a run may be writing") from error
        run = connection.execute(
            f"select max(run_id) from {self._settings.catalog}.{self._settings.schema('quality')}"
            ".pipeline_runs"
        ).fetchone()
        if not run or not run[0]:
            return EmbeddedAnswers(connection, self._settings, None)
        at = datetime.fromtimestamp(self._settings.warehouse.stat().st_mtime, UTC)
        return EmbeddedAnswers(connection, self._settings, AsOf(run[0], at, token))


def home_of(settings: Settings) -> EmbeddedHome:
    """The home to serve; ConfigurationError where there is no such folder."""
    if not settings.home.is_dir():
        raise ConfigurationError(
            f"there is no home at {settings.home}; make one with `iot demo` or `iot run`, "
            "or name another with --home"
        )
    return EmbeddedHome(settings)
