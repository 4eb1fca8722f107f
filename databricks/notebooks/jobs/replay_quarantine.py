# Databricks notebook source
# MAGIC %md
# MAGIC Judge quarantined rows by today's rules and release the good ones, each once.
# MAGIC `dbt_transformation_job` takes them into silver and gold when it runs next.

# COMMAND ----------

from iot_streaming.notebook import replay_quarantine

replay_quarantine(dbutils, spark)
