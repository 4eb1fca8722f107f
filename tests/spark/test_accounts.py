"""A pipeline that says it completed is held to what landed; a stand-in says what bronze has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.contract import Column
from iot_streaming.errors import LinesLost
from iot_streaming.landing.opened import landing_of
from iot_streaming.settings import Settings
from iot_streaming.sources import IOT_EVENTS
from iot_streaming.spark.accounts import SparkAccounts

KEY = "iot_events/a.ndjson"
HELD = {
    "file": KEY,
    "batch_id": 5,
    "ingested_at": 5,
    "lines": 2,
    "good": 2,
    "quarantined": 0,
    "corrupt": 0,
    "rescued": 0,
    "line_bytes": 4,
}


class Bronze:
    """A Warehouse that answers by what is asked for; keeps what enters the ledger."""

    def __init__(self, *held: dict[str, Any], known: Sequence[dict[str, Any]] = ()) -> None:
        self.held = held
        self.known = known
        self.entered: list[tuple[Any, ...]] = []

    def ask(self, sql: str) -> list[dict[str, Any]]:
        if "_source_file" in sql:
            return list(self.held)
        return list(self.known) if "size_bytes" in sql else []

    def has(self, table: str) -> bool:
        return True

    def append(self, table: str, columns: Sequence[Column], rows: Sequence[Any]) -> None:
        self.entered += rows

    def replace(self, table: str, columns: Sequence[Column], rows: Sequence[Any]) -> None:
        raise AssertionError("the ledger only grows")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "landing" / "iot_events").mkdir(parents=True)
    (tmp_path / "landing" / KEY).write_text("{}\n\n{}\n")
    return Settings(home=tmp_path / "home", landing=tmp_path / "landing", engine="spark")


def accounts(bronze: Bronze, settings: Settings) -> SparkAccounts:
    return SparkAccounts(bronze, settings, IOT_EVENTS, landing_of(settings))


def test_whole_file_enters_the_ledger_once(settings: Settings) -> None:
    bronze = Bronze(HELD)
    report = accounts(bronze, settings).settle(is_complete=True)
    assert (report.files, report.lines, len(bronze.entered)) == (1, 2, 1)


@pytest.mark.parametrize(
    ("held", "known", "told"),
    [
        ([], [], "has 2 lines and bronze none of it"),
        ([HELD | {"lines": 1, "line_bytes": 2}], [], "has 2 lines and bronze 1 of it"),
        ([HELD, HELD | {"batch_id": 6}], [], "is in bronze more than once"),
        ([HELD], [{"key": KEY, "size": 7, "modified_at": 1, "etag": None}], "more than once"),
    ],
    ids=["missing", "cut short", "twice", "again"],
)
def test_lost_or_doubled_file_stops_the_run_and_enters_nothing(
    settings: Settings, held: list[dict[str, Any]], known: list[dict[str, Any]], told: str
) -> None:
    bronze = Bronze(*held, known=known)
    with pytest.raises(LinesLost, match=told):
        accounts(bronze, settings).settle(is_complete=True)
    assert bronze.entered == []


def test_file_may_be_missing_after_a_pipeline_that_failed(settings: Settings) -> None:
    report = accounts(Bronze(), settings).settle(is_complete=False)
    assert report.files == 0
