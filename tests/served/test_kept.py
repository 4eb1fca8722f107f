"""What is served stays readable and becomes right: failed runs, kills, damage, other versions."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from iot_streaming.errors import ConfigurationError, PipelineError
from iot_streaming.served import Snapshot, publish, served
from tests.served.conftest import AT, DEVICES, FACTS, Home


def test_failed_run_leaves_gold_as_it_was(home: Home) -> None:
    home.days(4, 4, minute=1)
    home.write("insert into dev_quality.check_results values ('red', '2026-01-09 09:00:00Z')")
    done = home.publish("quality", run="failed")
    assert done.tables == ["dev_quality.check_results"]
    assert home.served(f"select count(*) from {FACTS}") == [(12,)]
    with served(home.settings) as (_, snapshot):
        assert (snapshot.run_id, snapshot.gold_run_id) == ("failed", "run")
    home.publish(run="mended")
    assert home.same(FACTS)


@pytest.mark.parametrize("survived", range(4))
def test_killed_publication_shows_nothing_and_is_made_good(
    home: Home, survived: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed_after(commits: int, inner: Callable[..., Any]) -> Callable[..., Any]:
        left = iter(range(commits))

        def commit(*args: Any, **kwargs: Any) -> Any:
            if next(left, None) is None:
                raise Killed
            return inner(*args, **kwargs)

        return commit

    home.days(3, 4, minute=1)
    home.write(f"delete from {DEVICES}")
    home.write("insert into dev_quality.check_results values ('a', '2026-01-09 01:00:00Z')")
    with monkeypatch.context() as patched:
        commit = DeltaTable.create_write_transaction
        patched.setattr(DeltaTable, "create_write_transaction", killed_after(survived, commit))
        patched.setattr(Snapshot, "write", killed_after(0, Snapshot.write))
        with pytest.raises(Killed):
            home.publish()
    assert home.served(f"select count(*) from {FACTS}") == [(12,)]
    assert home.served(f"select count(*) from {DEVICES}") == [(2,)]
    # Meanwhile what was half published is undone in the warehouse, or goes on.
    home.write(f"delete from {FACTS} where event_date = '2026-01-04'")
    home.publish()
    for table in (FACTS, DEVICES, "dev_quality.check_results"):
        assert home.same(table), table
        name = table.partition(".")
        layer = name[0].removeprefix("dev_")
        rows = DeltaTable(home.settings.published(layer, name[2])).to_pyarrow_table().num_rows
        assert [(rows,)] == home.warehouse(f"select count(*) from {table}")


def test_files_that_nobody_reads_go_after_a_day(home: Home) -> None:
    folder = home.settings.published("gold", "dim_devices")
    left = folder / "left-by-a-killed-publication.parquet"
    replaced = next(folder.glob("*.parquet"))
    left.write_bytes(b"PAR1")
    two_days_ago = (AT - timedelta(days=2)).timestamp()
    os.utime(left, (two_days_ago, two_days_ago))
    home.write(f"update {DEVICES} set readings = 6")
    publish(home.settings, "soon", AT + timedelta(hours=23))
    assert left.exists()
    publish(home.settings, "next day", AT + timedelta(hours=25))
    assert not left.exists() and replaced.exists(), "left the table less than a day ago"
    assert home.same(DEVICES)


def test_what_is_served_outlives_a_killed_publication_and_days_of_failed_runs(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write(f"delete from {FACTS} where event_date = '2026-01-02'")
    with monkeypatch.context() as patched, pytest.raises(PipelineError, match="stays as it was"):
        patched.setattr(Snapshot, "write", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        home.publish()
    for path in home.settings.published("gold", "fct_iot_events").rglob("*.parquet"):
        os.utime(path, (0, 0))
    publish(home.settings, "failed", AT + timedelta(hours=25), ["quality"])
    assert home.served(f"select count(*) from {FACTS}") == [(12,)]
    home.publish()
    assert home.same(FACTS)


@pytest.mark.parametrize("removed", ["fct_iot_events", "fct_iot_events/event_date=2026-01-02"])
def test_files_removed_by_hand_are_named_and_what_is_said_mends_it(
    home: Home, removed: str
) -> None:
    shutil.rmtree(home.settings.published("gold", removed))
    if "/" not in removed:
        with pytest.raises(
            ConfigurationError, match=r"(?s)fct_iot_events is not as .* publishes everything"
        ):
            home.served("select 1")
    home.settings.served.unlink()
    home.publish()
    assert home.same(FACTS)


def test_garbage_for_a_snapshot_says_what_to_do(home: Home) -> None:
    for garbage in ("", "[]", "{}", "{"):
        home.settings.served.write_text(garbage)
        with pytest.raises(ConfigurationError, match="remove it"):
            home.served("select 1")


def test_home_that_published_nothing_says_what_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(ConfigurationError, match=r"nothing is published .* `iot run`"):
        home.served("select 1")


def test_snapshot_of_another_version_says_what_to_do(home: Home) -> None:
    text = home.settings.served.read_text()
    home.settings.served.write_text(text.replace('"format": 1', '"format": 99'))
    with pytest.raises(ConfigurationError, match="another version of iot"):
        home.served("select 1")
