"""Ledger, replays, expectations and layers in, the way of the lines and their rejection out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from iot_streaming.contract import Source
from iot_streaming.errors import QueryFailed
from iot_streaming.quality.report.asking import Asking, Row, literal
from iot_streaming.quality.report.facts import Flow, Reason, Run
from iot_streaming.sources import SOURCES

# What gold makes of a source, one row for each of silver's.
_GOLD = {
    "stg_iot_events": "fct_iot_events",
    "stg_orders": "fct_orders",
    "stg_alerts": "fct_alerts",
    "stg_customers": "dim_customers",
    "stg_devices": "dim_devices",
    "stg_locations": "dim_locations",
}


@dataclass(frozen=True)
class _Counts:
    rows: int
    deleted: int


def flow_of(asking: Asking, replays: Sequence[Row]) -> tuple[Flow, ...]:
    """Each source's lines from landing to gold, as its tables are now."""
    ledger = asking.rows(
        "ledger",
        """
        select
            source,
            count(distinct case when status = 'ingested' then file end) as files,
            count(distinct file) as files_seen,
            sum(lines) as lines,
            sum(good) as good,
            sum(quarantined) as quarantined,
            sum(corrupt) as corrupt
        from {table}
        group by source
        """,
    )
    landed = {row["source"]: row for row in ledger}
    rows = _rows_of(asking) if landed else {}
    return tuple(
        _flow(source, landed[source.name], _released(replays, source.name), rows)
        for source in SOURCES
        if source.name in landed
    )


def replays_of(asking: Asking) -> list[Row]:
    """What was released so far: source, reason, rows_released."""
    return asking.rows(
        "replays",
        "select source, reason, sum(rows_released) as rows_released from {table} "
        "group by source, reason",
        needed=False,
    )


def reasons_of(asking: Asking, run: Run, replays: Sequence[Row]) -> tuple[Reason, ...]:
    """Every rule that was ever asked, the most broken one first."""
    rows = asking.rows(
        "expectation_results",
        f"""
        select
            source,
            expectation,
            max(action) as action,
            sum(case when run_id = {literal(run.run_id)} then rows_failing else 0 end) as in_run,
            sum(rows_failing) as in_all
        from {{table}}
        group by source, expectation
        """,
    )
    replayed: dict[tuple[str, str], int] = defaultdict(int)
    for row in replays:
        for reason in (row["reason"] or "").split(","):
            replayed[row["source"], reason.strip()] += int(row["rows_released"] or 0)
    reasons = [_reason(row, replayed[row["source"], row["expectation"]]) for row in rows]
    return tuple(sorted(reasons, key=lambda r: (-r.in_run, -r.in_all, r.source, r.reason)))


def _reason(row: Row, replayed: int) -> Reason:
    in_all = int(row["in_all"] or 0)
    return Reason(
        source=row["source"],
        reason=row["expectation"],
        action=row["action"] or "",
        in_run=int(row["in_run"] or 0),
        in_all=in_all,
        replayed=replayed,
        left=in_all - replayed,
    )


def _released(replays: Sequence[Row], source: str) -> int:
    return sum(int(row["rows_released"] or 0) for row in replays if row["source"] == source)


def _silver_of(source: Source) -> str:
    return f"stg_{source.name.removeprefix('cdc_')}"


def _flow(source: Source, landed: Row, released: int, rows: dict[str, _Counts]) -> Flow:
    silver_table = _silver_of(source)
    gold_table = _GOLD.get(silver_table)
    silver, gold = rows.get(silver_table), rows.get(gold_table or "")
    good = int(landed["good"] or 0)
    return Flow(
        source=source.name,
        files=int(landed["files"]),
        rejected_files=int(landed["files_seen"]) - int(landed["files"]),
        lines=int(landed["lines"] or 0),
        good=good,
        quarantined=int(landed["quarantined"] or 0),
        corrupt=int(landed["corrupt"] or 0),
        released=released,
        silver_table=silver_table,
        silver=silver.rows if silver else None,
        deleted=silver.deleted if silver and source.format == "debezium" else None,
        removed=good + released - silver.rows if silver else None,
        gold_table=gold_table,
        gold=gold.rows if gold else None,
    )


def _rows_of(asking: Asking) -> dict[str, _Counts]:
    """Of each silver and gold table that is there its rows, in one question."""
    selects = {
        (layer, name): _counting(asking, layer, name, deleted)
        for source in SOURCES
        for layer, name, deleted in _tables_of(source)
    }
    try:
        found = asking.warehouse.ask(" union all ".join(selects.values()))
    except QueryFailed:
        # Of a young home some may be missing.
        there = [select for table, select in selects.items() if asking.has(*table)]
        found = asking.warehouse.ask(" union all ".join(there)) if there else []
    return {row["name"]: _Counts(int(row["n"]), int(row["deleted"] or 0)) for row in found}


def _tables_of(source: Source) -> list[tuple[str, str, str]]:
    """Layer, name and what makes a row a deleted one, of silver and of gold where it has any."""
    silver = _silver_of(source)
    deleted = "_is_deleted" if source.format == "debezium" else "false"
    gold = [("gold", _GOLD[silver], "false")] if silver in _GOLD else []
    return [("silver", silver, deleted), *gold]


def _counting(asking: Asking, layer: str, name: str, deleted: str) -> str:
    table = asking.place.table(layer, name)
    gone = f"sum(case when {deleted} then 1 else 0 end)"
    return f"select '{name}' as name, count(*) as n, {gone} as deleted from {table}"
