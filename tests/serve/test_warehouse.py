"""Databricks' side, with the connector stood in for: names, parameters, what is not kept there."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from iot_streaming.errors import ConfigurationError, NotKept, QueryFailed
from iot_streaming.quality.place import Place
from iot_streaming.serve.app import Doors, create_app
from iot_streaming.serve.on_databricks import address_of
from iot_streaming.serve.warehouse import SqlWarehouse, warehouse_of

PLACE = Place("prod", "iot_streaming_prod")
WHERE = {
    "DATABRICKS_HOST": "https://workspace.example/",
    "DATABRICKS_WAREHOUSE_ID": "abc",
    "DBT_CATALOG": "iot_streaming_prod",
    "DBT_ENV_PREFIX": "prod",
}


class Connector:
    """Connections that answer by what is in the SQL; it notes what was opened, asked and closed."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.opened: list[tuple[str, str]] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.closed = 0
        self.description: list[tuple[str]] = []

    def connect(self, catalog: str, schema: str) -> "Connector":
        self.opened.append((catalog, schema))
        return self

    def cursor(self) -> "Connector":
        return self

    def __enter__(self) -> "Connector":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, sql: str, parameters: dict[str, Any]) -> None:
        self.asked.append((sql, parameters))
        found: Any = next((rows for part, rows in self.answers.items() if part in sql), [])
        if isinstance(found, Exception):
            raise found
        self.rows: list[tuple[Any, ...]] = found
        self.description = [(f"c{number}",) for number in range(len(found[0]) if found else 0)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def close(self) -> None:
        self.closed += 1


def warehouse(answers: Mapping[str, Any], clock: Callable[[], float] = lambda: 0.0) -> Any:
    connector = Connector({**answers, "from check_results": [("run-1", datetime(2026, 3, 9))]})
    return connector, SqlWarehouse(PLACE, connector.connect, clock)


def test_a_question_is_asked_in_its_layers_schema_with_bound_values() -> None:
    connector, asked = warehouse({"from dim_devices": [("D1",)]})
    sql = "select device_id from dim_devices where device_id = :device_id"
    assert asked.latest().ask("gold", sql, {"device_id": "'; --"}).rows == [("D1",)]
    assert connector.opened[-1] == ("iot_streaming_prod", "prod_gold")
    assert connector.asked[-1] == (sql, {"device_id": "'; --"})


def test_a_connection_serves_again_and_a_broken_one_never() -> None:
    connector, asked = warehouse({"from broken": RuntimeError("session closed")})
    answers = asked.latest()
    for number in range(3):
        answers.ask("gold", f"select {number}", {})
    assert connector.opened.count(("iot_streaming_prod", "prod_gold")) == 1
    with pytest.raises(QueryFailed, match="session closed"):
        answers.ask("gold", "select 1 from broken", {})
    assert connector.closed == 1
    answers.ask("gold", "select 9", {})
    assert connector.opened.count(("iot_streaming_prod", "prod_gold")) == 2


def test_a_table_that_is_not_kept_is_told_apart_from_an_error() -> None:
    gone = RuntimeError("[TABLE_OR_VIEW_NOT_FOUND] `pipeline_runs` cannot be found")
    _, asked = warehouse({"from pipeline_runs": gone})
    with pytest.raises(NotKept, match="does not keep this table"):
        asked.latest().ask("quality", "select 1 from pipeline_runs", {})


def test_news_is_asked_for_now_and_then_and_not_at_each_page() -> None:
    now = [0.0]
    connector, asked = warehouse({}, lambda: now[0])
    first = asked.latest()
    assert asked.latest() is first and len(connector.asked) == 1
    now[0] = 31.0
    assert asked.latest() is first and len(connector.asked) == 2, "the same run, the same answers"
    connector.answers = {"from check_results": [("run-2", datetime(2026, 3, 9, 1))]}
    now[0] = 62.0
    assert asked.latest().as_of().run_id == "run-2"


def test_pages_say_what_databricks_does_not_keep() -> None:
    gone = RuntimeError("[TABLE_OR_VIEW_NOT_FOUND] no such table")
    _, asked = warehouse({"from pipeline_runs": gone, "from ledger": gone, "from results": []})
    client = TestClient(create_app(asked), base_url="http://localhost")
    assert "Runs are not kept here" in client.get("/runs").text


def test_a_warehouse_that_does_not_answer_is_a_503_with_words() -> None:
    def connect(catalog: str, schema: str) -> Any:
        raise OSError("no route")

    client = TestClient(create_app(SqlWarehouse(PLACE, connect)), base_url="http://localhost")
    response = client.get("/")
    assert response.status_code == 503 and "no route; try again" in response.text


@pytest.mark.parametrize("name", ["DATABRICKS_HOST", "DATABRICKS_WAREHOUSE_ID", "DBT_CATALOG"])
def test_what_the_environment_lacks_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        warehouse_of({key: value for key, value in WHERE.items() if key != name})


def test_the_environment_of_an_app_is_enough() -> None:
    assert warehouse_of(WHERE).name == "prod"


def test_only_an_app_listens_beyond_loopback() -> None:
    assert address_of({}) == ("127.0.0.1", 8000, Doors())
    host, port, doors = address_of({"DATABRICKS_APP_NAME": "iot", "DATABRICKS_APP_PORT": "8111"})
    assert (host, port, doors.hosts) == ("0.0.0.0", 8111, ("*",))  # noqa: S104
