"""Questions in, what Databricks shows and warns of out: AI/BI dashboards and SQL alerts as files.

`make dashboards` writes them; a test holds the files to it.
"""

from iot_streaming.dashboards.alerts import ALERTS
from iot_streaming.dashboards.dashboards import DASHBOARDS
from iot_streaming.dashboards.files import made_files, write_files

__all__ = ["ALERTS", "DASHBOARDS", "made_files", "write_files"]
