"""A source and dates in, the silver and gold days that rest on them built again."""

from iot_streaming.backfill.rebuild import backfill
from iot_streaming.backfill.results import Backfilled, RowCount
from iot_streaming.backfill.wanted import Dates, dates_between

__all__ = ["Backfilled", "Dates", "RowCount", "backfill", "dates_between"]
