"""A live PostgreSQL in, its row changes as landing files out."""

from iot_streaming.capture.run import capture
from iot_streaming.capture.wanted import Wanted

__all__ = ["Wanted", "capture"]
