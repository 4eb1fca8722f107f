"""A source's rows of one run in, how many broke each declared expectation out."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from iot_streaming.contract import Source
from iot_streaming.quality.checks import Asked
from iot_streaming.quality.tables import EXPECTATION_RESULTS

if TYPE_CHECKING:
    from iot_streaming.warehouse import Warehouse

MALFORMED = "malformed_record"


def record_expectations(
    warehouse: "Warehouse",
    prefix: str,
    asked: Asked,
    source: Source,
    batches: Collection[int],
) -> None:
    """Append one row for each expectation to `<prefix>_quality.expectation_results`.

    Only the rows of these batches are counted; without any there is nothing to tell.
    """
    if batches:
        rows = expectation_rows(warehouse, f"{prefix}_bronze.{source.name}", asked, source, batches)
        warehouse.append(f"{prefix}_quality.expectation_results", EXPECTATION_RESULTS, rows)


def expectation_rows(
    warehouse: "Warehouse", bronze: str, asked: Asked, source: Source, batches: Collection[int]
) -> list[tuple[Any, ...]]:
    """In the order of EXPECTATION_RESULTS; a `fail` rule's batch never gets this far with a row."""
    rules = {rule.name: rule.action for rule in source.expectations}
    rules[MALFORMED] = "drop"
    counts = ", ".join(
        f"count_if(array_contains({_flags(action)}, '{name}')) as {name}"
        for name, action in rules.items()
    )
    wanted = ", ".join(str(int(batch)) for batch in sorted(batches))
    (found,) = warehouse.ask(
        f"select count(*) as rows_checked, {counts} from {bronze} where _batch_id in ({wanted})"
    )
    told = (asked.run_id, asked.at, source.name)
    return [
        (*told, name, action, found["rows_checked"], found[name], asked.engine)
        for name, action in rules.items()
    ]


def _flags(action: str) -> str:
    """The column that names the broken rules of an action."""
    return "_warnings" if action == "warn" else "_errors"
