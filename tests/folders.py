"""Where a test's files land."""

from pathlib import Path

from iot_streaming.capture import Wanted
from iot_streaming.settings import Settings


def landing_folder(settings: Settings | Wanted) -> Path:
    """The landing, which is a folder in most tests."""
    assert isinstance(settings.landing, Path)
    return settings.landing
