"""A home's quality tables filled with a history of runs that never ran: known numbers, quickly.

Silver, gold and the ledger are made too, with the columns that a report reads.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from math import pi, sin
from pathlib import Path
from typing import Any

import duckdb

from iot_streaming.bronze.duckdb_sql import duckdb_type
from iot_streaming.bronze.ledger import LEDGER_COLUMNS
from iot_streaming.contract import Column
from iot_streaming.quality.tables import (
    CHECK_RESULTS,
    EXPECTATION_RESULTS,
    PIPELINE_RUNS,
    REPLAYS,
)
from iot_streaming.settings import LAYERS, Settings
from iot_streaming.warehouse import EmbeddedWarehouse
from tests.quality.made_facts import (
    BUDGETS,
    CHECKS,
    DAYS,
    FINDINGS,
    FRESH,
    HOSTILE,
    LANDED,
    OBJECTIVES,
    RULES,
)

NOW = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
LATEST = "20260309T060000.000000Z"


def make_home(
    home: Path,
    runs: int = 30,
    step: timedelta = timedelta(days=1),
    failing: bool = True,
    hostile: bool = False,
    without: Sequence[str] = (),
) -> Settings:
    """A home whose last run began at NOW; `without`: quality tables that it lacks."""
    settings = Settings(home=home, landing=home / "landing")
    settings.make_folders()
    with duckdb.connect(settings.warehouse) as connection:
        for layer in LAYERS:
            connection.execute(f"create schema if not exists {settings.schema(layer)}")
        _make_layers(connection)
    warehouse = EmbeddedWarehouse(settings)
    last = _last_checks(failing, hostile)
    tables: dict[str, tuple[Sequence[Column], list[tuple[Any, ...]]]] = {
        "ledger": (LEDGER_COLUMNS, list(_ledger())),
        "pipeline_runs": (PIPELINE_RUNS, list(_runs(runs, step, last))),
        "check_results": (CHECK_RESULTS, last),
        "expectation_results": (EXPECTATION_RESULTS, list(_expectations(runs, step, hostile))),
        "replays": (REPLAYS, _replays()),
        "error_budgets": (BUDGETS, list(_budgets())),
        "objective_days": (DAYS, list(_days())),
    }
    for name, (columns, rows) in tables.items():
        if name not in without:
            warehouse.append(f"{settings.schema('quality')}.{name}", columns, rows)
    if "check_results" not in without and runs > 1:
        with duckdb.connect(settings.warehouse) as connection:
            _earlier_checks(connection, runs - 1, step)
    return settings


def run_id(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S.%fZ}"


def _make_layers(connection: duckdb.DuckDBPyConnection) -> None:
    gold = {"stg_iot_events": "fct_iot_events", "stg_orders": "fct_orders"}
    for source, (*_, silver, deleted, in_gold) in LANDED.items():
        name = f"stg_{source.removeprefix('cdc_')}"
        connection.execute(
            f"create table dev_silver.{name} as select range as id, range < {deleted} "
            f"as _is_deleted from range({silver})"
        )
        if in_gold:
            table = gold.get(name, name.replace("stg_", "dim_"))
            connection.execute(
                f"create table dev_gold.{table} as select range as id from range({in_gold})"
            )


def _ledger() -> Iterator[tuple[Any, ...]]:
    for source, (files, lines, quarantined, corrupt, *_) in LANDED.items():
        shares = [_shares(count, files) for count in (lines, quarantined, corrupt)]
        for number, (of_lines, of_quarantined, of_corrupt) in enumerate(zip(*shares, strict=True)):
            at = NOW - timedelta(minutes=60 * number + len(source))
            good = of_lines - of_quarantined
            counts = (of_lines, good, of_quarantined, of_corrupt, 0, number)
            file = f"{source}/part-{number:05}.json"
            yield source, file, "ingested", None, 4096, at, *counts, at, None
    yield (
        *("iot_events", "iot_events/torn.json.gz", "rejected", "the file ends too early", 77),
        *(NOW, 0, 0, 0, 0, 0, None, NOW, None),
    )


def _shares(total: int, parts: int) -> list[int]:
    """The total in so many nearly equal parts."""
    return [total * (i + 1) // parts - total * i // parts for i in range(parts)]


def _runs(runs: int, step: timedelta, last: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for back in range(runs):
        at = NOW - back * step
        seconds = 21 + 6 * sin(back / 9) + (back * 37 % 11) / 3 + max(0, 30 - back) / 4
        lines, quarantined = _landed(at, back)
        failed, warned = (0, 0)
        if back:
            failed, warned = int(back % 23 == 7) * (1 + back % 3), int(back % 5 == 2) + back % 2
        else:
            failed = sum(row[8] in ("fail", "error") for row in last)
            warned = sum(row[8] == "warn" for row in last)
        status = "failed" if failed else "attention" if back % 41 == 3 else "passed"
        jobs = [
            {
                "job": "iot_ingestion_job",
                "seconds": 2.4,
                "ok": True,
                "problems": [],
                "warnings": [],
            },
            {"job": "dbt_transformation_job", "seconds": 15.1, "ok": True, "problems": []},
            {"job": "data_quality_job", "seconds": 1.5, "ok": not failed, "problems": []},
        ]
        slowest = [
            {"model": model, "seconds": seconds_of}
            for model, seconds_of in (
                ("fct_iot_events", 2.31),
                ("stg_iot_events", 1.94),
                ("int_hourly_readings", 0.88),
                ("agg_daily_device_metrics", 0.61),
                ("int_sensors", 0.44),
                ("dim_devices_history", 0.31),
                ("int_device_health", 0.29),
                ("dim_devices", 0.21),
                ("fct_alerts", 0.18),
                ("dim_date", 0.07),
            )
        ]
        yield (
            *(run_id(at), "dev", "duckdb", at, seconds, status, json.dumps(jobs)),
            *(12 + back % 4, lines, lines - quarantined, quarantined, quarantined // 4, 324),
            *(
                230,
                0,
                lines - quarantined - 230,
                29,
                len(last),
                failed,
                warned,
                json.dumps(slowest),
            ),
        )


def _landed(at: datetime, back: int) -> tuple[int, int]:
    lines = int(1580 + 420 * sin(at.hour / 12 * pi) + (back * 131 % 97))
    return lines, lines // (18 if 9 <= back % 97 <= 13 else 110)


def _last_checks(failing: bool, hostile: bool) -> list[tuple[Any, ...]]:
    rows = [
        _check(name, kind, layer, table, "pass", limit=0) for name, kind, layer, table in CHECKS
    ]
    rows += [
        _check(f"source_{source}", "freshness", "bronze", source, status, age, limit, None)
        for source, status, age, limit in FRESH
        if failing or status == "pass"
    ]
    if failing:
        rows += [_check(*finding) for finding in FINDINGS]
    if hostile:
        sample = [{"device_id": v, v[:60]: v, "n": n} for n, v in enumerate(HOSTILE)]
        rows.append(_check(HOSTILE[0], "generic", "gold", HOSTILE[1], "fail", 10, 0, 10, sample))
        rows.append(
            _check("hostile_message", "generic", "gold", "x", "error", message="\n".join(HOSTILE))
        )
    return rows


def _check(
    name: str,
    kind: str,
    layer: str,
    table: str,
    status: str,
    value: float | None = 0,
    limit: float | None = None,
    rows: int | None = 0,
    sample: Any = None,
    message: str | None = None,
) -> tuple[Any, ...]:
    severity = "warn" if status == "warn" else "error"
    text = json.dumps(sample) if sample else None
    at = NOW + timedelta(seconds=20)
    return (
        *(LATEST, at, "data_quality_job", name, kind, layer, table, severity, status),
        *(value, limit, rows, text, message, 0.02 + len(name) % 7 / 50, "duckdb"),
    )


def _earlier_checks(connection: duckdb.DuckDBPyConnection, runs: int, step: timedelta) -> None:
    """The same checks of every earlier run; yesterday one warned that has recovered since."""
    columns = ", ".join(f"{column.name} {duckdb_type(column)}" for column in CHECK_RESULTS)
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"create temp table earlier ({columns})")
    connection.execute(
        """
        insert into earlier
        select
            strftime(ran_at, '%Y%m%dT%H%M%S.%fZ'), ran_at, job,
            check_name, kind, layer, table_name, severity,
            case
                when back = 24 and check_name = 'sensors_are_not_silent' then 'warn'
                else 'pass'
            end,
            0, limit_value, 0, null, null, duration_seconds, engine
        from dev_quality.check_results,
            (select range as back, $now - range * $step as ran_at from range(1, $runs + 1))
        """,
        {"now": NOW, "step": step, "runs": runs},
    )
    connection.execute("insert into dev_quality.check_results select * from earlier")


def _expectations(runs: int, step: timedelta, hostile: bool) -> Iterator[tuple[Any, ...]]:
    for back in range(min(runs, 30)):
        at = NOW - back * step
        lines, _ = _landed(at, back)
        rules = dict(RULES) | ({(HOSTILE[0], "drop"): 3} if hostile else {})
        for (rule, action), rate in rules.items():
            failing = 0 if not rate else lines * rate // 10_000 + (back * 7 + len(rule)) % 3
            yield run_id(at), at, "iot_events", rule, action, lines, failing, "duckdb"
        yield run_id(at), at, "cdc_orders", "order_id_present", "drop", 3, int(not back), "duckdb"


def _replays() -> list[tuple[Any, ...]]:
    at = NOW - timedelta(days=2)
    file = "iot_events/part-00009.json"
    return [
        ("r1", at, "iot_events", file, "event_at_not_in_future", 17, "duckdb"),
        ("r1", at, "iot_events", file, "value_present, sensor_type_present", 4, "duckdb"),
    ]


def _budgets() -> Iterator[tuple[Any, ...]]:
    end = NOW.date()
    for name, kind, source, device, target, good, valid in OBJECTIVES:
        sli = good / valid if valid else None
        left = None if sli is None else 1 - (1 - sli) / (1 - target)
        window = (30, end - timedelta(days=29), end)
        yield name, kind, source, device, target, *window, good, valid, sli, left


def _days() -> Iterator[tuple[Any, ...]]:
    for name, kind, source, device, _, good, valid in OBJECTIVES:
        lost = _lost(valid - good)
        for number, of_valid in enumerate(_shares(valid, 30)):
            day: date = NOW.date() - timedelta(days=29 - number)
            yield name, kind, source, device, day, of_valid - min(of_valid, lost[number]), of_valid


def _lost(total: int) -> list[int]:
    """Most of it on two bad days, the rest spread."""
    spread = _shares(total // 4, 30)
    for day, share in ((11, 2), (24, 4)):
        spread[day] += (total - total // 4) * share // 6
    return spread
