"""Bronze repaired behind dbt's back; a backfill of its days gives what a full refresh gives."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from deltalake import DeltaTable

from iot_streaming.backfill import Dates, dates_between
from iot_streaming.backfill.graph import models_on, selection
from iot_streaming.warehouse import show_bronze
from tests.dbt.dbt_lakehouse import PROJECT, Lakehouse, Row, event_line
from tests.dbt.test_marts_incremental import (
    BUILD,
    LOGS,
    START,
    change,
    device,
    readings,
    threshold,
)

DAY = dates_between("iot_events", "2026-01-07", "2026-01-07")
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")


def backfill(lakehouse: Lakehouse, dates: Dates) -> dict[str, str]:
    return lakehouse.build("build", *selection(dates), *NO_TESTS, "--vars", dates.variables)


def tables_of(lakehouse: Lakehouse) -> dict[str, Counter[Row]]:
    """The rows of silver, gold and the objectives; not bronze, no logs and no scopes of tests."""
    names = lakehouse.rows(
        "select table_schema, table_name from information_schema.tables where table_schema in "
        "('dev_silver', 'dev_gold') or table_name like '%_days' or table_name = 'error_budgets'"
    )
    return {
        name: Counter(lakehouse.rows(f"select columns(*) from {schema}.{name}"))
        for schema, name in names
        if name not in LOGS
    }


def differences(
    found: dict[str, Counter[Row]], expected: dict[str, Counter[Row]]
) -> dict[str, list[list[Row]]]:
    """Per table, rows that only the one and only the other has."""
    assert found.keys() == expected.keys()
    return {
        name: [list(rows - expected[name])[:3], list(expected[name] - rows)[:3]]
        for name, rows in found.items()
        if rows != expected[name]
    }


def refreshed(lakehouse: Lakehouse, make: Callable[[], Lakehouse]) -> dict[str, Counter[Row]]:
    """What a full refresh makes of the same bronze."""
    other = make()
    shutil.copyfile(lakehouse.settings.warehouse, other.settings.warehouse)
    other.build(*BUILD, "--full-refresh")
    return tables_of(other)


def bronze_of(lakehouse: Lakehouse, source: str) -> DeltaTable:
    return DeltaTable(lakehouse.settings.bronze(source))


def delete(lakehouse: Lakehouse, source: str, predicate: str) -> None:
    """As somebody who repairs bronze does."""
    assert bronze_of(lakehouse, source).delete(predicate)["num_deleted_rows"] > 0
    show_bronze(lakehouse.settings)


def listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


def test_backfill_of_events_gives_what_a_full_refresh_gives(
    new_lakehouse: Callable[[], Lakehouse],
) -> None:
    lakehouse = new_lakehouse()
    lakehouse.land("cdc_devices", [device(1, "DEV-0", "climate"), device(2, "DEV-1", "cold_chain")])
    lakehouse.land("cdc_alert_thresholds", [threshold(1, 1, "temperature", max_value="30")])
    lines = [line for _, line in readings(3)]
    # All that a device ever sent, and all that a sensor sent, was on that day.
    lines += [event_line("only", "2026-01-07T10:00:00Z", device_id="DEV-ONLY", location_id="LOC-X")]
    # Of both, one version is of that day and the other is not; without the one the other counts.
    for name, of_day, of_other in (("to", "good", "suspect"), ("from", "suspect", "good")):
        lines.append(event_line(name, "2026-01-07T11:00:00Z", quality_flag=of_day))
        lines.append(event_line(name, "2026-01-05T11:00:00Z", quality_flag=of_other))
    lakehouse.land("iot_events", lines, arrived_at=START.timestamp())
    lakehouse.ingest()
    lakehouse.build(*BUILD)
    whole, version = tables_of(lakehouse), bronze_of(lakehouse, "iot_events").version()

    # Every third reading of the day goes, and with it what makes the events above move.
    ids = lakehouse.rows(
        "select event_id from dev_bronze.iot_events where event_at::date = '2026-01-07' "
        "and len(_errors) = 0 order by all"
    )
    gone = {event_id for event_id, *_ in ids[::3]} | {"only", "to"}
    on_the_day = "event_at >= '2026-01-07T00:00:00Z' and event_at < '2026-01-08T00:00:00Z'"
    delete(lakehouse, "iot_events", f"{on_the_day} and event_id in ({listed(gone)})")
    backfill(lakehouse, DAY)
    assert differences(tables_of(lakehouse), refreshed(lakehouse, new_lakehouse)) == {}
    kept = lakehouse.rows("select event_id, event_date::text from dev_gold.fct_iot_events")
    assert ("to", "2026-01-05") in kept and ("from", "2026-01-05") in kept
    assert not {"only"} & {event_id for event_id, _ in kept}

    # Put back, and with it readings that have come in since.
    bronze_of(lakehouse, "iot_events").restore(version)
    show_bronze(lakehouse.settings)
    backfill(lakehouse, DAY)
    assert differences(tables_of(lakehouse), whole) == {}

    new = [
        event_line("new", "2026-01-05T12:00:00Z", value=1),
        event_line("to", "2026-01-06T01:00:00Z"),
    ]
    lakehouse.land("iot_events", new, arrived_at=START.timestamp())
    lakehouse.ingest()
    delete(lakehouse, "iot_events", f"{on_the_day} and event_id = 'only'")
    backfill(lakehouse, DAY)
    assert differences(tables_of(lakehouse), refreshed(lakehouse, new_lakehouse)) == {}


def test_backfill_of_changes_gives_what_a_full_refresh_gives(
    new_lakehouse: Callable[[], Lakehouse],
) -> None:
    lakehouse = new_lakehouse()
    day = 86_400_000
    lakehouse.land(
        "cdc_devices",
        [
            device(1, "DEV-0", "climate"),
            device(2, "DEV-1", "cold_chain"),
            device(day + 1, "DEV-0", "industrial"),
            device(day + 2, "DEV-ONLY", "climate"),
            device(2 * day, "DEV-0", "occupancy"),
            device(2 * day + 1, "DEV-2", "climate"),
            change("devices", 2 * day + 2, "d", device_id="DEV-2"),
        ],
    )
    lakehouse.land("iot_events", [line for _, line in readings(5)], arrived_at=START.timestamp())
    lakehouse.ingest()
    lakehouse.build(*BUILD)
    before = tables_of(lakehouse)
    ((second,),) = lakehouse.rows("select min(_committed_at)::date + 1 from dev_bronze.cdc_devices")
    dates = dates_between("cdc_devices", str(second), str(second))
    # A change in the middle of DEV-0's life, and all that was known of DEV-ONLY.
    delete(
        lakehouse,
        "cdc_devices",
        f"_committed_at >= '{dates.first}T00:00:00Z' and _committed_at < '{dates.after}T00:00:00Z'",
    )
    backfill(lakehouse, dates)
    repaired = tables_of(lakehouse)
    assert differences(repaired, refreshed(lakehouse, new_lakehouse)) == {}
    changed = differences(repaired, before)
    assert changed.keys() >= {"stg_devices", "dim_devices", "dim_devices_history"}
    assert "stg_iot_events" not in changed


def test_a_model_with_days_says_which_column_has_them(lakehouse: Lakehouse) -> None:
    lakehouse.build("parse")
    manifest = lakehouse.dbt.scratch / "target" / "manifest.json"
    models = {model.name: model for model in models_on(DAY, manifest)}
    assert {name: model.day for name, model in models.items() if model.day} == {
        "stg_iot_events": "event_date",
        "fct_iot_events": "event_date",
        "int_hourly_readings": "event_date",
        "int_daily_medians": "event_date",
        "int_location_hours": "event_hour_at",
        "agg_daily_device_metrics": "metric_date",
        "reading_arrival_days": "day",
    }
    names = list(models)
    assert (
        names.index("stg_iot_events") < names.index("fct_iot_events") < names.index("dim_devices")
    )
    assert "int_settings_applied" not in models and "int_sensor_settings" in models
    # What the macro for the pre-hook takes from the seeds.
    limits = (PROJECT / "seeds" / "tuning_limits.csv").read_text(encoding="utf-8")
    assert f"gap_days_reported,{models['agg_daily_device_metrics'].days_after}\n" in limits
    changes = models_on(dates_between("cdc_devices", "2026-01-05", "2026-01-05"), manifest)
    assert not any(model.day for model in changes)
    assert "int_settings_applied" in {model.name for model in changes}


@pytest.mark.parametrize("text", ["2026-01-05'; drop table x", "05/01/2026", "none"])
def test_dbt_takes_nothing_but_dates(
    lakehouse: Lakehouse, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    dates = {"backfill_source": "iot_events", "backfill_from": text, "backfill_to": "2026-01-05"}
    asked = ("compile", "--inline", "{{ backfill_days() }}", "--vars", json.dumps(dates))
    with pytest.raises(AssertionError, match="Error parsing inline query"):
        lakehouse.build(*asked)
    said = capsys.readouterr().out
    assert "does not match format" in said or "unconverted data remains" in said
