# Databricks notebook source
# MAGIC %md
# MAGIC Install the dbt project's packages. They lie beside it: no hub, no git, no network.

# COMMAND ----------

from iot_streaming.notebook import run_dbt

run_dbt("deps", dbutils, spark)
