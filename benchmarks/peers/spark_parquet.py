"""Landing files in, Parquet out by Spark's file stream: what is new, with a checkpoint.

A schema is given, so that nothing is read to infer it, and a column for corrupt records, so that
they are kept.
"""

import json
import os
import sys
from pathlib import Path

import duckdb

from iot_streaming.sources import IOT_EVENTS

TITLE = "Spark, file stream to Parquet"
PACKAGES = ("pyspark",)


def ingest(landing: Path, out: Path) -> None:
    from iot_streaming.spark.java import find_java, java_home

    os.environ["JAVA_HOME"] = str(java_home(find_java()))
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", str(out / "tmp"))
        .getOrCreate()
    )
    fields = [f"`{c.field}` {c.type}" for c in IOT_EVENTS.columns if c.encoding == "text"]
    lines = (
        spark.readStream.schema(", ".join([*fields, "_corrupt_record string"]))
        .option("columnNameOfCorruptRecord", "_corrupt_record")
        .option("recursiveFileLookup", "true")
        .option("pathGlobFilter", "*.ndjson")
        .json(str(landing / "iot_events"))
        .selectExpr("*", "_metadata.file_name as file")
    )
    stream = (
        lines.writeStream.format("parquet")
        .option("checkpointLocation", str(out / "checkpoint"))
        .trigger(availableNow=True)
        .start(str(out / "events"))
    )
    stream.awaitTermination()
    gateway = spark.sparkContext._gateway
    spark.stop()
    # Else Java would end after this process, and nobody would be told what it took.
    if gateway:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()


def rows(connection: duckdb.DuckDBPyConnection, out: Path) -> str:
    """By the stream's log of commits: a killed run leaves files that don't count."""
    files = []
    for batch in (out / "events" / "_spark_metadata").glob("[0-9]*"):
        entries = map(json.loads, batch.read_text().splitlines()[1:])
        files += [entry["path"].removeprefix("file://") for entry in entries]
    return f"read_parquet({sorted(set(files))})" if files else ""


if __name__ == "__main__":
    ingest(Path(sys.argv[1]), Path(sys.argv[2]))
