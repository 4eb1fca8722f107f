# Databricks notebook source
# MAGIC %md
# MAGIC The rules on the data itself. Each result goes into `<prefix>_quality.check_results`.

# COMMAND ----------

from iot_streaming.notebook import run_dbt
from iot_streaming.quality.report import report_shown

with report_shown(dbutils, spark, globals().get("displayHTML")):
    run_dbt("test", dbutils, spark, options=("select", "exclude"))
