"""The command: it says where, answers, notices a new run, and ends when it is told to."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from iot_streaming.serve.app import create_app, warm
from iot_streaming.serve.embedded import EmbeddedHome
from iot_streaming.served import publish
from iot_streaming.settings import Settings
from tests.serve.conftest import client_of
from tests.serve.made_fleets import ordinary
from tests.serve.made_home import PUBLISHED_AT, insert, make_home
from tests.serve.made_rows import BEFORE, RUN, device

IOT = Path(sys.executable).parent / "iot"


@pytest.fixture
def started(settings: Settings) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command: list[str | Path] = [IOT, "serve", "--home", settings.home, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        told = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", told)
        assert found, told
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_answers_and_stops_when_told(
    started: tuple[subprocess.Popen[str], str], sign: signal.Signals
) -> None:
    process, url = started
    with urllib.request.urlopen(f"{url}as-of", timeout=20) as answer:  # noqa: S310
        assert json.load(answer)["run_id"] == RUN
    os.kill(process.pid, sign)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0 and said == ""


def test_a_port_in_use_is_named(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command: list[str | Path] = [IOT, "serve", "--home", settings.home, "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2
    assert f"port {port} of 127.0.0.1 is in use; choose another with --port" in ended.stderr


def test_a_home_that_is_not_there_is_named(tmp_path: Path) -> None:
    command: list[str | Path] = [IOT, "serve", "--home", tmp_path / "none"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2 and "there is no home at" in ended.stderr


def test_a_new_publication_is_noticed_without_a_restart(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ordinary(), run_id=BEFORE)
    client = client_of(settings)
    first = client.get("/as-of").json()
    assert first["run_id"] == BEFORE and "D9" not in client.get("/devices").text
    with duckdb.connect(settings.warehouse) as connection:
        insert(connection, "gold.dim_devices", [device("D9", 10.0)])
    publish(settings, RUN, PUBLISHED_AT + timedelta(minutes=5))
    second = client.get("/as-of").json()
    assert second["run_id"] == RUN and second["token"] != first["token"]
    assert "D9" in client.get("/devices").text


def test_a_page_keeps_the_publication_it_began_with(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ordinary(), run_id=BEFORE)
    home = EmbeddedHome(settings)
    begun = home.latest()
    with duckdb.connect(settings.warehouse) as connection:
        insert(connection, "gold.dim_devices", [device("D9", 10.0)])
    publish(settings, RUN, PUBLISHED_AT + timedelta(minutes=5))
    sql = "select count(*) as devices from dim_devices"
    assert home.latest().ask("gold", sql, {}).rows == [(4,)]
    assert begun.ask("gold", sql, {}).rows == [(3,)]


def test_a_failed_run_is_named_above_what_an_earlier_one_made(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ordinary(), run_id=BEFORE)
    publish(settings, RUN, PUBLISHED_AT + timedelta(minutes=5), layers=("quality",))
    page = client_of(settings).get("/devices").text
    assert 'id="behind"' in page and f'<a href="/runs/{RUN}">newest run</a> failed' in page


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys, iot_streaming.cli; "
        "print([m for m in ('starlette', 'uvicorn', 'jinja2', 'duckdb') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_after_warming_up_the_first_viewer_waits_for_no_question(settings: Settings) -> None:
    home = EmbeddedHome(settings)
    warm(home)
    app = create_app(home)
    timing = TestClient(app, base_url="http://localhost").get("/quality").headers["server-timing"]
    told = re.match(r"db;dur=([\d.]+)", timing)
    assert told and float(told[1]) < 1.0
