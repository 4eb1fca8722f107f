"""A source in, its bronze streaming table declared out: Databricks or open-source Spark.

The reader differs (Auto Loader there, the text source here); everything after it is one SELECT.
Importing this needs no Spark.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from iot_streaming.bronze.decimals import decimal_digits
from iot_streaming.bronze.json_lines import (
    connect_schema,
    is_said_as_text,
    plain_change,
    plain_document,
    rescued,
)
from iot_streaming.bronze.select import (
    number_columns,
    number_of,
    rows_select,
    text_of,
    texts_select,
    typed_select,
)
from iot_streaming.bronze.spark_lines import as_text, landed_lines
from iot_streaming.bronze.spark_sql import PLAIN, RESCUED, SparkDialect
from iot_streaming.contract import Column, Source
from iot_streaming.errors import ConfigurationError

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame, SparkSession

# Where a SELECT names the relation that it is over.
_OVER = "relation_that_it_is_over"


class Declarations:
    """Stands in for `spark` where a pipeline's notebook is run only for what it declares."""

    def __init__(self) -> None:
        self.sources: list[Source] = []


def declare_streaming_table(spark: Any, source: Source) -> None:
    """Declare the source's bronze table in the pipeline that runs this.

    Configuration: `iot_streaming.landing` (URL of the landing root), `iot_streaming.max_files`
    and `iot_streaming.max_bytes` (of one micro-batch). One flow a table: two would lose rows.
    """
    if isinstance(spark, Declarations):
        spark.sources.append(source)
        return
    dp = _pipelines()

    def bronze_rows() -> Any:
        return bronze_stream(spark, source, has_auto_loader=hasattr(dp, "expect_all"))

    bronze_rows.__name__ = source.name
    _with_expectations(dp, source, dp.table(**_table(dp, source)))(bronze_rows)


def bronze_stream(spark: "SparkSession", source: Source, *, has_auto_loader: bool) -> "DataFrame":
    """The source's landing files as a stream of bronze rows, one a line, none filtered."""
    return bronze_rows(spark, source, landed_lines(spark, source, has_auto_loader))


def bronze_rows(
    spark: "SparkSession", source: Source, lines: "DataFrame", also: Sequence[str] = ()
) -> "DataFrame":
    """Raw lines, with all that bronze_select wants beside them, as bronze rows; with them the
    columns of `lines` that `also` names.

    What SQL can't do is done between its parts: pipelines of open-source Spark let nobody register
    a function, so each is one of the query.
    """
    dialect = SparkDialect(source)
    read = lines.withColumn(PLAIN, _plain(source, dialect))
    texts = _sql(spark, texts_select(source, dialect, _OVER), read)
    digits = [_digits(source, column) for column in number_columns(source)]
    numbers = _apart(texts).select("*", *digits) if digits else texts
    typed = _sql(spark, typed_select(source, dialect, _OVER), numbers)
    whole = _apart(typed).withColumn(RESCUED, _rescued())
    return _sql(spark, rows_select(source, dialect, _OVER, also), whole)


def _apart(rows: "DataFrame") -> "DataFrame":
    """The same rows; what comes before is computed once and not anew wherever it is named.

    Where Python is called on both sides, Spark would join both to one expression of millions of
    characters. It does not look past what multiplies rows, though it be by one.
    """
    from pyspark.sql import functions as f

    return rows.withColumn("_apart", f.explode(f.array(f.lit(1)))).drop("_apart")


def _sql(spark: "SparkSession", select: str, over: "DataFrame") -> "DataFrame":
    # The formatter's braces are not ours.
    text = select.replace("{", "{{").replace("}", "}}").replace(_OVER, "select * from {over}")
    return spark.sql(text, over=over)


def _called(function: Callable[..., str | None], *arguments: "Expression") -> "Expression":
    """The function as a column, NULL where its first argument is.

    The type as an object, for its name would be parsed by the server: pipelines forbid that.
    """
    from pyspark.sql import functions as f
    from pyspark.sql.types import StringType

    def called(first: str | None, *others: Any) -> str | None:
        return None if first is None else function(first, *others)

    return as_text(f.udf(called, StringType(), useArrow=False)(*arguments))


def _plain(source: Source, dialect: SparkDialect) -> "Expression":
    """The plain document of every line. Python sees the other lines only."""
    from pyspark.sql import functions as f

    fields = source.fields
    if source.format == "debezium":
        return _called(lambda line: plain_change(line, fields), f.col("line"))
    is_plain = f.expr(dialect.is_plain("line"))
    other = f.when(~is_plain, f.col("line"))
    return f.when(is_plain, f.col("line")).otherwise(
        _called(lambda line: plain_document(line, fields), other)
    )


def _rescued() -> "Expression":
    from pyspark.sql import functions as f

    line = f.when(f.col("_kept").isNotNull(), f.col("line"))
    return _called(
        lambda line, kept, carried: rescued(line, kept, carried or ()),
        line,
        f.col("_kept"),
        f.col("_carried"),
    )


def _digits(source: Source, column: Column) -> "Expression":
    from pyspark.sql import functions as f

    dialect, text = SparkDialect(source), text_of(source, column)
    field, mode = column.field, source.decimals
    scale = column.decimal[1] if column.decimal else -1

    def digits(text: str, line: str) -> str | None:
        is_text = is_said_as_text(line, field)
        return decimal_digits(text, is_text, field, scale, connect_schema(line), mode)

    is_encoded = f.expr(dialect.encoded(column, text))
    decoded = _called(digits, f.when(is_encoded, f.col(text)), f.col("line"))
    return f.when(is_encoded, decoded).otherwise(f.col(text)).alias(number_of(column))


def _pipelines() -> Any:
    try:
        from pyspark import pipelines
    except ImportError:
        # Runtimes from before the module got its present name.
        return import_module("dlt")
    return pipelines


def _table(dp: Any, source: Source) -> dict[str, Any]:
    table: dict[str, Any] = {"name": source.name, "comment": source.description}
    if hasattr(dp, "expect_all"):
        table["table_properties"] = {
            # What is gone from landing would be gone from bronze.
            "pipelines.reset.allowed": "false",
            "delta.enableChangeDataFeed": "true",
        }
        # Silver reads events by arrival, and all changes of a touched key.
        table["cluster_by"] = ["_ingested_at"] if source.format == "json" else list(source.key)
    return table


def _with_expectations(dp: Any, source: Source, table: Any) -> Any:
    """Rules as the event log counts them. None drops a row: `_errors` quarantines it."""
    stops = {rule.name: rule.predicate for rule in source.with_action("fail")}
    if not hasattr(dp, "expect_all"):
        if stops:
            raise ConfigurationError(
                f"source {source.name}: open-source Spark has no expectations, so it can't keep "
                f"the `fail` rules {', '.join(stops)}; make them `drop` or run it elsewhere"
            )
        return table
    flags = {"drop": "_errors", "warn": "_warnings"}
    counted = {
        rule.name: f"not array_contains({flags[rule.action]}, '{rule.name}')"
        for rule in source.expectations
        if rule.action in flags
    }
    counted["malformed_record"] = "_corrupt_record is null"
    stopping = {
        name: f"_corrupt_record is not null or coalesce(({predicate}), false)"
        for name, predicate in stops.items()
    }

    def declared(rows: Any) -> Any:
        judged = dp.expect_all(counted)(rows)
        return table(dp.expect_all_or_fail(stopping)(judged) if stopping else judged)

    return declared
