"""What the rules on the data say of rows that broke one of them once."""

import json

import pytest

from tests.dbt.dbt_lakehouse import Lakehouse
from tests.dbt.test_cdc_current_state import files_of, lines_of


@pytest.mark.slow
def test_an_order_beyond_all_bounds_is_warned_of_and_stops_nothing(lakehouse: Lakehouse) -> None:
    """quantity * unit_price of this row is more than DECIMAL(18) holds."""
    change = next(
        document
        for document in map(json.loads, lines_of(files_of("orders")[0]))
        if document and document.get("after")
    )
    change["after"] |= {"quantity": 265_714_375, "unit_price": "9851942683.98"}
    lakehouse.land("cdc_orders", [json.dumps(change)])
    lakehouse.ingest()
    lakehouse.build(
        "build", "--select", "+fct_orders", "--exclude-resource-types", "test", "unit_test"
    )
    statuses = lakehouse.build("test", "--select", "order_totals_add_up")
    assert statuses["order_totals_add_up"] == "warn"
