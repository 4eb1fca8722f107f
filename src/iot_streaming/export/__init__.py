"""What is served in, the same tables where others read them out: a folder or a bucket."""

from iot_streaming.export.destination import Destination, destination_at
from iot_streaming.export.formats import FORMATS
from iot_streaming.export.run import NOTE, AsOf, Exported, chosen, export, served_tables

__all__ = [
    "FORMATS",
    "NOTE",
    "AsOf",
    "Destination",
    "Exported",
    "chosen",
    "destination_at",
    "export",
    "served_tables",
]
