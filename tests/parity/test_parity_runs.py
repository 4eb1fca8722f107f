"""`iot parity` as people run it, and both engines over inputs that are hard to agree on."""

import json
from pathlib import Path

import pytest

from iot_streaming.parity.report import Input
from iot_streaming.reporter import Silent
from iot_streaming.simulator import Simulation
from tests.command import iot
from tests.parity.scenarios import Scenario, capture, fleet

FLEET = Simulation(devices=12, hours=30)


def differences(outcome: Input) -> list[str]:
    return [
        f"{step}: {table.table}: {told}"
        for step, parity in outcome.steps
        for table in parity.tables
        for told in table.differences
    ]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [capture(), fleet(FLEET)], ids=lambda each: each.name)
def test_engines_make_the_same_rows_after_each_step(tmp_path: Path, scenario: Scenario) -> None:
    outcome = scenario.run(tmp_path, Silent())
    assert differences(outcome) == []
    assert [step.ok for _, step in outcome.steps] == [True] * 3
    rows = {table.table: table.rows["Spark"] or 0 for table in outcome.last.tables}
    assert len(rows) == 8 + 8 + 9 + 21 and sum(rows.values()) > 1_000


@pytest.mark.slow
def test_command_prints_every_table_and_writes_a_report(tmp_path: Path) -> None:
    capture().prepare(tmp_path / "landing")
    (tmp_path / "landing" / "iot_events").mkdir()
    home, landing = str(tmp_path / "home"), str(tmp_path / "landing")
    report = tmp_path / "report.md"
    outcome = iot("parity", "--home", home, "--landing", landing, "--report", str(report), "--json")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    document = json.loads(outcome.stdout)
    assert document["ok"] and set(document["runs"]) == {"duckdb", "spark"}
    assert all(table["ok"] for table in document["tables"])
    assert "**No difference**" in report.read_text()
