"""The dashboards' files are those of the questions, and ask only what a workspace has."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from iot_streaming.dashboards import DASHBOARDS, made_files, write_files
from iot_streaming.dashboards.datasets import Dataset
from iot_streaming.errors import ConfigurationError
from tests.bundle.project import BUNDLE
from tests.dashboards.read import Json, Shown, defaults_of, shown, sql_of
from tests.questions.declared import declared, on_databricks

# As AI/BI writes them itself.
VERSIONS = {
    "counter": 2,
    "table": 2,
    "bar": 3,
    "line": 3,
    "symbol-map": 2,
    "filter-single-select": 2,
    "filter-multi-select": 2,
}

each_dashboard = pytest.mark.parametrize("dashboard", shown(), ids=lambda each: each.file.name)


def columns_of(dataset: Json, layer: str) -> list[str]:
    """What its SQL answers, told by sqlglot from what is declared."""
    tables = declared()[layer].items()
    schema: dict[str, object] = {name: dict.fromkeys(columns, "text") for name, columns in tables}
    statement = sqlglot.parse_one(sql_of(dataset), dialect="databricks")
    assert isinstance(statement, exp.Query)
    return list(qualify(statement, schema=schema, dialect="databricks").named_selects)


@pytest.mark.parametrize("name", made_files())
def test_files_are_what_make_dashboards_writes(name: str) -> None:
    assert (BUNDLE / name).read_text(encoding="utf-8") == made_files()[name], "run make dashboards"


def test_make_dashboards_writes_them_all(tmp_path: Path) -> None:
    written = write_files(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in written]
    assert names == list(made_files())
    assert [path.read_text(encoding="utf-8") for path in written] == list(made_files().values())


def test_bundle_deploys_every_dashboard_over_the_layer_that_it_asks() -> None:
    deployed = {(each.file.name, each.layer) for each in shown()}
    assert deployed == {(each.file_name, each.layer) for each in DASHBOARDS}


@each_dashboard
def test_datasets_ask_only_what_a_workspace_has(dashboard: Shown) -> None:
    for dataset in dashboard.datasets.values():
        statement = sqlglot.parse_one(sql_of(dataset), dialect="databricks")
        own = {cte.alias for cte in statement.find_all(exp.CTE)}
        asked = {table.sql() for table in statement.find_all(exp.Table)}
        asked = {table.partition(" ")[0] for table in asked} - own
        assert asked and asked <= on_databricks()[dashboard.layer], asked


@each_dashboard
def test_datasets_declare_the_parameters_that_they_ask_for(dashboard: Shown) -> None:
    for dataset in dashboard.datasets.values():
        statement = sqlglot.parse_one(sql_of(dataset), dialect="databricks")
        asked = {placeholder.name for placeholder in statement.find_all(exp.Placeholder)}
        assert asked == defaults_of(dataset).keys()
        assert {each["dataType"] for each in dataset.get("parameters", ())} <= {"STRING"}


@each_dashboard
def test_widgets_show_fields_that_their_dataset_has(dashboard: Shown) -> None:
    columns = {
        name: columns_of(dataset, dashboard.layer) for name, dataset in dashboard.datasets.items()
    }
    seen = set()
    for _, widget, _ in dashboard.widgets:
        for query in widget.get("queries", ()):
            dataset = query["query"]["datasetName"]
            seen.add(dataset)
            for field in query["query"].get("fields", ()):
                if field["name"].endswith("_associativity"):
                    continue
                own, name, over = field_of(field)
                assert name in columns[dataset], (widget["name"], field)
                assert own == (f"{over.lower()}({name})" if over else name)
                assert query["query"]["disaggregated"] != bool(over) or is_filter(widget)
    assert seen == columns.keys(), "a dataset that no widget shows"


def field_of(field: Json) -> tuple[str, str, str]:
    """(its name in the widget, the dataset's column, what is made over its rows)."""
    made = re.fullmatch(r"(?:(SUM|MIN|MAX)\()?`(\w+)`\)?", field["expression"])
    assert made, field
    return field["name"], made[2], made[1] or ""


def is_filter(widget: Json) -> bool:
    return str(widget.get("spec", {}).get("widgetType", "")).startswith("filter-")


@each_dashboard
def test_categories_are_in_an_order_of_values_that_there_are(dashboard: Shown) -> None:
    bands = (BUNDLE / "dbt" / "seeds" / "score_bands.csv").read_text(encoding="utf-8")
    ordered = 0
    for _, widget, _ in dashboard.widgets:
        for values in values_of(widget, "orderedValues"):
            (query,) = widget["queries"]
            sql = sql_of(dashboard.datasets[query["query"]["datasetName"]])
            assert [each for each in values if f"'{each}'" not in sql and each not in bands] == []
            ordered += 1
    assert ordered or dashboard.layer == "quality"


@each_dashboard
def test_widgets_encode_only_what_they_query(dashboard: Shown) -> None:
    for _, widget, _ in dashboard.widgets:
        if "spec" not in widget:
            assert widget["multilineTextboxSpec"]["lines"]
            continue
        assert widget["spec"]["version"] == VERSIONS[widget["spec"]["widgetType"]]
        queried = {
            field["name"] for each in widget["queries"] for field in each["query"].get("fields", ())
        }
        used = set(values_of(widget["spec"]["encodings"], "fieldName"))
        assert used and used <= queried, widget["name"]
        names = {query["name"] for query in widget["queries"]}
        assert set(values_of(widget["spec"]["encodings"], "queryName")) <= names


@each_dashboard
def test_every_parameter_is_set_by_a_filter_on_each_page_that_shows_it(dashboard: Shown) -> None:
    wanted, given = set(), set()
    for page, widget, _ in dashboard.widgets:
        for query in widget.get("queries", ()):
            dataset = query["query"]["datasetName"]
            if is_filter(widget):
                keywords = [each["keyword"] for each in query["query"].get("parameters", ())]
                given |= {(page, dataset, keyword) for keyword in keywords}
            wanted |= {
                (page, dataset, keyword) for keyword in defaults_of(dashboard.datasets[dataset])
            }
    assert wanted and wanted == given


@each_dashboard
def test_widgets_have_names_and_places_of_their_own(dashboard: Shown) -> None:
    placed = list(dashboard.widgets)
    assert len({widget["name"] for _, widget, _ in placed}) == len(placed)
    for page in {page for page, _, _ in placed}:
        places = [cells(place) for on, _, place in placed if on == page]
        assert all(0 <= x < 6 for place in places for x, _ in place)
        assert not any(one & other for one, other in combinations(places, 2))


def cells(place: Json) -> set[tuple[int, int]]:
    """The cells of the grid that a widget takes."""
    return {
        (x, y)
        for x in range(place["x"], place["x"] + place["width"])
        for y in range(place["y"], place["y"] + place["height"])
    }


def values_of(node: object, key: str) -> list[Any]:
    if isinstance(node, list):
        return [value for each in node for value in values_of(each, key)]
    if not isinstance(node, dict):
        return []
    own = [node[key]] if key in node else []
    return [*own, *(value for each in node.values() for value in values_of(each, key))]


def test_dataset_says_every_parameter_of_its_question() -> None:
    with pytest.raises(ConfigurationError, match=r"devices has to say band, customer_id.*nothing"):
        Dataset("devices", "Devices")
    with pytest.raises(ConfigurationError, match="it says days"):
        Dataset("health_bands", "Bands", {"days": 3})


def test_dataset_fixes_what_no_filter_sets() -> None:
    dataset = Dataset("orders", "Orders", {"status": "PAID"}, chosen=("customer_id",))
    assert "('PAID' = '' or fct_orders.order_status = 'PAID')" in dataset.sql
    assert "(:customer_id = '' or fct_orders.customer_id = :customer_id)" in dataset.sql
    assert "--" not in dataset.sql
