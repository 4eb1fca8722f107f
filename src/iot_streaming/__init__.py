"""IoT streaming lakehouse: landing files in, trusted bronze, silver and gold tables out."""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    # Asked for seldom, and what tells it is a tenth of a command's start.
    if name == "__version__":
        from importlib.metadata import version

        return version("iot-streaming")
    raise AttributeError(name)
