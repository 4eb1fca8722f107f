"""A folder's path or a bucket's URL in, the Landing there out."""

from pathlib import Path

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.landing.bucket import Bucket
from iot_streaming.landing.folder import Folder
from iot_streaming.landing.place import Landing
from iot_streaming.settings import PATIENCE_SECONDS, SPOOL_BYTES, Settings


def landing_of(settings: Settings) -> Landing:
    """The landing that a run reads; a bucket's files pass through the home's scratch folder."""
    return landing_at(
        settings.landing, settings.scratch, settings.spool_bytes, settings.patience_seconds
    )


def landing_at(
    place: Path | BucketUrl,
    scratch: Path,
    spool_bytes: int = SPOOL_BYTES,
    patience: float = PATIENCE_SECONDS,
) -> Landing:
    """The landing at a place; `scratch` is for what is on its way into or out of a bucket."""
    if isinstance(place, BucketUrl):
        return Bucket(place, scratch, spool_bytes, patience)
    return Folder(place)
