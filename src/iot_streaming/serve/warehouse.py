"""A SQL warehouse of Databricks in, its answers out: the same pages, another connection.

Tables there are each as they are when they are asked, for nothing publishes them together. Not run
against a workspace yet; the tests stand in for the connector.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from iot_streaming.errors import ConfigurationError, MissingDependency, NotKept, QueryFailed
from iot_streaming.quality.place import Place
from iot_streaming.serve.answers import Answer, AsOf, Value
from iot_streaming.serve.remembered import Remembered

# How often a warehouse is asked for news: it costs while it is awake.
_LOOK_SECONDS = 30.0
_NOT_THERE = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND")
_NEWEST = """
    select run_id, checked_at
    from check_results
    order by checked_at desc nulls last, run_id desc nulls last
    limit 1
"""

Connect = Callable[[str, str], Any]


class WarehouseAnswers:
    """Tables of a catalog, by the connector's own named parameters: `:name`, as questions have."""

    def __init__(self, place: Place, connect: Connect, as_of: AsOf | None = None) -> None:
        self._place = place
        self._connect = connect
        self._as_of = as_of
        self._idle: dict[str, list[Any]] = {}
        self._lock = threading.Lock()

    def at(self, as_of: AsOf | None) -> "WarehouseAnswers":
        """The same, said to be as of that run."""
        told = WarehouseAnswers(self._place, self._connect, as_of)
        told._idle, told._lock = self._idle, self._lock
        return told

    def as_of(self) -> AsOf | None:
        return self._as_of

    def ask(self, layer: str, sql: str, parameters: Mapping[str, Value]) -> Answer:
        connection = self._taken(layer)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, dict(parameters))
                columns = tuple(column[0] for column in cursor.description or ())
                answer = Answer(columns, [tuple(row) for row in cursor.fetchall()])
        except Exception as error:
            # What the connector raises depends on what broke; the session may be gone with it.
            connection.close()
            told = str(error).partition("\n")[0]
            if any(name in told for name in _NOT_THERE):
                raise NotKept("Databricks does not keep this table") from error
            raise QueryFailed(f"the SQL warehouse can't answer: {told}; try again") from error
        with self._lock:
            self._idle.setdefault(layer, []).append(connection)
        return answer

    def _taken(self, layer: str) -> Any:
        """A connection that nobody else uses: threads must not share one."""
        with self._lock:
            idle = self._idle.setdefault(layer, [])
            if idle:
                return idle.pop()
        try:
            return self._connect(self._place.catalog, f"{self._place.prefix}_{layer}")
        except Exception as error:
            told = str(error).partition("\n")[0]
            raise QueryFailed(f"the SQL warehouse can't be reached: {told}; try again") from error


class SqlWarehouse:
    """A workspace's tables; the newest run is the newest that recorded a check."""

    def __init__(
        self, place: Place, connect: Connect, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = place.prefix
        self._answers = WarehouseAnswers(place, connect)
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._open: Remembered | None = None

    def latest(self) -> Remembered:
        with self._lock:
            now = self._clock()
            if self._open is None or now - self._looked_at >= _LOOK_SECONDS:
                as_of = self._newest()
                before = self._open and self._open.as_of()
                if self._open is None or as_of != before:
                    self._open = Remembered(self._answers.at(as_of))
                self._looked_at = now
            return self._open

    def _newest(self) -> AsOf | None:
        try:
            found = self._answers.ask("quality", _NEWEST, {}).rows
        except NotKept:
            return None
        if not found:
            return None
        run_id, at = found[0]
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return AsOf(str(run_id), at, f"{run_id}-{at.timestamp():.0f}")


def warehouse_of(environment: Mapping[str, str]) -> SqlWarehouse:
    """The warehouse that the environment names; ConfigurationError for what is missing in it."""
    missing = [
        name
        for name in ("DATABRICKS_HOST", "DBT_CATALOG", "DBT_ENV_PREFIX")
        if not environment.get(name)
    ]
    warehouse = environment.get("DATABRICKS_WAREHOUSE_ID", "")
    path = environment.get("DATABRICKS_HTTP_PATH") or f"/sql/1.0/warehouses/{warehouse}"
    if path.endswith("/warehouses/"):
        missing.append("DATABRICKS_WAREHOUSE_ID or DATABRICKS_HTTP_PATH")
    if missing:
        raise ConfigurationError(f"no value for {', '.join(missing)}; apps.yml gives them")
    place = Place(environment["DBT_ENV_PREFIX"], environment["DBT_CATALOG"])
    host = environment["DATABRICKS_HOST"].removeprefix("https://").rstrip("/")
    return SqlWarehouse(place, _connect(host, path, environment.get("DATABRICKS_TOKEN")))


def _connect(host: str, path: str, token: str | None) -> Connect:
    """Connections by the token, else by what a Databricks App is given: OAuth of its own."""
    try:
        from databricks import sql
        from databricks.sdk.core import Config
    except ImportError as error:
        raise MissingDependency(
            "a SQL warehouse is asked through databricks-sql-connector and databricks-sdk: "
            "pip install 'iot-streaming[databricks]'"
        ) from error

    def credentials() -> Any:
        return Config(host=f"https://{host}").authenticate

    signed: dict[str, Any] = (
        {"access_token": token} if token else {"credentials_provider": credentials}
    )

    def connect(catalog: str, schema: str) -> Any:
        return sql.connect(
            server_hostname=host,
            http_path=path,
            catalog=catalog,
            schema=schema,
            session_configuration={"timezone": "UTC"},
            user_agent_entry="iot-streaming",
            **signed,
        )

    return connect
