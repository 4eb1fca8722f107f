"""Changes of one large table in, what they cost out: all of them, then those of 1 % of the keys.

Current state and history of the customers, by dbt, on bronze that is there already.
"""

from pathlib import Path

import duckdb

from bench import Bench
from costs import Cost, piece, program
from peers import OURS
from report import COSTS, Table, cost_cells, held_to

TOUCHED = 0.01
_PART = 0.4  # of the run's events
_CHANGES_A_KEY = 10
_LINES_A_FILE = 200_000


def write_changes(folder: Path, first: int, changes: int, keys: int) -> None:
    """Change number `first` and so many after it, over so many keys, as Debezium writes them.

    Every key in turn, in an order of their own each round: inserted, updated, now and then
    deleted and put back. One update in 50 leaves an unchanged email out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for begin in range(first, first + changes, _LINES_A_FILE):
            end = min(begin + _LINES_A_FILE, first + changes)
            path = folder / f"changes-{begin:010}.ndjson"
            connection.execute(
                f"""
                copy (
                    with numbers as (
                        select
                            range as n,
                            range // {keys} as round_no,
                            -- 7919 is prime: a round visits every key.
                            'CUST-' || ((range % {keys}) * 7919 + range // {keys}) % {keys} as id
                        from range({begin}, {end})
                    ),
                    kinds as (
                        select
                            *,
                            case
                                when n < {keys} then 'c'
                                when hash(id, round_no) % 60 = 0 then 'd'
                                else 'u'
                            end as op,
                            1767571200000000 + n * 5000 as ts_us,
                            1000000 + n * 100 as lsn
                        from numbers
                    )
                    select
                        case when op = 'd' then {{'customer_id': id}} end as before,
                        case when op <> 'd' then {{
                            'customer_id': id,
                            'customer_name': 'Customer ' || id,
                            'email': case
                                when op = 'u' and hash(n) % 50 = 0
                                    then '__debezium_unavailable_value'
                                else id || '@example.com'
                            end,
                            'phone': '+4930' || hash(n) % 10000000,
                            'segment': ['SMB', 'MID', 'ENT'][1 + cast(hash(n) % 3 as integer)],
                            'country': 'DE',
                            'created_at': '2026-01-01T00:00:00.000000Z',
                            'updated_at': strftime(make_timestamp(ts_us), '%Y-%m-%dT%H:%M:%S.%fZ')
                        }} end as after,
                        {{
                            'ts_us': ts_us, 'snapshot': 'false', 'table': 'customers',
                            'sequence': '["' || lsn - 100 || '","' || lsn || '"]',
                            'txId': n, 'lsn': lsn
                        }} as source,
                        op,
                        ts_us // 1000 as ts_ms
                    from kinds
                ) to '{path}' (format json)
                """
            )


def bench_changes(bench: Bench) -> Table:
    """A build of all changes, then one after changes of TOUCHED of the keys."""
    changes = max(_CHANGES_A_KEY, round(bench.events * _PART))
    keys = changes // _CHANGES_A_KEY
    work = bench.folder("changes")
    home, landing = work / "home", work / "landing"
    folder = landing / "cdc" / "customers"
    touched = max(1, round(keys * TOUCHED))
    write_changes(folder, 0, changes, keys)
    program(OURS.__file__, landing, home, "cdc_customers")
    first = piece("changes", home, landing)
    write_changes(folder / "more", changes, max(1, round(changes * TOUCHED)), touched)
    program(OURS.__file__, landing, home, "cdc_customers")
    second = piece("changes", home, landing)
    share = _sql(second) / _sql(first)
    return Table(
        f"{changes:,} changes of {keys:,} customers, then as many as {TOUCHED:.0%} of them; "
        "current state and history by dbt, one run each",
        (*COSTS, "SQL s", "aim"),
        [
            (*cost_cells("all changes", [first]), f"{_sql(first):.2f}", ""),
            (
                *cost_cells(f"again after changes of {touched:,} keys", [second]),
                f"{_sql(second):.2f}",
                f"SQL {share:.1%} of the first's, {held_to([share * 100], 15)}",
            ),
        ],
        [f"SQL seconds: {first.said}; then {second.said}"],
        ("duckdb", "deltalake", "dbt-core", "dbt-duckdb"),
    )


def _sql(run: Cost) -> float:
    return float(run.said.split()[0])
