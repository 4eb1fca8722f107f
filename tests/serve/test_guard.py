"""Who may ask, how, and what every answer forbids the browser."""

import pytest
from starlette.testclient import TestClient

from iot_streaming.errors import ConfigurationError
from iot_streaming.serve.app import Doors
from iot_streaming.serve.guard import COOKIE
from iot_streaming.serve.server import doors_of
from iot_streaming.settings import Settings
from tests.serve.conftest import client_of

TOKEN = "a token that nobody guesses"  # noqa: S105


@pytest.fixture
def guarded(settings: Settings) -> TestClient:
    return client_of(settings, Doors(token=TOKEN))


@pytest.mark.parametrize("url", ["/", "/devices.csv", "/nowhere", "/as-of", "/static/x/style.css"])
def test_every_answer_has_the_headers(client: TestClient, url: str) -> None:
    headers = client.get(url).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_an_unforeseen_error_has_the_headers_and_tells_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(settings)
    monkeypatch.setattr(
        "iot_streaming.serve.listing.ceil", lambda _: (_ for _ in ()).throw(ZeroDivisionError("hm"))
    )
    response = client.get("/devices")
    assert response.status_code == 500
    assert "hm" not in response.text and "content-security-policy" in response.headers


def test_what_changes_is_not_stored_and_what_never_does_is(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["cache-control"] == "no-store"
    style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in client.get(style).headers["cache-control"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "169.254.169.254", ""])
def test_another_name_of_this_machine_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8321", "127.0.0.1", "[::1]:8321"])
def test_loopback_is_known_by_its_names(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_pages_are_only_read(client: TestClient, method: str) -> None:
    assert client.request(method, "/").status_code == 405


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2f..%2fapp.py", "/etc/passwd", "vendor", "vendor/../../app.py"]
)
def test_no_file_but_the_static_ones_is_given(client: TestClient, name: str) -> None:
    assert client.get(f"/static/x/{name}").status_code == 404


@pytest.mark.parametrize(
    "shown", [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN},
              {"cookie": f"{COOKIE}={TOKEN}"}, {"cookie": f"{COOKIE}="}]
)  # fmt: skip
@pytest.mark.parametrize("url", ["/", "/devices.csv", "/as-of", "/nowhere"])
def test_nothing_is_told_without_the_token(
    guarded: TestClient, url: str, shown: dict[str, str]
) -> None:
    response = guarded.get(url, headers=shown)
    assert response.status_code == 401 and response.text == "a token is needed\n"


def test_the_bearer_of_the_token_gets_in(guarded: TestClient) -> None:
    assert guarded.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_browser_is_sent_to_the_form_and_gets_in_by_it(guarded: TestClient) -> None:
    first = guarded.get("/devices", headers={"accept": "text/html"})
    assert first.url.path == "/login" and 'name="token"' in first.text
    refused = guarded.post("/login", data={"token": "wrong"})
    assert "That is not the token" in refused.text and COOKIE not in guarded.cookies
    entered = guarded.post("/login", data={"token": TOKEN}, follow_redirects=False)
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert TOKEN not in cookie and TOKEN not in entered.headers["location"]
    assert guarded.get("/devices").status_code == 200


def test_an_endless_form_is_refused(guarded: TestClient) -> None:
    assert guarded.post("/login", content=b"token=" + b"x" * 10_000).status_code == 413


def test_loopback_needs_no_token() -> None:
    assert doors_of("127.0.0.1", False, {}) == Doors()


@pytest.mark.parametrize(
    ("host", "allows", "environment", "told"),
    [
        ("0.0.0.0", False, {}, "--allow-remote"),  # noqa: S104
        ("0.0.0.0", False, {"IOT_SERVE_TOKEN": TOKEN}, "--allow-remote"),  # noqa: S104
        ("192.0.2.1", True, {}, "IOT_SERVE_TOKEN"),
        ("192.0.2.1", True, {"IOT_SERVE_TOKEN": "short"}, "at least 16"),
        ("127.0.0.1", False, {"IOT_SERVE_TOKEN": "short"}, "at least 16"),
    ],
)
def test_beyond_loopback_a_flag_and_a_token_are_needed(
    host: str, allows: bool, environment: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        doors_of(host, allows, environment)


def test_with_both_others_may_come_by_any_name() -> None:
    doors = doors_of("0.0.0.0", True, {"IOT_SERVE_TOKEN": TOKEN})  # noqa: S104
    assert doors == Doors(hosts=("*",), token=TOKEN)
