# Databricks notebook source
# MAGIC %md
# MAGIC Bronze of the device events: every landed line once, typed and flagged, none filtered.
# MAGIC Columns and rules are declared in `iot_streaming.sources`.

# COMMAND ----------

from iot_streaming.bronze.spark import declare_streaming_table
from iot_streaming.sources import source_named

declare_streaming_table(spark, source_named("iot_events"))
