"""`iot export`: the tables of the last run where others read them, whole at any time."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from filelock import FileLock

from iot_streaming.bronze.ingest import create_tables
from iot_streaming.errors import ConfigurationError, HomeInUse, QueryFailed
from iot_streaming.export import NOTE, AsOf, chosen, destination_at, export
from iot_streaming.served import publish
from iot_streaming.settings import Settings
from iot_streaming.warehouse import show_bronze
from tests.command import iot

RUN = AsOf("20260309T060000.000000Z", datetime(2026, 3, 9, 6, 1, tzinfo=UTC))
NEXT = AsOf("20260310T060000.000000Z", datetime(2026, 3, 10, 6, 1, tzinfo=UTC))
# What readers and spreadsheets trip over, one row each; the first column tells them apart.
HOSTILE = """
select * from (values
    (1, 'plain', 1.5::double, 12.50::decimal(12, 2), timestamptz '2026-03-08 23:59:59.000001+01',
        date '2026-03-08', true, ['a', 'b"c']),
    (2, '=1+1', 'nan', null, null, null, null, null),
    (3, '', 'infinity', 0.00, null, null, false, []),
    (4, null, '-infinity', null, null, null, null, [null]),
    (5, 'a "quoted", line' || chr(10) || 'and; another', null, null, null, null, null, null),
    (6, 'شركة ‮الاختبار‬ <script>alert(1)</script>', null, null, null, null, null, null)
) as hostile(device_number, name, health_score, paid, seen_at, seen_date, is_active, reasons)
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two tables of gold and one of quality, as served tables are."""
    with duckdb.connect() as made:
        made.execute("set timezone = 'UTC'; create schema dev_gold; create schema dev_quality")
        made.execute(f"create view dev_gold.dim_devices as {HOSTILE}")
        made.execute("create view dev_gold.fct_alerts as select range as alert from range(300000)")
        made.execute("create view dev_quality.ledger as select 1 as lines where false")
        yield made


TABLES = {"gold.dim_devices": RUN, "gold.fct_alerts": RUN, "quality.ledger": RUN}


def note_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / NOTE).read_text(encoding="utf-8")))


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """In order, as text: NaN is what it is, and not unequal to itself."""
    return [repr(row) for row in connection.execute(f"{sql} order by 1").fetchall()]


@pytest.mark.parametrize("output", ["delta", "parquet"])
def test_tables_arrive_with_every_value_and_type(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, output: str
) -> None:
    export(connection, TABLES, "dev", destination_at(tmp_path), output)
    if output == "delta":
        uris = DeltaTable(tmp_path / "gold" / "dim_devices").file_uris()
    else:
        uris = [str(tmp_path / "gold" / "dim_devices.parquet")]
    parts = "select *, typeof(columns(*)) from"
    there = rows_of(connection, f"{parts} read_parquet({uris!r})")
    assert there == rows_of(connection, f"{parts} dev_gold.dim_devices")
    assert len(there) == 6


def test_csv_says_instants_in_utc_and_tells_null_from_empty(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("set timezone = 'Asia/Tokyo'")
    export(connection, TABLES, "dev", destination_at(tmp_path), "csv")
    text = (tmp_path / "gold" / "dim_devices.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines(keepends=True)))
    assert rows[0][:3] == ["device_number", "name", "health_score"]
    instant = "2026-03-08T22:59:59.000001Z"
    assert rows[1] == ["1", "plain", "1.5", "12.50", instant, "2026-03-08", "true", '["a","b\\"c"]']
    # Data is data: a spreadsheet's guard would change it for everybody else.
    assert rows[2][:3] == ["2", "=1+1", "nan"]
    assert rows[5][1] == 'a "quoted", line\nand; another'
    assert rows[6][1] == "شركة ‮الاختبار‬ <script>alert(1)</script>"
    assert '\n3,"",inf,' in text and "\n4,,-inf," in text
    assert (tmp_path / "quality" / "ledger.csv").read_text(encoding="utf-8") == '"lines"\n'


@pytest.mark.parametrize("output", ["delta", "parquet", "csv"])
def test_again_takes_the_place_of_what_was_there(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, output: str
) -> None:
    destination = destination_at(tmp_path)
    export(connection, TABLES, "dev", destination, output)
    connection.execute("create or replace view dev_gold.fct_alerts as select 'one' as renamed")
    done = export(connection, {"gold.fct_alerts": NEXT}, "dev", destination, output)
    assert done["gold.fct_alerts"].rows == 1
    path = tmp_path / done["gold.fct_alerts"].path
    if output == "delta":
        again = DeltaTable(path)
        assert again.to_pyarrow_table().to_pylist() == [{"renamed": "one"}]
        assert again.history(1)[0]["run_id"] == NEXT.run_id
        # Who reads the version before goes on.
        assert DeltaTable(path, version=0).to_pyarrow_table().num_rows == 300_000
    else:
        assert connection.execute(f"select * from '{path}'").fetchall() == [("one",)]
    note = note_of(tmp_path)
    assert note["complete"]
    runs = {name: table["run_id"] for name, table in note["tables"].items()}
    assert runs == dict.fromkeys(TABLES, RUN.run_id) | {"gold.fct_alerts": NEXT.run_id}
    assert note["tables"]["gold.dim_devices"]["rows"] == 6
    assert [path.name for path in tmp_path.rglob("*.new")] == []


@pytest.mark.parametrize("output", ["delta", "parquet", "csv"])
def test_what_breaks_off_leaves_the_table_before(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, output: str
) -> None:
    destination = destination_at(tmp_path)
    export(connection, TABLES, "dev", destination, output)
    before = {path: path.read_bytes() for path in (tmp_path / "gold").glob("fct_alerts.*")}
    breaks = "if(range < 299999, range, error('broken off'))"
    connection.execute(
        f"create or replace view dev_gold.fct_alerts as select {breaks} as alert from range(300000)"
    )
    # Of several threads it may be another that tells, that it was interrupted.
    with pytest.raises(QueryFailed, match="what is served can't be read"):
        export(connection, {"gold.fct_alerts": NEXT}, "dev", destination, output)
    if output == "delta":
        assert DeltaTable(tmp_path / "gold" / "fct_alerts").version() == 0
    else:
        assert len(before) == 1
        assert {path: path.read_bytes() for path in before} == before
        assert list((tmp_path / "gold").glob(".fct*")) == []
    note = note_of(tmp_path)
    assert not note["complete"]
    assert note["tables"]["gold.fct_alerts"]["run_id"] == RUN.run_id
    # The same again mends it.
    connection.execute("create or replace view dev_gold.fct_alerts as select 1 as alert")
    export(connection, {"gold.fct_alerts": NEXT}, "dev", destination, output)
    assert note_of(tmp_path)["complete"]


def test_folder_that_holds_something_else_is_left_alone(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="holds something else"):
        export(connection, TABLES, "dev", destination_at(tmp_path), "csv")
    (tmp_path / NOTE).write_text("[]", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="none of an export"):
        export(connection, TABLES, "dev", destination_at(tmp_path), "csv")
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == [NOTE, "mine.txt"]


def test_export_of_another_format_or_target_is_left_alone(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    destination = destination_at(tmp_path)
    export(connection, TABLES, "dev", destination, "csv")
    for target, output in (("dev", "parquet"), ("prod", "csv")):
        with pytest.raises(ConfigurationError, match=f"not of {target} as {output}"):
            export(connection, TABLES, target, destination, output)
    assert note_of(tmp_path)["complete"]


def test_two_exports_into_one_folder_do_not_mix(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    destination = destination_at(tmp_path)
    with FileLock(tmp_path / ".export.lock"):
        with pytest.raises(HomeInUse, match="by another export"):
            export(connection, TABLES, "dev", destination, "csv")
        assert not (tmp_path / NOTE).exists()
    export(connection, TABLES, "dev", destination, "csv")


def test_folder_that_cannot_be_written_is_named(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="can't be written"):
        export(connection, TABLES, "dev", destination_at(tmp_path / "file"), "csv")


def test_tables_are_named_with_or_without_their_layer() -> None:
    assert chosen(list(TABLES), ["quality.ledger", "dim_devices"]) == [
        "gold.dim_devices",
        "quality.ledger",
    ]
    with pytest.raises(ConfigurationError, match="no table dim_device is served; there are gold"):
        chosen(list(TABLES), ["dim_device"])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run published one table of gold."""
    home = tmp_path_factory.mktemp("export") / "home"
    settings = Settings(home=home, landing=home / "landing")
    settings.make_folders()
    create_tables(settings)
    show_bronze(settings)
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute(f"create table dev_gold.dim_devices as {HOSTILE}")
    publish(settings, RUN.run_id, RUN.at)
    return home


def test_command_exports_what_the_last_run_published(home: Path, tmp_path: Path) -> None:
    where = ("export", "--home", str(home), "--to", str(tmp_path / "out"))
    outcome = iot(*where, "--format", "csv", "--tables", "dim_devices, quality.ledger")
    assert outcome.returncode == 0, outcome.stderr
    assert f"wrote 2 tables, 6 rows, to {tmp_path / 'out'} as of run {RUN.run_id}" in outcome.stderr
    assert sorted(note_of(tmp_path / "out")["tables"]) == ["gold.dim_devices", "quality.ledger"]
    # Bronze is not for others: it has what was quarantined.
    everything = iot(*where, "--format", "csv", "--json")
    assert sorted(json.loads(everything.stdout)) == ["gold.dim_devices", "quality.ledger"]


def test_wrong_usage_is_told_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for arguments, told in (
        (("--format", "xlsx"), "unknown format 'xlsx'; known: delta, parquet, csv"),
        (("--tables", "silver.stg_devices"), "no table silver.stg_devices is served"),
    ):
        outcome = iot("export", "--home", str(home), "--to", str(out), *arguments)
        assert outcome.returncode == 2
        assert told in outcome.stderr
    assert not out.exists()


def test_home_without_a_run_is_told_what_to_do(tmp_path: Path) -> None:
    outcome = iot("export", "--home", str(tmp_path / "none"), "--to", str(tmp_path / "out"))
    assert outcome.returncode == 2
    assert "make one with `iot run`" in outcome.stderr
    assert not (tmp_path / "out").exists()
