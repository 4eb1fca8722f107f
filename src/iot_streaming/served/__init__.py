"""What a run made of gold and quality in, Delta tables that anybody reads at any time out."""

from iot_streaming.served.publish import PUBLISHED_LAYERS, Published, doubt, pin, publish
from iot_streaming.served.reading import open_snapshot, present_snapshot, served
from iot_streaming.served.snapshot import Snapshot, Table

__all__ = [
    "PUBLISHED_LAYERS",
    "Published",
    "Snapshot",
    "Table",
    "doubt",
    "open_snapshot",
    "pin",
    "present_snapshot",
    "publish",
    "served",
]
