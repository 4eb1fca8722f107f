"""A source in, its bronze streaming table declared out: Databricks or open-source Spark.

The reader differs (Auto Loader there, the text source here); everything after it is one SELECT.
Importing this needs no Spark.
"""

from typing import TYPE_CHECKING, Any

from iot_streaming.bronze.decimals import decimal_digits
from iot_streaming.bronze.select import (
    number_columns,
    number_of,
    rows_select,
    text_of,
    texts_select,
)
from iot_streaming.bronze.spark_sql import SparkDialect
from iot_streaming.contract import Column, Source
from iot_streaming.errors import ConfigurationError

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame, SparkSession

# Where a SELECT names the relation that it is over.
_OVER = "relation_that_it_is_over"
# A name that begins with one of ._ is not ready; what ends otherwise is nobody's.
_READY = "[^._]*.{json,ndjson,jsonl,json.gz,ndjson.gz,jsonl.gz}"


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
    dialect = SparkDialect(source)
    lines = _lines(spark, source, has_auto_loader)
    texts = _sql(spark, texts_select(source, dialect, _OVER), lines)
    digits = [_digits(source, column) for column in number_columns(source)]
    numbers = texts.select("*", *digits)
    return _sql(spark, rows_select(source, dialect, _OVER), numbers)


def _sql(spark: "SparkSession", select: str, over: "DataFrame") -> "DataFrame":
    # The formatter's braces are not ours.
    text = select.replace("{", "{{").replace("}", "}}").replace(_OVER, "select * from {over}")
    return spark.sql(text, over=over)


def _digits(source: Source, column: Column) -> "Expression":
    """A function of the query: pipelines of open-source Spark let nobody register one."""
    from pyspark.sql import functions as f
    from pyspark.sql.types import StringType

    dialect, text = SparkDialect(source), text_of(source, column)
    # The type as an object, for its name would be parsed by the server: pipelines forbid that.
    digits = f.udf(decimal_digits, StringType(), useArrow=False)(
        f.col(text),
        f.expr(dialect.is_string(column.field)),
        f.lit(column.field),
        f.lit(column.decimal[1] if column.decimal else -1),
        f.expr(dialect.connect_schema()),
        f.lit(source.decimals),
    )
    decoded = f.when(f.expr(dialect.encoded(column, text)), digits).otherwise(f.col(text))
    return decoded.alias(number_of(column))


def _pipelines() -> Any:
    try:
        from pyspark import pipelines
    except ImportError:
        # Runtimes from before the module got its present name.
        import dlt as pipelines
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


def _lines(spark: "SparkSession", source: Source, has_auto_loader: bool) -> "DataFrame":
    """Raw lines with the columns that bronze_select wants beside them; blank lines are none."""
    from pyspark.sql import functions as f

    root = _conf(spark, "landing").rstrip("/")
    files = _reader(spark, has_auto_loader).load(f"{root}/{source.path}")
    # A path in _metadata is a URL; url_decode would make a blank of its plus signs.
    path = f.url_decode(f.replace(f.col("_metadata.file_path"), f.lit("+"), f.lit("%2B")))
    # file:/x and file:///x, s3: and s3a: are the same place.
    start = f.locate(root.partition(":")[2] or root, path)
    modified_at = f.col("_metadata.file_modification_time")
    key = f.substr(path, start + len(root.partition(":")[2] or root) + 1)
    return files.where(f.trim(f.translate("value", "\t\r", "  ")) != "").select(
        f.col("value").alias("line"),
        f.lit(None).cast("bigint").alias("_line_number"),
        f.lit(None).cast("string").alias("_record_kind"),
        f.lit(None).cast("int").alias("_record_bytes"),
        key.alias("_source_file"),
        modified_at.alias("_source_file_modified_at"),
        (modified_at + f.expr("interval 1 day")).alias("_day_after_arrival"),
        # Both are the micro-batch's: they grow from one to the next.
        f.current_timestamp().alias("_ingested_at"),
        f.unix_micros(f.current_timestamp()).alias("_batch_id"),
    )


def _reader(spark: "SparkSession", has_auto_loader: bool) -> Any:
    """Lines end at \\n, \\r\\n or \\r on either: both do so unless `lineSep` is set."""
    files, size = _conf(spark, "max_files"), _conf(spark, "max_bytes")
    reader = spark.readStream.option("pathGlobFilter", _READY)
    if has_auto_loader:
        return (
            reader.format("cloudFiles")
            .option("cloudFiles.format", "text")
            .option("cloudFiles.maxFilesPerTrigger", files)
            .option("cloudFiles.maxBytesPerTrigger", size)
            # Folders named a=b are no columns.
            .option("cloudFiles.partitionColumns", "")
        )
    return (
        reader.format("text")
        .option("maxFilesPerTrigger", files)
        .option("recursiveFileLookup", "true")
    )


def _conf(spark: "SparkSession", name: str) -> str:
    value = spark.conf.get(f"iot_streaming.{name}", None)
    if not value:
        raise ConfigurationError(f"the pipeline's configuration lacks iot_streaming.{name}")
    return str(value)
