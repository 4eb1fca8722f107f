"""The Databricks bundle in, for one target: resolved, checked, shown."""

from iot_streaming.bundle.resolve import resolve

__all__ = ["resolve"]
