"""Plain, gzipped, small and CDC files in, what their ingestion costs beside the floor out."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import duckdb

from bench import Bench, size_of
from changes import write_changes
from costs import Cost, in_turn, program, ratios
from iot_streaming.simulator import Simulation
from peers import FLOOR, OURS, lakehouse
from report import COSTS, Table, checked, cost_cells, held_to, spread

# So many of the run's events in files of so many, beside the same in a 200th of the files.
_SPLIT = 1_000_000
_SMALL = 50
_FEWER = 200
_CHANGES_PART = 5
_CHANGES_A_KEY = 10
_CUSTOMERS = "cdc_customers"

Rows = Callable[[duckdb.DuckDBPyConnection, Path], str]


def bench_ingestion(bench: Bench) -> Table:
    """Each case in turn with what it is held to."""
    plain, manifest = bench.plain()
    lines = manifest.sources["iot_events"].lines
    zipped, of_zipped = bench.simulated("gzip", Simulation.sized(bench.events, hours=48, gzip=True))
    small, large, events = split(bench, plain)
    changes = max(_CHANGES_A_KEY, bench.events // _CHANGES_PART)
    captured = bench.work / "captured"
    write_changes(captured / "cdc" / "customers", 0, changes, changes // _CHANGES_A_KEY)
    folder = bench.folder("ingestion")
    rows = [
        *_beside_floor(bench, folder, "plain files", plain, lines, 1.7),
        *_beside_floor(
            bench, folder, "gzipped files", zipped, of_zipped.sources["iot_events"].lines, 1.5
        ),
        *_beside_floor(bench, folder, "Debezium changes", captured, changes, 2.5, _CUSTOMERS),
        *_small_files(bench, folder, small, large, events),
    ]
    return Table(
        f"{size_of(manifest)}, with faults; the same gzipped; {changes:,} Debezium changes; "
        f"{events:,} of the events in many and in few files; medians of {bench.rounds} rounds",
        (*COSTS, "CPU to the row above", "aim", "rows"),
        rows,
    )


def _beside_floor(
    bench: Bench,
    folder: Path,
    name: str,
    landing: Path,
    lines: int,
    aim: float,
    source: str = "iot_events",
) -> list[tuple[str, ...]]:
    floor, ours = f"{name}: floor", f"{name}: ours"
    rows_of: dict[str, int] = {}

    def of_floor(_: int) -> Cost:
        cost = program(FLOOR.__file__, landing, folder / "floor", source)
        rows_of[floor] = counted(FLOOR.rows, folder / "floor")
        return cost

    def of_ours(_: int) -> Cost:
        cost, rows_of[ours] = _ingested(landing, folder / "home", source)
        return cost

    costs = in_turn(bench.rounds, {floor: of_floor, ours: of_ours})
    return _pair(costs, floor, ours, rows_of, lines, aim)


def _small_files(
    bench: Bench, folder: Path, small: Path, large: Path, events: int
) -> list[tuple[str, ...]]:
    files = {path: len(list(path.rglob("*.ndjson"))) for path in (small, large)}
    few, many = (f"{files[path]:,} files: ours" for path in (large, small))
    rows_of: dict[str, int] = {}

    def of(name: str, landing: Path) -> Cost:
        cost, rows_of[name] = _ingested(landing, folder / "home", "iot_events")
        return cost

    costs = in_turn(bench.rounds, {few: lambda _: of(few, large), many: lambda _: of(many, small)})
    return _pair(costs, few, many, rows_of, events, 2.0)


def _pair(
    costs: dict[str, list[Cost]],
    base: str,
    other: str,
    rows_of: dict[str, int],
    lines: int,
    aim: float,
) -> list[tuple[str, ...]]:
    to_base = ratios(costs[other], costs[base])
    return [
        (*cost_cells(base, costs[base]), "", "", checked(rows_of[base], lines)),
        (
            *cost_cells(other, costs[other]),
            spread(to_base),
            held_to(to_base, aim),
            checked(rows_of[other], lines),
        ),
    ]


def _ingested(landing: Path, home: Path, source: str) -> tuple[Cost, int]:
    """What a home's first ingestion costs, and its rows; the home goes again."""
    cost = program(OURS.__file__, landing, home, source)
    rows_there = counted(partial(lakehouse.rows, name=source), home)
    shutil.rmtree(home)
    return cost, rows_there


def counted(rows: Rows, out: Path) -> int:
    with duckdb.connect() as connection:
        row = connection.execute(f"select count(*) from {rows(connection, out)}").fetchone()
    return int(row[0]) if row else 0


def split(bench: Bench, plain: Path) -> tuple[Path, Path, int]:
    """The same first events in many small files and in few: both landings, and how many."""
    small, large = bench.folder("small"), bench.folder("large")
    events = 0
    lines = islice(_lines(plain), _SPLIT)
    for number, part in enumerate(iter(lambda: list(islice(lines, _SMALL * _FEWER)), [])):
        events += len(part)
        _write(large, number, part)
        for begin in range(0, len(part), _SMALL):
            _write(small, number * _FEWER + begin // _SMALL, part[begin : begin + _SMALL])
    return small, large, events


def _lines(landing: Path) -> Iterator[bytes]:
    for path in sorted((landing / "iot_events").rglob("*.ndjson")):
        with path.open("rb") as file:
            yield from file


def _write(landing: Path, number: int, lines: list[bytes]) -> None:
    folder = landing / "iot_events"
    folder.mkdir(exist_ok=True)
    (folder / f"iot_events-{number:06}.ndjson").write_bytes(b"".join(lines))
