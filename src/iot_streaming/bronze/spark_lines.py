"""A source's landing files in, a stream of raw lines out: all that bronze.spark wants to know.

Events are read line by line, by Spark. Changes are read file by file, by the functions that read
them elsewhere: the order of some is told by their lines, and AWS DMS's are no lines at all.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError
from iot_streaming.landing import ends_in, suffixes_of

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame, SparkSession

Record = tuple[str, int, str | None, int | None]


def landed_lines(spark: "SparkSession", source: Source, has_auto_loader: bool) -> "DataFrame":
    """The lines that bronze_select wants, blank ones left out.

    Configuration: `iot_streaming.landing`, `iot_streaming.max_files`, `iot_streaming.max_bytes`.
    """
    root = _conf(spark, "landing").rstrip("/")
    content = "text" if source.format == "json" else "binaryFile"
    # Without Auto Loader a stream ends at a folder that isn't there, but not at a pattern of it.
    folder = source.path if has_auto_loader else f"{source.path[:-1]}[{source.path[-1]}]"
    files = _reader(spark, source, content, has_auto_loader).load(f"{root}/{folder}")
    return _lines(files, root) if source.format == "json" else _records(files, root, source)


def _lines(files: "DataFrame", root: str) -> "DataFrame":
    """Lines end at \\n, \\r\\n or \\r, as they do for both readers unless `lineSep` is set."""
    from pyspark.sql import functions as f
    from pyspark.sql.types import StringType

    is_text = f.is_valid_utf8("value")
    raw = f.when(~is_text, f.col("value").cast("binary"))
    escaped = f.udf(_escaped, StringType(), useArrow=False)(raw)
    line = f.when(is_text, f.col("value")).otherwise(as_text(escaped))
    return files.where(f.trim(f.translate("value", "\t\r", "  ")) != "").select(
        line.alias("line"),
        f.lit(None).cast("bigint").alias("_line_number"),
        f.lit(None).cast("string").alias("_record_kind"),
        f.lit(None).cast("int").alias("_record_bytes"),
        *_origin(root),
    )


def as_text(made: "Expression") -> "Expression":
    """What Python made, as SQL's own string type; Python's names its collation, UTF8_BINARY.

    To Spark both are the same. In a Delta table's schema the name would stay, and no other reader
    of Delta knows it.
    """
    from pyspark.sql import functions as f

    return f.decode(f.encode(made, "UTF-8"), "UTF-8")


def _escaped(raw: bytes | None) -> str | None:
    """Bytes that are no UTF-8 as `\\xNN`, which no JSON text can hold."""
    return None if raw is None else bytes(raw).decode("utf-8", errors="backslashreplace")


def _records(files: "DataFrame", root: str, source: Source) -> "DataFrame":
    from pyspark.sql import functions as f
    from pyspark.sql.types import ArrayType, IntegerType, LongType, StringType, StructType

    kinds = {
        "line": StringType(),
        "_line_number": LongType(),
        "_record_kind": StringType(),
        "_record_bytes": IntegerType(),
    }
    record = StructType()
    for name, kind in kinds.items():
        record = record.add(name, kind)
    read = f.udf(
        lambda content, key: records_of(bytes(content), key, source),
        ArrayType(record),
        useArrow=False,
    )
    origin = _origin(root)
    return files.select(
        f.explode(read(f.col("content"), origin[0])).alias("record"), *origin
    ).select(
        as_text(f.col("record.line")).alias("line"),
        "record._line_number",
        as_text(f.col("record._record_kind")).alias("_record_kind"),
        "record._record_bytes",
        *_ORIGIN,
    )


def records_of(content: bytes, key: str, source: Source) -> list[Record]:
    """A landing file's lines or DMS records: text, number, and RECORD_COLUMNS' kind and bytes.

    UnreadableFile when it can't be read to its end: nothing of it may become rows.
    """
    from iot_streaming.bronze.exact import lines_of

    with TemporaryDirectory() as folder:
        path = Path(folder, Path(key).name)
        path.write_bytes(content)
        return [
            (line.text, number, line.kind, line.size)
            for number, line in enumerate(lines_of(path, key, source), 1)
        ]


_ORIGIN = (
    "_source_file",
    "_source_file_modified_at",
    "_day_after_arrival",
    "_ingested_at",
    "_batch_id",
)


def _origin(root: str) -> "list[Expression]":
    from pyspark.sql import functions as f

    # A path in _metadata is a URL; url_decode would make a blank of its plus signs.
    path = f.url_decode(f.replace(f.col("_metadata.file_path"), f.lit("+"), f.lit("%2B")))
    # file:/x and file:///x, s3: and s3a: are the same place.
    place = f"/{root.partition(':')[2].lstrip('/')}" if ":" in root else root
    modified_at = f.col("_metadata.file_modification_time")
    key = f.substr(path, f.locate(place, path) + len(place) + 1)
    columns = (
        key,
        modified_at,
        modified_at + f.expr("interval 1 day"),
        # Both are the micro-batch's: they grow from one to the next.
        f.current_timestamp(),
        f.unix_micros(f.current_timestamp()),
    )
    return [column.alias(name) for column, name in zip(columns, _ORIGIN, strict=True)]


def _reader(spark: "SparkSession", source: Source, content: str, has_auto_loader: bool) -> Any:
    files, size = _conf(spark, "max_files"), _conf(spark, "max_bytes")
    reader = spark.readStream.option("pathGlobFilter", _ready(source))
    if has_auto_loader:
        return (
            reader.format("cloudFiles")
            .option("cloudFiles.format", content)
            .option("cloudFiles.maxFilesPerTrigger", files)
            .option("cloudFiles.maxBytesPerTrigger", size)
            # Folders named a=b are no columns.
            .option("cloudFiles.partitionColumns", "")
        )
    plain = (
        reader.format(content) if content == "text" else reader.format(content).schema(_binary())
    )
    return (
        plain.option("maxFilesPerTrigger", files)
        .option("recursiveFileLookup", "true")
        # By default a file that comes a week after the newest is never read.
        .option("maxFileAge", "36500d")
    )


def _binary() -> Any:
    """The schema of binaryFile, which open-source Spark wants to be told of a stream."""
    from pyspark.sql.types import BinaryType, LongType, StringType, StructType, TimestampType

    schema = StructType().add("path", StringType()).add("modificationTime", TimestampType())
    return schema.add("length", LongType()).add("content", BinaryType())


def _ready(source: Source) -> str:
    """A name that begins with one of ._ is not ready; what ends otherwise is nobody's."""
    plain = [suffix.removeprefix(".") for suffix in suffixes_of(source)]
    zipped = [f"{suffix}.gz" for suffix in plain if ends_in(f"a.{suffix}.gz", suffixes_of(source))]
    return f"[^._]*.{{{','.join([*plain, *zipped])}}}"


def _conf(spark: "SparkSession", name: str) -> str:
    value = spark.conf.get(f"iot_streaming.{name}", None)
    if not value:
        raise ConfigurationError(f"the pipeline's configuration lacks iot_streaming.{name}")
    return str(value)
