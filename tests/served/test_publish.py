"""What is published: the warehouse's rows, one run's at a time; what did not change stays."""

from datetime import date

import pytest
from deltalake import DeltaTable

from iot_streaming.errors import PipelineError
from iot_streaming.served import Snapshot, doubt, open_snapshot, publish, served
from tests.served.conftest import AT, DEVICES, FACTS, Home

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


def test_reader_stays_with_its_run(home: Home) -> None:
    snapshot = Snapshot.read(home.settings)
    assert snapshot
    with open_snapshot(home.settings, snapshot) as reader:
        home.write(f"delete from {FACTS} where event_date = '2026-01-01'; delete from {DEVICES}")
        home.publish()
        assert reader.execute(f"select count(*) from {FACTS}").fetchall() == [(12,)]
        assert reader.execute(f"select count(*) from {DEVICES}").fetchall() == [(2,)]
    assert home.served(f"select count(*) from {DEVICES}") == [(0,)]
