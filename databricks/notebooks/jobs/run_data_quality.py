# Databricks notebook source
# MAGIC %md
# MAGIC How fresh the sources are, and the rules on the data itself. Each result goes into
# MAGIC `<prefix>_quality.check_results`.

# COMMAND ----------

from iot_streaming.notebook import check_data
from iot_streaming.quality.report import report_shown

with report_shown(dbutils, spark, globals().get("displayHTML")):
    check_data(dbutils, spark, options=("select", "exclude"))
