"""Any history of a small database as change files; silver and history equal the database's own.

`HYPOTHESIS_PROFILE=long` searches further, and anew each time.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot_streaming.sources import CUSTOMERS
from tests.dbt.compiled_models import BareWarehouse, CompiledModel, bare_warehouse, compile_model
from tests.dbt.dbt_lakehouse import Dbt, Lakehouse
from tests.dbt.debezium_files import debezium_lines
from tests.dbt.small_database import (
    COLUMNS,
    ChangeKey,
    Delete,
    Operation,
    SmallDatabase,
    State,
    Truncate,
    Version,
    Write,
)
from tests.dms_files import Change, Endpoint, csv_file

MODELS = ("stg_customers", "dim_customers_history")
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def searching(examples: int) -> settings:
    """So many examples, the same each time; in the long profile 20 times as many, and new ones."""
    return settings(
        max_examples=examples * 20 if LONG else examples,
        derandomize=not LONG,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


KEYS = st.sampled_from("abc")
VALUES = st.lists(
    st.tuples(
        st.sampled_from(("email", "email", "phone", "customer_name")),
        st.sampled_from(("1", "2", "3", None)),
    ),
    max_size=3,
).map(tuple)
# Most often all that can be left out is: it takes a value, a gap and a look to see a wrong one.
UNSENT = st.sampled_from(
    [frozenset(names) for names in ((), ("email",), *[("email", "phone")] * 3)]
)
WRITES = st.builds(Write, KEYS, VALUES, UNSENT)
KEY_UPDATES = st.builds(ChangeKey, KEYS, KEYS, VALUES, UNSENT)
OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    WRITES, WRITES, WRITES, KEY_UPDATES, KEY_UPDATES, st.builds(Delete, KEYS), st.builds(Truncate)
)
# Seconds that the clock goes on between commits: none, or back.
STEPS = st.sampled_from((1, 1, 2, 0, -2))
COMMITS = st.lists(
    st.tuples(STEPS, st.lists(OPERATIONS, min_size=1, max_size=4), st.booleans()),
    min_size=1,
    max_size=7,
)


@st.composite
def databases(draw: st.DrawFn) -> SmallDatabase:
    database, at = SmallDatabase(), 1_767_600_000
    if draw(st.booleans()):
        database.snapshot(at, draw(st.lists(WRITES, max_size=3)))
    for step, operations, began_early in draw(COMMITS):
        at += step
        database.commit(at, operations, began_early=began_early)
    return database


@dataclass(frozen=True)
class Warehouse:
    """What the properties run on: both models, compiled in both forms for key updates."""

    bare: BareWarehouse
    models: dict[str, tuple[CompiledModel, ...]]

    def states(self) -> dict[str, State]:
        rows = self.bare.execute(
            "select customer_id, customer_name, email, phone, _is_deleted, "
            "epoch_us(_committed_at) // 1000000 from dev_silver.stg_customers"
        )
        assert len(rows) == len({key for key, *_ in rows})
        return {key: State(tuple(row), gone, at) for key, *row, gone, at in rows}

    def versions(self) -> list[Version]:
        rows = self.bare.execute(
            "select customer_id, version_no, customer_name, email, phone, "
            "epoch_us(valid_from) // 1000000, epoch_us(valid_to) // 1000000, is_current "
            "from dev_gold.dim_customers_history where customer_id is not null "
            "order by customer_id, version_no"
        )
        assert all((valid_to is None) == is_current for *_, valid_to, is_current in rows)
        return [
            Version(key, number, tuple(row), valid_from, valid_to)
            for key, number, *row, valid_from, valid_to, _ in rows
        ]

    def tables(self) -> list[list[tuple[object, ...]]]:
        """Both tables whole, with the columns of ours."""
        return [
            self.bare.execute(f"select * from {model.relation} order by all")
            for model in self.models["recursive"]
        ]

    def build(self, form: str = "recursive") -> None:
        for model in self.models[form]:
            self.bare.build(model)

    def increment(self, form: str = "recursive") -> None:
        for model in self.models[form]:
            self.bare.increment(model)


@pytest.fixture(scope="module")
def warehouse(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    lakehouse = Lakehouse(tmp_path_factory.mktemp("compiled"), dbt)
    database = SmallDatabase()
    database.commit(1_767_600_000, [Write("a")])
    lakehouse.land("cdc_customers", debezium_lines(database))
    lakehouse.ingest()
    lakehouse.build("run", "--select", *MODELS)

    def compiled(*flags: str) -> tuple[CompiledModel, ...]:
        return tuple(compile_model(lakehouse, name, "customer_id", *flags) for name in MODELS)

    models = {
        "recursive": compiled(),
        # Longer than any chain of key updates in a history of this size.
        "for engines without recursion": compiled("--vars", "cdc_key_update_hops: 6"),
    }
    with bare_warehouse(CUSTOMERS, tmp_path_factory.mktemp("bronze")) as bare:
        yield Warehouse(bare, models)


T = TypeVar("T")


def dealt(lines: list[T], hands: int, seed: int) -> list[list[T]]:
    """The lines in any order, some of them twice, in so many files."""
    dealer = random.Random(seed)
    lines = lines + dealer.sample(lines, len(lines) // 3)
    dealer.shuffle(lines)
    files: list[list[T]] = [[] for _ in range(hands)]
    for line in lines:
        files[dealer.randrange(hands)].append(line)
    return files


SEEDS = st.integers(0, 2**16)


@pytest.mark.parametrize("form", ["recursive", "for engines without recursion"])
def test_a_build_from_nothing_equals_the_database(warehouse: Warehouse, form: str) -> None:
    @searching(100)
    @given(databases(), SEEDS)
    def holds(database: SmallDatabase, seed: int) -> None:
        warehouse.bare.clear()
        [lines] = dealt(debezium_lines(database), 1, seed)
        warehouse.bare.ingest(lines)
        warehouse.build(form)
        assert warehouse.states() == database.states()
        assert warehouse.versions() == database.versions()

    holds()


@pytest.mark.parametrize("form", ["recursive", "for engines without recursion"])
def test_runs_over_any_split_equal_a_full_refresh_each(warehouse: Warehouse, form: str) -> None:
    @searching(40)
    @given(databases(), st.integers(2, 3), SEEDS)
    def holds(database: SmallDatabase, runs: int, seed: int) -> None:
        warehouse.bare.clear()
        warehouse.build(form)
        for lines in dealt(debezium_lines(database), runs, seed):
            warehouse.bare.ingest(lines)
            warehouse.increment(form)
            incremental = warehouse.tables()
            warehouse.build(form)
            assert incremental == warehouse.tables()
        assert warehouse.states() == database.states()
        assert warehouse.versions() == database.versions()

    holds()


def test_runs_as_commits_come_equal_the_database_each(warehouse: Warehouse) -> None:
    @searching(40)
    @given(databases(), st.integers(1, 3))
    def holds(database: SmallDatabase, commits_a_run: int) -> None:
        warehouse.bare.clear()
        warehouse.build()
        known = SmallDatabase()
        lines, landed = debezium_lines(database), 0
        for begin in range(0, len(database.commits), commits_a_run):
            known.commits += database.commits[begin : begin + commits_a_run]
            landing = debezium_lines(known)
            warehouse.bare.ingest(landing[landed:])
            landed = len(landing)
            warehouse.increment()
            assert warehouse.states() == known.states()
            assert warehouse.versions() == known.versions()
        assert landed == len(lines)

    holds()


def test_a_value_that_comes_after_its_row_got_another_key_is_carried_there(
    warehouse: Warehouse,
) -> None:
    """Too rare among random histories: the key that lacks the value has no new change."""
    database = SmallDatabase()
    database.commit(1_767_600_000, [Write("a", (("email", "1"),))])
    database.commit(1_767_600_001, [ChangeKey("a", "b", unsent=frozenset(["email"]))])
    insert, *update = debezium_lines(database)
    warehouse.bare.clear()
    warehouse.build()
    for lines in (update, [insert]):
        warehouse.bare.ingest(lines)
        warehouse.increment()
    assert warehouse.states() == database.states()
    assert warehouse.versions() == database.versions()


DMS = Endpoint(timestamp=True, sequence=True)


def dms_changes(database: SmallDatabase) -> tuple[list[Change], list[Change]]:
    """The full load and the changes as DMS tells them: a TRUNCATE as the delete of each row."""
    load: list[Change] = []
    changes: list[Change] = []
    for commit in database.commits:
        at = f"{datetime.fromtimestamp(commit.at, UTC):%Y-%m-%d %H:%M:%S.%f}"
        for change in commit.changes:
            told: list[tuple[str, dict[str, str | None]]] = [
                ("D", {"customer_id": key}) for key in change.ended
            ]
            if change.key is not None and change.after is not None:
                row = dict(zip(COLUMNS, change.after, strict=True))
                op = "U" if change.op == "u" else "I"
                told.append((op, {"customer_id": change.key, **row}))
            for op, image in told:
                sequence = f"{2026010512000000}{len(load) + len(changes):019}"
                (load if change.op == "r" else changes).append(Change(op, image, at, sequence))
    return load, changes


def test_dms_files_of_any_history_equal_the_database(warehouse: Warehouse) -> None:
    @searching(40)
    @given(databases(), st.integers(1, 3), SEEDS)
    def holds(database: SmallDatabase, runs: int, seed: int) -> None:
        warehouse.bare.clear()
        warehouse.build()
        load, changes = dms_changes(database)
        files = [("LOAD00000001.csv", load)]
        files += [
            (f"20260105-12000{n}000.csv", c) for n, c in enumerate(dealt(changes, runs, seed))
        ]
        random.Random(seed).shuffle(files)
        for name, told in files:
            warehouse.bare.ingest_file(name, csv_file(told, ("customer_id", *COLUMNS), DMS))
            warehouse.increment()
        assert warehouse.states() == database.states()
        assert warehouse.versions() == database.versions()

    holds()
