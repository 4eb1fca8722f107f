"""dbt's own unit tests: the logic of models on rows made up for it."""

import pytest
import yaml

from tests.dbt.dbt_lakehouse import PROJECT, Lakehouse, event_line

DECLARED = {
    test["name"]
    for path in (PROJECT / "models").rglob("*.yml")
    for test in yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", [])
}


@pytest.mark.slow
def test_every_unit_test_of_the_models_passes(lakehouse: Lakehouse) -> None:
    # dbt asks the tables for their columns, so they have to be there.
    lakehouse.land("iot_events", [event_line("e", "2026-01-05T10:00:00Z")])
    lakehouse.ingest()
    lakehouse.build("build", "--exclude-resource-type", "unit_test", "test")
    statuses = lakehouse.build("test", "--select", "test_type:unit")
    assert len(DECLARED) > 20
    assert {name: statuses.get(name) for name in DECLARED} == dict.fromkeys(DECLARED, "pass")
