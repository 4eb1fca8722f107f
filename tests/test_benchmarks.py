"""What the benchmarks count, compare and write: costs, ratios, rows, the page."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from abilities import Work, corrupt_lines, lines_by_file, new_file_only, same_files_again
from bench import Bench
from changes import write_changes
from costs import Cost, in_turn, ratios
from ingestion import counted, split
from iot_streaming.simulator import Simulation, simulate
from peers import FLOOR, OURS, PEERS, Peer, duckdb_parquet, lakehouse
from report import Table, checked, cost_cells, held_to, missing, spread, write_section
from run import PAGE, SECTIONS

BENCHMARKS = PAGE.parents[1] / "benchmarks"
QUICK_PEERS = [peer for peer in PEERS if "pyspark" not in peer.PACKAGES]
# A second of CPU each: a child whose parent ignores its end, an orphan, and one waited for.
_WORK = """
import os, signal, time
def work():
    while time.process_time() < 1: pass
    os._exit(0)
if os.fork():
    os.wait()
    if not os.fork():
        if not os.fork():
            time.sleep(0.2)
            work()
        os._exit(0)
    os.wait()
else:
    work()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if not os.fork():
    while time.process_time() < 1: pass
    time.sleep(1)
    os._exit(0)
try:
    os.wait()
except ChildProcessError:
    pass
"""
# In a process of its own: it becomes the parent of whatever is left alone.
_MEASURE = "import sys, costs; print(costs.measured(sys.executable, '-c', sys.argv[1]).cpu)"


class Started(Work):
    """Not measured: that waits for every child of the process, and other tests have some."""

    def run(self) -> Cost:
        subprocess.run([sys.executable, self.peer.__file__, self.landing, self.out], check=True)
        return Cost(0, 0, 0, "")


def test_processes_that_nobody_waits_for_are_counted_once() -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", _MEASURE, _WORK],
        cwd=BENCHMARKS,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 2.9 <= float(outcome.stdout) < 4


def test_works_take_turns_and_one_that_fails_is_left_out() -> None:
    done: list[str] = []

    def fail(_: int) -> Cost:
        done.append("b")
        raise subprocess.CalledProcessError(1, "b", stderr="what it complained of")

    def work(number: int) -> Cost:
        done.append("a")
        return Cost(float(number + 1), 1.0, 1.0, "")

    costs = in_turn(2, {"a": work, "b": fail, "c": work})
    assert done == ["a", "b", "a", "a", "a"]
    assert list(costs) == ["a", "c"]
    assert ratios(costs["a"], costs["c"]) == [1.0, 1.0]


def test_ratio_is_the_middle_pair_s() -> None:
    ours = [Cost(cpu, 1.0, 1.0, "") for cpu in (3.0, 4.0, 9.0)]
    floor = [Cost(cpu, 1.0, 1.0, "") for cpu in (2.0, 1.0, 3.0)]
    assert spread(ratios(ours, floor)) == "3.00 (1.50 to 4.00)"
    assert held_to(ratios(ours, floor), 2.5) == "at most 2.5: missed"
    assert held_to(ratios(ours, floor), 2.5, least=True) == "at least 2.5: met"
    assert cost_cells("ours", ours) == ("ours", "4.0", "1.0", "1")


def test_rows_are_held_to_the_lines() -> None:
    assert checked(1000, 1000) == "1,000"
    assert checked(998, 1000) == "998: 2 lost"
    assert checked(2000, 1000) == "2,000: 1,000 too many"


def test_section_takes_its_place_on_the_page(tmp_path: Path) -> None:
    table = Table("Two events", ("", "rows"), [("floor", "2"), ("a peer", "1: 1 lost")], ["so"])
    page = tmp_path / "page.md"
    page.write_text("# Before\n<!-- bench: peers -->\nold\n<!-- end -->\nafter\n")
    write_section(page, "peers", table.markdown())
    write_section(page, "peers", table.markdown())
    first, mark, _, about, _, *rows, _, remark, _, end, last = page.read_text().splitlines()
    assert (first, mark) == ("# Before", "<!-- bench: peers -->")
    assert about.startswith("Two events. ")
    assert rows == [
        "|        |      rows |",
        "| ------ | --------: |",
        "| floor  |         2 |",
        "| a peer | 1: 1 lost |",
    ]
    assert (remark, end, last) == ("- so", "<!-- end -->", "after")
    with pytest.raises(ValueError, match="bench: other"):
        write_section(page, "other", "")


def test_page_has_a_place_for_every_section() -> None:
    text = PAGE.read_text()
    assert [text.count(f"<!-- bench: {name} -->") for name in SECTIONS] == [1] * len(SECTIONS)


# Spark's, a minute of it, is left to make bench, which counts its rows as well.
@pytest.mark.parametrize("peer", QUICK_PEERS, ids=lambda peer: peer.TITLE)
def test_peer_brings_in_every_line(peer: Peer, tmp_path: Path) -> None:
    if missing(peer.PACKAGES):
        pytest.skip(f"{peer.TITLE}: make .venv/.bench installs it")
    manifest = simulate(Simulation.sized(300, faults="none"), tmp_path / "landing")
    work = Started(peer, tmp_path / "landing", tmp_path / "out")
    work.out.mkdir()
    work.run()
    assert work.rows() == manifest.sources["iot_events"].lines


def test_changes_are_counted_in_both(tmp_path: Path) -> None:
    write_changes(tmp_path / "landing" / "cdc" / "customers", 0, 300, 30)
    floor, ours = tmp_path / "floor", tmp_path / "ours"
    duckdb_parquet.ingest(tmp_path / "landing", floor, "cdc_customers")
    lakehouse.ingest(tmp_path / "landing", ours, "cdc_customers")
    assert counted(duckdb_parquet.rows, floor) == 300
    assert counted(partial(lakehouse.rows, name="cdc_customers"), ours) == 300


def test_what_a_peer_can_do_is_found_out(tmp_path: Path) -> None:
    def work(peer: Peer, name: str) -> Started:
        landing = tmp_path / name / "landing"
        simulate(Simulation.sized(100, faults="none"), landing)
        (tmp_path / name / "out").mkdir()
        return Started(peer, landing, tmp_path / name / "out")

    floor, ours = work(FLOOR, "floor"), work(OURS, "ours")
    assert [corrupt_lines(floor), lines_by_file(floor)] == ["NULLs", "no"]
    assert [corrupt_lines(ours), lines_by_file(ours)] == ["kept", "yes"]
    assert [same_files_again(floor), new_file_only(floor)] == ["no change", "starts over"]


def test_small_and_large_files_have_the_same_events(tmp_path: Path) -> None:
    landing = tmp_path / "plain"
    simulate(Simulation.sized(300), landing)
    small, large, events = split(Bench(tmp_path), landing)
    assert len(list(small.rglob("*.ndjson"))) == -(-events // 50)
    assert len(list(large.rglob("*.ndjson"))) == 1
    lines = [
        b"".join(path.read_bytes() for path in sorted(folder.rglob("*.ndjson")))
        for folder in (small, large)
    ]
    assert lines[0] == lines[1]
    assert lines[0].count(b"\n") == events
