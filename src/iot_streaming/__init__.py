"""IoT streaming lakehouse: landing files in, trusted bronze, silver and gold tables out."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("iot-streaming")
