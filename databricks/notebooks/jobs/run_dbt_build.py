# Databricks notebook source
# MAGIC %md
# MAGIC Silver and gold from bronze: seeds and models, each model's tests right after it.

# COMMAND ----------

from iot_streaming.notebook import run_dbt

run_dbt(
    "build",
    dbutils,
    spark,
    options=("select", "exclude", "exclude_resource_type", "full_refresh"),
)
