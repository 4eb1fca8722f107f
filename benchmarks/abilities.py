"""A peer in, what it does with lines and runs that went wrong out: found out by trying.

Each question has files of its own, made from a small simulation without faults, and a folder of its
own for the peer to write to.
"""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from costs import Cost, killed, program, tell
from iot_streaming.simulator import Simulation, simulate
from peers import Peer

_PLANTED = 10
_PLANTED_FILE = "iot_events-20260107T0000-001.ndjson"
# When to kill it, in parts of the time that it takes undisturbed.
_KILLS = (0.5, 0.75, 0.95)
_EVENT = (
    '{{"event_id":"{n}","device_id":"DEV-00001","location_id":"LOC-0001",'
    '"timestamp":"2026-01-06T23:5{n}:00.000Z","sensor_type":"humidity","value":{value},'
    '"unit":"%","quality_flag":"good","battery_level":50,"firmware_version":"2.0.0"{more}}}'
)
_STOPS = "stops"


@dataclass(frozen=True)
class Work:
    """A peer on one landing folder, into one folder of its own."""

    peer: Peer
    landing: Path
    out: Path

    def run(self) -> Cost:
        return program(self.peer.__file__, self.landing, self.out)

    def rows(self, condition: str = "true") -> int:
        """How many of its rows are so; `r` is the row."""
        with duckdb.connect() as connection:
            rows = self.peer.rows(connection, self.out)
            if not rows:
                return 0
            sql = f"select count(*) from {rows} as r where {condition}"
            row = connection.execute(sql).fetchone()
            return int(row[0]) if row else 0

    def by_file(self) -> list[dict[str, int]]:
        """Rows by file name, of each column of text: one of them may have names."""
        with duckdb.connect() as connection:
            rows = self.peer.rows(connection, self.out)
            described = connection.execute(f"describe select * from {rows}").fetchall()
            texts = [name for name, kind, *_ in described if kind == "VARCHAR"]
            return [
                dict(
                    connection.execute(
                        f'select parse_filename("{name}"), count(*) from {rows} group by 1'
                    ).fetchall()
                )
                for name in texts
            ]


def corrupt_lines(work: Work) -> str:
    """kept as they are, NULLs: as rows that say nothing, or lost; stops: not one row is read."""
    lines = _lines(work.landing) + _plant(
        work.landing, lambda n: f'{{"event_id":"{n}","device_id":"planted-{n}'
    )
    return _outcome(work, lines, "NULLs")


def lines_by_file(work: Work) -> str:
    """yes: after the question above, each file's lines are there as rows with its name."""
    files = (work.landing / "iot_events").rglob("*.ndjson")
    truth = {path.name: len(path.read_bytes().splitlines()) for path in files}
    return "yes" if work.rows() and truth in work.by_file() else "no"


def unknown_fields(work: Work) -> str:
    """kept, or lost with the row there; stops."""
    lines = _lines(work.landing) + _plant(
        work.landing, lambda n: _EVENT.format(n=n, value=20, more=f',"surplus":"planted-{n}"')
    )
    return _outcome(work, lines, "dropped")


def wrong_types(work: Work) -> str:
    """kept, or NULL with the rest of the row there; stops."""
    lines = _lines(work.landing) + _plant(
        work.landing, lambda n: _EVENT.format(n=n, value=f'"planted-{n}"', more="")
    )
    return _outcome(work, lines, "NULL")


def same_files_again(work: Work) -> str:
    """After a first run: whether rows double when nothing is new."""
    once = work.rows()
    work.run()
    again = work.rows()
    return "no change" if again == once else f"{again / once:.0f} × the rows"


def new_file_only(work: Work) -> str:
    """After the question above: a file more, those that are read already gone from landing."""
    before = work.rows()
    shutil.rmtree(work.landing / "iot_events")
    new = _plant(work.landing, lambda n: _EVENT.format(n=n, value=20, more=""))
    work.run()
    after = work.rows()
    if after == before + new:
        return "added"
    return "starts over" if after == new else f"{after - before:,} rows for {new}"


def killed_and_run_again(work: Work, undisturbed: float) -> str:
    """once: each line is there one time after killed runs and a whole one."""
    for part in _KILLS:
        killed(part * undisturbed, work.peer.__file__, work.landing, work.out)
    work.run()
    rows, lines = work.rows(), _lines(work.landing)
    return "once" if rows == lines else f"{rows:,} of {lines:,} rows"


# What the table calls them, in the order of `abilities`.
COLUMNS = (
    "corrupt lines",
    "rows by file",
    "unknown fields",
    "wrong types",
    "same files again",
    "new file only",
    "killed, run again",
)


def abilities(peer: Peer, folder: Path, events: int) -> tuple[str, ...]:
    """The answers below COLUMNS; CalledProcessError when it fails on files without faults."""
    tell(f"{peer.TITLE}: what it can do")

    def fresh(name: str) -> Work:
        landing = folder / name / "landing"
        simulate(Simulation.sized(events, faults="none"), landing)
        (folder / name / "out").mkdir()
        return Work(peer, landing, folder / name / "out")

    corrupt, unknown, wrong = fresh("corrupt"), fresh("unknown"), fresh("wrong")
    again, kill = fresh("again"), fresh("killed")
    answers = (
        _answer(corrupt_lines, corrupt),
        _answer(lines_by_file, corrupt),
        _answer(unknown_fields, unknown),
        _answer(wrong_types, wrong),
    )
    undisturbed = again.run().wall
    return (
        *answers,
        _answer(same_files_again, again),
        _answer(new_file_only, again),
        _answer(lambda work: killed_and_run_again(work, undisturbed), kill),
    )


def _answer(question: Callable[[Work], str], work: Work) -> str:
    try:
        return question(work)
    except subprocess.CalledProcessError:
        return _STOPS


def _outcome(work: Work, lines: int, without: str) -> str:
    """What became of the planted ones: kept, or the row is there `without`, or lost with it."""
    work.run()
    if work.rows("cast(r as varchar) like '%planted-%'") == _PLANTED:
        return "kept"
    return without if work.rows() == lines else "lost"


def _lines(landing: Path) -> int:
    files = (landing / "iot_events").rglob("*.ndjson")
    return sum(len(path.read_bytes().splitlines()) for path in files)


def _plant(landing: Path, line: Callable[[int], str]) -> int:
    path = landing / "iot_events" / _PLANTED_FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line(n)}\n" for n in range(_PLANTED)))
    return _PLANTED
