"""A notebook on Databricks in, the report on its run shown below it, whatever it came to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from iot_streaming.quality.place import Place
from iot_streaming.quality.report.collect import collect
from iot_streaming.quality.report.page import render_html
from iot_streaming.spark.warehouse import SparkWarehouse

Show = Callable[[str], None]


@contextmanager
def report_shown(dbutils: Any, spark: Any, show: Show | None) -> Iterator[None]:
    """Show the report at the end of the block, also when that fails.

    `show` is Databricks' displayHTML; None where there is none, as in `iot run`: nothing is shown.
    """
    try:
        yield
    finally:
        if show is not None:
            show_report(dbutils, spark, show)


def show_report(dbutils: Any, spark: Any, show: Show, say: Callable[[str], None] = print) -> None:
    """Show the page on the run that the widgets name, the last one when they name none."""
    try:
        place = Place(dbutils.widgets.get("schema_prefix"), dbutils.widgets.get("catalog"))
        run_id = dbutils.widgets.get("run_id") or None
        show(render_html(collect(SparkWarehouse(spark), place, run_id)))
    except Exception as error:
        # The checks' verdict stands, and has to be what the task ends with.
        say(f"the report could not be made: {error}")
