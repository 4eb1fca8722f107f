"""Tables sort, search, page and leave as CSV: what the URL says, and nothing else."""

import csv
import io
import re
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from iot_streaming.served import publish
from tests.serve.conftest import client_of
from tests.serve.made_fleets import FORMULA
from tests.serve.made_home import PUBLISHED_AT, make_home
from tests.serve.made_rows import RUN, alert, device


def keys(client: TestClient, url: str) -> list[str]:
    """The rows of a page's table, in its order."""
    response = client.get(url)
    assert response.status_code == 200, response.text[-600:]
    return re.findall(r'<tr data-key="([^"]*)"', response.text)


def records(client: TestClient, url: str) -> list[dict[str, str]]:
    response = client.get(url)
    assert response.status_code == 200, response.text[-600:]
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.text)))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    devices = [device(f"D{number:03}", float(number % 97)) for number in range(120)]
    alerts = [alert(number, "D001", ("LOW", "MEDIUM")[number % 2]) for number in range(1, 5)]
    rows = {"gold.dim_devices": devices, "gold.fct_alerts": alerts}
    return client_of(make_home(tmp_path_factory.mktemp("many"), rows))


def test_least_healthy_devices_are_first_and_those_without_a_score_last(client: TestClient) -> None:
    assert keys(client, "/devices") == ["D2", "D1", "D3"]


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("-health_score", ["D1", "D2", "D3"]),
        ("device_id", ["D1", "D2", "D3"]),
        ("-device_id", ["D3", "D2", "D1"]),
        ("-open_alerts", ["D2", "D1", "D3"]),
        # What is no column of the table is not sorted by, whatever it says.
        ("device_key", ["D2", "D1", "D3"]),
        ("device_id; drop table dim_devices", ["D2", "D1", "D3"]),
        ("(select 1)", ["D2", "D1", "D3"]),
    ],
)
def test_sort_is_by_a_column_of_the_table(client: TestClient, sort: str, found: list[str]) -> None:
    assert [*keys_sorted(client, sort)] == found


def keys_sorted(client: TestClient, sort: str) -> list[str]:
    response = client.get("/devices", params={"sort": sort})
    return re.findall(r'<tr data-key="([^"]*)"', response.text)


def test_sorted_column_says_so_and_turns_at_the_next_click(client: TestClient) -> None:
    page = client.get("/devices?sort=-health_score&band=Good").text
    head = re.search(r'aria-sort="descending"><a href="([^"]*)" data-sort="health_score"', page)
    assert head and head[1] == "/devices?band=Good&amp;sort=health_score"


def test_gravest_alerts_are_first_then_the_oldest(many: TestClient) -> None:
    assert keys(many, "/alerts") == ["alert-3", "alert-1", "alert-4", "alert-2"]
    assert keys(many, "/alerts?sort=-severity")[:2] == ["alert-4", "alert-2"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=d2", ["D2"]),
        ("q=OSAKA", ["D2", "D1", "D3"]),
        ("q=%25", []),
        ("q=_", []),
        ("q='+or+1=1+--", []),
        ("band=Failure", ["D2"]),
        ("band=No+score", ["D3"]),
        ("band=nothing", []),
        ("status=ACTIVE&q=d", ["D2", "D1"]),
        ("customer_id=C1&band=Good", ["D1"]),
        ("unknown=1", ["D2", "D1", "D3"]),
    ],
)
def test_filters_and_search_narrow_the_rows(
    client: TestClient, query: str, found: list[str]
) -> None:
    assert keys(client, f"/devices?{query}") == found


def test_pages_have_each_row_once(many: TestClient) -> None:
    pages = [keys(many, f"/devices?page={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert len({key for page in pages for key in page}) == 120


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "½", "99999999999999"])
def test_page_that_is_none_is_one_that_is(many: TestClient, page: str) -> None:
    assert keys(many, f"/devices?page={page}")


def test_csv_has_exactly_what_is_filtered_beyond_the_page(many: TestClient) -> None:
    assert len(records(many, "/devices.csv")) == 120
    narrowed = records(many, "/devices.csv?band=Failure&sort=-health_score&page=2")
    scores = [float(row["health_score"]) for row in narrowed]
    assert scores == sorted(scores, reverse=True) and max(scores) == 39.0
    link = re.search(r'id="csv" href="([^"]*)"', many.get("/devices?band=Failure&page=2").text)
    assert link and link[1] == "/devices.csv?band=Failure"


def test_csv_of_no_rows_still_names_its_columns(client: TestClient) -> None:
    lines = client.get("/devices.csv?q=nobody").text.splitlines()
    assert len(lines) == 1 and lines[0].startswith("device_id,device_type")


def test_no_spreadsheet_finds_a_formula_in_a_name(hostile_client: TestClient) -> None:
    names = [row["device_id"] for row in records(hostile_client, "/devices.csv")]
    assert f"'{FORMULA}" in names and FORMULA not in names
    assert "a/b?c#d&e=f" in names


def test_csv_of_readings_has_the_buckets_that_are_drawn(client: TestClient) -> None:
    rows = records(client, "/devices/D1/readings.csv?sensor=temperature&range=day")
    assert sum(int(row["readings"]) for row in rows) == 300
    assert client.get("/devices/D1/readings.csv?sensor=nothing").status_code == 404


@pytest.mark.parametrize("url", ["/alerts.csv?scope=all", "/customers.csv", "/runs.csv"])
def test_every_table_leaves_as_csv(client: TestClient, url: str) -> None:
    assert len(records(client, url)) >= 2


def test_runs_are_the_newest_first(client: TestClient) -> None:
    assert keys(client, "/runs")[0] == RUN


def test_table_that_is_not_kept_is_named(tmp_path: Path) -> None:
    settings = make_home(tmp_path, {})
    settings.served.unlink()
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute("drop table dev_quality.pipeline_runs")
    publish(settings, RUN, PUBLISHED_AT)
    client = client_of(settings)
    assert "Runs are not kept here" in client.get("/runs").text
    assert "Not kept here" in client.get("/quality").text
