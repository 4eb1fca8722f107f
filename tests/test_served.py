"""What is published: the warehouse's rows, one run's at a time; what did not change stays."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from iot_streaming.bronze.ingest import create_tables
from iot_streaming.errors import ConfigurationError, PipelineError
from iot_streaming.served import Published, Snapshot, doubt, open_snapshot, publish, served
from iot_streaming.settings import Settings
from iot_streaming.warehouse import show_bronze

FACTS, DEVICES = "dev_gold.fct_iot_events", "dev_gold.dim_devices"
AT = datetime(2026, 1, 10, 12, tzinfo=UTC)
_TABLES = f"""
create table {FACTS} (
    event_id varchar, device_id varchar, event_at timestamptz, event_date date, value double,
    threshold_id integer, is_breach boolean, breach_severity varchar, _ingested_at timestamptz
);
create table {DEVICES} (
    device_id varchar, readings hugeint, revenue decimal(38,2), seen_at timestamptz
);
create table dev_gold.int_unused (nothing integer);
create table dev_quality.check_results (check_name varchar, checked_at timestamptz);
create table dev_quality.touched_since (is_settled boolean);
create table dev_quality.built_from as select 'dbt project' as input, 'v1' as state;
"""


class Home:
    """A home whose warehouse is written by hand."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder / "a home", landing=folder / "landing")
        self.settings.make_folders()
        create_tables(self.settings)
        show_bronze(self.settings)
        self.write(_TABLES)
        self.days(1, 3, minute=0)
        self.write(
            f"insert into {DEVICES} values ('d1', 5, 12.34, '2026-01-03'), ('d2', null, 0, null)"
        )

    def write(self, sql: str) -> None:
        with duckdb.connect(self.settings.warehouse) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(sql)

    def days(self, first: int, last: int, minute: int, readings: int = 4) -> None:
        """Readings of January's days, ingested in the same minute."""
        self.write(
            f"insert into {FACTS} select 'e' || day || '-{minute}-' || number, 'd' || number % 2, "
            "make_timestamptz(2026, 1, day, number, 0, 0), make_date(2026, 1, day), number / 3, "
            f"7, false, null, timestamptz '2026-01-09 00:{minute:02}:00Z' "
            f"from range({first}, {last + 1}) as days(day), range({readings}) as n(number)"
        )

    def publish(self, *layers: str, run: str = "run") -> Published:
        return publish(self.settings, run, AT, layers or ("gold", "quality"))

    def served(self, sql: str) -> list[tuple[Any, ...]]:
        with served(self.settings) as (connection, _):
            return connection.execute(sql).fetchall()

    def warehouse(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.settings.warehouse) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()

    def same(self, table: str) -> bool:
        asked = f"from {table} order by all"
        return self.served(asked) == self.warehouse(asked)

    def files(self, table: str = "fct_iot_events", layer: str = "gold") -> dict[str, list[str]]:
        """Of the present version, by day."""
        actions = pa.table(DeltaTable(self.settings.published(layer, table)).get_add_actions())
        found: dict[str, list[str]] = {}
        for path in sorted(actions["path"].to_pylist()):
            found.setdefault(path.partition("/")[0], []).append(path)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.publish()
    return home


DAY = "event_date=2026-01-0{}".format


def test_rows_are_the_warehouses(home: Home) -> None:
    for table in (FACTS, DEVICES, "dev_gold.int_unused", "dev_quality.check_results"):
        assert home.same(table), table
    assert home.served(f"select count(*) from {FACTS}") == [(12,)]
    kinds = home.served(f"select typeof(readings), typeof(revenue), typeof(seen_at) from {DEVICES}")
    assert kinds[0] == ("BIGINT", "DECIMAL(38,2)", "TIMESTAMP WITH TIME ZONE")


def test_what_dbt_notes_for_itself_is_not_served(home: Home) -> None:
    with served(home.settings) as (_, snapshot):
        assert "dev_quality.ledger" in snapshot.tables
        assert not {"dev_quality.touched_since", "dev_quality.built_from"} & snapshot.tables.keys()


def test_other_readers_of_delta_open_it(home: Home) -> None:
    path = home.settings.published("gold", "fct_iot_events")
    rows = DeltaTable(path).to_pyarrow_table().to_pylist()
    assert len(rows) == 12 and {str(row["event_date"]) for row in rows} == {
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
    }


def test_nothing_new_writes_nothing(home: Home) -> None:
    before = home.files()
    again = home.publish(run="later")
    assert (again.tables, again.rows) == ([], 0)
    assert home.files() == before
    with served(home.settings) as (_, snapshot):
        assert snapshot.run_id == "later"


def test_new_rows_of_a_day_are_a_file_more(home: Home) -> None:
    before = home.files()
    home.days(3, 4, minute=1)
    done = home.publish()
    assert (done.tables, done.rows) == ([FACTS], 8)
    after = home.files()
    assert after[DAY(1)] == before[DAY(1)] and after[DAY(2)] == before[DAY(2)]
    assert set(before[DAY(3)]) < set(after[DAY(3)]) and len(after[DAY(3)]) == 2
    assert len(after[DAY(4)]) == 1 and home.same(FACTS)


@pytest.mark.parametrize(
    "change",
    [
        f"delete from {FACTS} where event_id = 'e2-0-1'",
        f"delete from {FACTS} where event_date = '2026-01-02'",
        # A threshold is another: judged anew, though nothing arrived.
        f"update {FACTS} set is_breach = true where event_id = 'e2-0-1'",
        f"update {FACTS} set threshold_id = 8 where event_id = 'e2-0-1'",
        f"insert into {FACTS} select * from {FACTS} where event_id = 'e2-0-1'",
        # It came again, and is of this day still.
        f"update {FACTS} set value = 9, _ingested_at = '2026-01-09 00:05:00Z' "
        "where event_id = 'e2-0-1'",
    ],
)
def test_day_that_changed_is_written_anew_and_no_other(home: Home, change: str) -> None:
    before = home.files()
    home.write(change)
    home.publish()
    after = home.files()
    assert home.same(FACTS)
    assert {day: after[day] for day in (DAY(1), DAY(3))} == {
        day: before[day] for day in (DAY(1), DAY(3))
    }
    assert not set(before[DAY(2)]) & set(after.get(DAY(2), []))


def test_reading_that_moves_leaves_its_old_day(home: Home) -> None:
    home.write(
        f"update {FACTS} set event_date = '2026-01-03', _ingested_at = '2026-01-09 00:05:00Z' "
        "where event_id = 'e2-0-1'"
    )
    home.publish()
    assert home.same(FACTS)
    assert home.served(f"select count(*) from {FACTS} where event_date = '2026-01-02'") == [(3,)]


def test_another_project_writes_every_reading_anew(home: Home) -> None:
    home.write("update dev_quality.built_from set state = 'v2'")
    # As a model does that computes it in another way.
    home.write(f"update {FACTS} set value = value * 2")
    home.publish()
    assert home.same(FACTS)


def test_mended_days_are_written_anew_and_no_other(home: Home) -> None:
    before = home.files()
    assert doubt(home.settings)
    home.write(f"update {FACTS} set value = 9 where event_id = 'e2-0-1'")
    day = date(2026, 1, 2)
    publish(home.settings, "backfill", AT, mended=(day, day))
    after = home.files()
    assert home.same(FACTS)
    assert [day for day in before if before[day] != after[day]] == [DAY(2)]


def test_what_was_mended_by_a_killed_backfill_is_found_by_the_next_run(home: Home) -> None:
    assert doubt(home.settings)
    home.write(f"update {FACTS} set value = 9 where event_id = 'e2-0-1'")
    # Another backfill, of other days, can't know.
    assert not doubt(home.settings)
    home.publish()
    assert home.same(FACTS)
    assert home.publish().tables == []


def test_table_with_a_row_that_differs_is_written_whole(home: Home) -> None:
    home.write(f"update {DEVICES} set readings = 6 where device_id = 'd1'")
    done = home.publish()
    assert (done.tables, done.rows) == ([DEVICES], 2)
    assert home.same(DEVICES) and len(home.files("dim_devices")) == 1


def test_history_that_grows_is_added_to(home: Home) -> None:
    results = "insert into dev_quality.check_results values ('a', '2026-01-09 0{}:00:00Z')"
    for hour in range(3):
        home.write(results.format(hour))
        assert home.publish().rows == 1
    assert home.same("dev_quality.check_results")
    assert len(home.files("check_results", "quality")) == 3


def test_many_files_of_a_day_are_made_one(home: Home) -> None:
    for minute in range(1, 34):
        home.days(3, 3, minute, readings=1)
        home.publish()
        assert len(home.files()[DAY(3)]) <= 32
    assert home.same(FACTS)
    assert len(home.files()[DAY(3)]) < 5


def test_old_days_of_what_is_counted_lie_together_by_month(home: Home) -> None:
    table, layer = "dev_gold.agg_daily_device_metrics", "agg_daily_device_metrics"
    home.write(
        f"create table {table} as select 'D1' as device_id, cast(day as date) as metric_date, "
        "1 as readings, timestamptz '2026-01-09 00:00:00Z' as _ingested_at "
        "from range(timestamp '2025-11-10', timestamp '2026-01-11', interval 1 day) as days(day)"
    )
    home.publish()
    before = home.files(layer)
    assert home.same(table)
    december = [f"2025-12-{day:02}" for day in range(1, 32)]
    assert sorted(before) == ["2025-11", *december, *(f"2026-01-{day:02}" for day in range(1, 11))]
    home.write(f"update {table} set readings = 2 where metric_date in ('2025-11-30', '2025-12-01')")
    assert home.publish().rows == 22
    after = home.files(layer)
    assert home.same(table)
    changed = {part for part in before if before[part] != after[part]}
    assert changed == {"2025-11", "2025-12-01"}
    # The first day of another month: what was last month is old by then.
    home.write(f"insert into {table} values ('D1', '2026-02-01', 1, '2026-01-09 00:01:00Z')")
    assert home.publish().rows == 32
    assert home.same(table)
    assert sorted(home.files(layer))[:3] == ["2025-11", "2025-12", "2026-01-01"]


def test_table_with_another_column_is_made_anew(home: Home) -> None:
    home.write(f"alter table {DEVICES} add column firmware varchar default '1.0'")
    home.publish()
    assert home.same(DEVICES)
    home.write(f"alter table {DEVICES} drop column firmware")
    home.publish()
    assert home.same(DEVICES)


def test_rows_without_a_day_are_refused(home: Home) -> None:
    home.write(f"update {FACTS} set event_date = null where event_id = 'e2-0-1'")
    with pytest.raises(PipelineError, match="rows without event_date"):
        home.publish()
    assert home.served(f"select count(*) from {FACTS}") == [(12,)]


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


def test_reader_stays_with_its_run(home: Home) -> None:
    snapshot = Snapshot.read(home.settings)
    assert snapshot
    with open_snapshot(home.settings, snapshot) as reader:
        home.write(f"delete from {FACTS} where event_date = '2026-01-01'; delete from {DEVICES}")
        home.publish()
        assert reader.execute(f"select count(*) from {FACTS}").fetchall() == [(12,)]
        assert reader.execute(f"select count(*) from {DEVICES}").fetchall() == [(2,)]
    assert home.served(f"select count(*) from {DEVICES}") == [(0,)]


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
