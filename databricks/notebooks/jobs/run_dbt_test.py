# Databricks notebook source
# MAGIC %md
# MAGIC What holds one layer to the next: nothing lost, nothing doubled on the way to gold.

# COMMAND ----------

from iot_streaming.notebook import run_dbt

run_dbt("test", dbutils, spark, options=("select", "exclude"))
