"""Killed anywhere, split anyhow, started twice: each landed line is in bronze exactly once."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import iot_streaming.bronze.ingest as ingesting
from iot_streaming.bronze.ledger import Ledger
from iot_streaming.bronze.store import DeltaStore
from tests.bronze.conftest import Lakehouse, event, event_ids, lines

FILES = 60
ROWS = 20


class Crash(BaseException):
    """Stands for the process's end: nothing may catch it."""


def crash_instead(*args: Any, **kwargs: Any) -> None:
    raise Crash


def crash_after(real: Any) -> Any:
    def called(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        raise Crash

    return called


STEPS = [
    (ingesting, "write_plan"),
    (ingesting, "write_rows"),
    (ingesting, "refuse_missing_bytes"),
    (DeltaStore, "commit_file"),
    (Ledger, "append"),
    (Path, "unlink"),
]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("where", "step"), STEPS, ids=[step for _, step in STEPS])
def test_crash_around_each_step_loses_and_doubles_nothing(
    lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch, where: Any, step: str, moment: str
) -> None:
    lakehouse.land("a.ndjson", lines(event(1), "garbage"))
    with monkeypatch.context() as patch:
        real = getattr(where, step)
        patch.setattr(where, step, crash_instead if moment == "before" else crash_after(real))
        with pytest.raises(Crash):
            lakehouse.ingest()
    lakehouse.land("b.ndjson", lines(event(2)))
    lakehouse.ingest()
    rows = lakehouse.bronze()
    assert Counter(row["event_id"] for row in rows) == Counter(["e-1", "e-2", None])
    assert {row["file"]: row["lines"] for row in lakehouse.ledger()} == {
        "iot_events/a.ndjson": 2,
        "iot_events/b.ndjson": 1,
    }
    assert lakehouse.ingest().files == 0
    assert DeltaTable(lakehouse.settings.bronze("iot_events")).to_pyarrow_table().num_rows == 3


INGEST = """
import sys
from pathlib import Path
from iot_streaming.bronze.ingest import create_tables, ingest
from iot_streaming.home import writing
from iot_streaming.settings import Settings
from iot_streaming.sources import IOT_EVENTS

settings = Settings(home=Path(sys.argv[1]), landing=Path(sys.argv[2]), max_files=1)
with writing(settings):
    create_tables(settings)
    print("working", flush=True)
    ingest(settings, IOT_EVENTS)
"""


def start_ingestion(lakehouse: Lakehouse) -> "subprocess.Popen[str]":
    home, landing = lakehouse.settings.home, lakehouse.settings.landing
    return subprocess.Popen(
        [sys.executable, "-c", INGEST, str(home), str(landing)], stdout=subprocess.PIPE, text=True
    )


def killed_after(seconds: float, lakehouse: Lakehouse) -> bool:
    """Whether there still was an ingestion to kill."""
    with start_ingestion(lakehouse) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    return process.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_killed_at_20_random_moments_each_line_is_in_once(lakehouse: Lakehouse) -> None:
    for number in range(FILES):
        rows = [event(number * ROWS + n) for n in range(ROWS)]
        lakehouse.land(f"{number:03}.ndjson", lines(*rows, f"garbage {number}"))
    moments = random.Random(7)
    kills = [killed_after(moments.uniform(0, 0.1 * (n + 1)), lakehouse) for n in range(20)]
    assert sum(kills) > 5, "nothing was under way when the signal came"
    # A machine that is busy may have got nothing done in two seconds.
    for seconds in (4, 8, 16, 32, 64):
        if not lakehouse.ledger():
            killed_after(seconds, lakehouse)
    assert lakehouse.ledger(), "nothing was done before a signal came"
    with start_ingestion(lakehouse) as process:
        process.wait()
    assert process.returncode == 0
    rows = lakehouse.bronze("event_id, _corrupt_record, _source_file")
    expected = [f"e-{n}" for n in range(FILES * ROWS)]
    assert sorted(r["event_id"] for r in rows if r["event_id"]) == sorted(expected)
    assert len([r for r in rows if r["_corrupt_record"]]) == FILES
    ledger = lakehouse.ledger()
    assert Counter(row["file"] for row in ledger) == Counter(
        f"iot_events/{number:03}.ndjson" for number in range(FILES)
    )
    assert {row["lines"] for row in ledger} == {ROWS + 1}


HOSTILE = st.one_of(
    st.builds(event, st.integers(0, 30)),
    st.builds(lambda n, v: event(n, value=v), st.integers(0, 30), st.text(max_size=5)),
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=3),
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(HOSTILE, min_size=1, max_size=40), cuts=st.lists(st.integers(0, 40)))
def test_any_split_of_the_lines_into_files_gives_the_same_bronze(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], cuts: list[int]
) -> None:
    whole = Lakehouse(tmp_path_factory.mktemp("whole"))
    whole.land("all.ndjson", lines(*rows))
    whole.ingest()
    split = Lakehouse(tmp_path_factory.mktemp("split"))
    bounds = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for number, (begin, end) in enumerate(pairwise(bounds)):
        split.land(f"{number}.ndjson", lines(*rows[begin:end]))
        if number % 2:
            split.ingest()
    split.ingest()
    columns = "* exclude (_source_file, _ingested_at, _batch_id)"
    assert split.bronze(columns) == whole.bronze(columns)
    blank = sum(isinstance(row, str) and not row.strip(" \t") for row in rows)
    assert len(whole.bronze()) == len(rows) - blank


def test_table_is_real_delta(lakehouse: Lakehouse) -> None:
    lakehouse.land("a.ndjson", lines(event(1), event(2, value="n/a"), "garbage"))
    lakehouse.ingest()
    table = DeltaTable(lakehouse.settings.bronze("iot_events"))
    rows = table.to_pyarrow_table().to_pylist()
    assert len(rows) == 3
    assert event_ids(row for row in rows if row["event_id"]) == ["e-1", "e-2"]
    assert table.transaction_version("iot_events") == 1
