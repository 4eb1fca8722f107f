"""Changes of one large table in, what they cost out: all of them, then those of 1 % of the keys.

    python benchmarks/changes.py [--changes 2000000] [--keys 200000]

Current state and history of the customers, by dbt, on bronze that is there already.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb

from costs import piece, show

TOUCHED = 0.01
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


def bench_changes(work: Path, changes: int, keys: int) -> None:
    """Print CPU, wall and memory of both runs, and the SQL of the second beside the first's."""
    home, landing = work / "home", work / "landing"
    folder = landing / "cdc" / "customers"
    touched = round(keys * TOUCHED)
    write_changes(folder, 0, changes, keys)
    piece("ingest", home, landing, "cdc_customers")
    first = piece("changes", home, landing)
    show(f"{changes:,} changes of {keys:,} keys", [first])
    write_changes(folder / "more", changes, round(changes * TOUCHED), touched)
    piece("ingest", home, landing, "cdc_customers")
    second = piece("changes", home, landing)
    show(f"again after changes of {touched:,} keys", [second])
    print(f"  SQL seconds: {first.said}; then {second.said}")
    ratio = float(second.said.split()[0]) / float(first.said.split()[0])
    print(f"  second to first: {ratio:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=2_000_000)
    parser.add_argument("--keys", type=int, default=200_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="iot-bench-") as temporary:
        print("{:<44} {:>8} {:>8} {:>8}".format("", "CPU s", "wall s", "peak MiB"))
        bench_changes(Path(temporary), arguments.changes, arguments.keys)


if __name__ == "__main__":
    main()
