"""Every page shows what its tables hold, whatever that is."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.serve.made_fleets import FORMULA, HOSTILE_DEVICES, HTML, LONG, RIGHT_TO_LEFT, SQL
from tests.serve.made_rows import RUN

PAGES = ("/", "/devices", "/alerts", "/alerts?scope=all", "/customers", "/quality", "/runs")


class Tags(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def shown(client: TestClient, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, f"{url}: {response.text[-800:]}"
    return response.text


def text_of(page: str) -> str:
    """What people read of the page's main part, without tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split())


@pytest.mark.parametrize("url", PAGES)
def test_page_of_an_ordinary_home_is_shown_as_of_its_run(client: TestClient, url: str) -> None:
    page = shown(client, url)
    assert f"As of run {RUN}" in page
    assert "db;dur=" in client.get(url).headers["server-timing"]


@pytest.mark.parametrize("url", [*PAGES, f"/runs/{RUN}"])
def test_page_of_a_home_with_empty_tables_says_so(bare_client: TestClient, url: str) -> None:
    if url.startswith("/runs/"):
        assert bare_client.get(url).status_code == 404
    else:
        assert 'class="empty"' in shown(bare_client, url)


@pytest.mark.parametrize("url", [*PAGES, "/devices/D1", "/customers/C1"])
def test_page_of_a_home_that_never_ran_says_what_to_do(new_client: TestClient, url: str) -> None:
    assert "iot run -t dev" in shown(new_client, url)


def test_fleet_tells_bands_and_what_to_do(client: TestClient) -> None:
    text = text_of(shown(client, "/"))
    assert "1 of 2 devices is unwell" in text
    assert "A critical alert is open Take the critical alert" in text
    assert "1 Failure" in text and "1 No score" in text


def test_device_tells_its_health_readings_and_firmware(client: TestClient) -> None:
    text = text_of(shown(client, "/devices/D1?range=day"))
    assert "300 readings, between 4 and 9, 2 breaches, 1 gap, the longest 60 min" in text
    assert "The threshold is at most 8." in text
    assert "2.1 from 2.0 on 9 Mar 2026" in text


def test_alerts_are_counted_by_what_is_open(client: TestClient) -> None:
    text = text_of(shown(client, "/alerts"))
    assert "2 alerts are open, 1 of them critical" in text
    assert "alert-10" not in text
    assert "alert-10" in shown(client, "/alerts?scope=all")


def test_time_of_an_unanswered_alert_is_no_answer(client: TestClient) -> None:
    text = text_of(shown(client, "/alerts"))
    # The only one that was acknowledged took an hour; two wait and are counted beside.
    assert "High 60 min · 60 min 0 2 h · 2 h 0" in text
    assert "Critical – · – 1 – · – 1" in text
    row = (
        shown(client, "/alerts?scope=all").partition('data-key="alert-1"')[2].partition("</tr>")[0]
    )
    assert row.count("not yet") == 2 and "60 min" not in row


def test_alert_draws_what_its_sensor_read(client: TestClient) -> None:
    page = shown(client, "/alerts/alert-10")
    assert "High alert: temperature 9.5 °C" in text_of(page)
    assert '"label":"acknowledged"' in page


def test_quality_adds_up_before_the_eye(client: TestClient) -> None:
    text = text_of(shown(client, "/quality"))
    assert "The data want a look" in text
    assert "990 + 10 = 1,000" in text and "983 + 7 = 990" in text
    assert "Each of 1,000 event lines is accounted for." in text


def test_run_names_its_jobs_and_findings(client: TestClient) -> None:
    text = text_of(shown(client, f"/runs/{RUN}"))
    assert "Passed in 12 s" in text and "iot_ ingestion_ job" in text
    assert "sensors_ are_ not_ silent" in text


@pytest.mark.parametrize("url", ["/devices/X", "/customers/X", "/alerts/X", "/runs/X", "/nowhere"])
def test_what_is_not_there_is_a_404(client: TestClient, url: str) -> None:
    response = client.get(url)
    assert response.status_code == 404
    assert "That is not there" in response.text


def test_a_customer_without_devices_has_a_page(client: TestClient) -> None:
    assert "It has no devices." in shown(client, "/customers/C2")


@pytest.mark.parametrize("name", HOSTILE_DEVICES)
def test_a_hostile_device_has_its_own_page(hostile_client: TestClient, name: str) -> None:
    page = shown(hostile_client, f"/devices/{quote(name, safe='')}")
    assert "50" in text_of(page)


@pytest.mark.parametrize(
    "url", [*PAGES, f"/devices/{quote(HTML, safe='')}", "/devices/NaN", "/devices/nothing%20else",
            "/customers/C1", "/customers/C2", f"/alerts/{quote(HTML, safe='')}", "/alerts/bare",
            f"/runs/{RUN}", f"/runs/{quote(HTML, safe='')}", "/devices?q=" + quote(HTML)]
)  # fmt: skip
def test_hostile_names_are_text_and_run_nowhere(hostile_client: TestClient, url: str) -> None:
    page = shown(hostile_client, url)
    for tag, attributes in Tags(page).found:
        assert tag != "img" and "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            own = (attributes.get("src") or "").startswith("/static/")
            assert own or attributes == {"type": "application/json"}
        for name in ("href", "action", "src"):
            assert re.match(r"/|#|\?", attributes.get(name) or "/"), attributes
    assert "\u202e" not in text_of(page), "a control that turns the text around it"


def test_hostile_names_are_still_read(hostile_client: TestClient) -> None:
    page = shown(hostile_client, "/devices")
    assert "&lt;script&gt;alert(1)" in page
    assert "drop table dim_devices" in page and LONG not in text_of(page)
    assert "\\u202e" in page and RIGHT_TO_LEFT[1:4] in page
    assert FORMULA.split("(")[0] in page and SQL[3:] in page.replace("&#39;", "'")


def test_numbers_that_are_none_are_named_and_not_drawn(hostile_client: TestClient) -> None:
    page = shown(hostile_client, "/devices/NaN")
    assert "not a number" in page and "infinite" in page
    assert "NaN" not in page.partition("application/json")[2].partition("</script>")[0]


def test_a_device_with_one_reading_is_drawn(hostile_client: TestClient) -> None:
    page = shown(hostile_client, f"/devices/{quote(HTML, safe='')}")
    assert "1 reading, between 4 and 4" in text_of(page)
