"""A run that ended in, its verdict as a file and as a message to a webhook out."""

from iot_streaming.notify.notices import Notices
from iot_streaming.notify.outcome import Outcome
from iot_streaming.notify.run import run_and_tell

__all__ = ["Notices", "Outcome", "run_and_tell"]
