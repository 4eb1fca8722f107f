"""Every dataset of the dashboards and every SQL alert runs on real rows of what it asks."""

import duckdb
import pytest

from iot_streaming.questions import for_duckdb, question
from tests.dashboards.read import alerts, defaults_of, shown, sql_of
from tests.parity.test_questions_on_both import cases_of

DATASETS = [(each.layer, dataset) for each in shown() for dataset in each.datasets.values()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "dataset"),
    DATASETS,
    ids=lambda each: each["name"] if isinstance(each, dict) else each,
)
def test_dataset_answers_once_its_parameters_are_chosen(
    layer: str, dataset: dict[str, object], embedded: duckdb.DuckDBPyConnection
) -> None:
    defaults = defaults_of(dataset)
    usual = cases_of(question(str(dataset["name"])), embedded)[0]
    embedded.execute(f"use iot_streaming_dev.dev_{layer}")
    embedded.execute(for_duckdb(sql_of(dataset)), defaults).fetchall()
    chosen = {name: usual[name] for name in defaults}
    answer = embedded.execute(for_duckdb(sql_of(dataset)), chosen).fetchall()
    assert answer


@pytest.mark.slow
@pytest.mark.parametrize("name", alerts())
def test_alert_finds_its_column(name: str, embedded: duckdb.DuckDBPyConnection) -> None:
    alert = alerts()[name]
    answer = embedded.execute(alert["query_text"])
    columns = [column[0] for column in answer.description]
    assert alert["evaluation"]["source"]["name"] in columns
    assert answer.fetchone() is not None
