# Databricks notebook source
# MAGIC %md
# MAGIC Bronze of the captured database tables: every change once, typed and flagged, none filtered.
# MAGIC Columns and rules are declared in `iot_streaming.sources`.

# COMMAND ----------

from iot_streaming.bronze.spark import declare_streaming_table
from iot_streaming.sources import SOURCES

for source in SOURCES:
    if source.format == "debezium":
        declare_streaming_table(spark, source)
