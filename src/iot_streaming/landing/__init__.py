"""Where files land, a folder or a bucket: what is new there, and how it gets here.

Only names of files are imported here: this package goes onto Databricks, where Auto Loader lists.
"""

from iot_streaming.landing.files import (
    LINE_SUFFIXES,
    RECORD_SUFFIXES,
    LandedFile,
    endings_of,
    ends_in,
    first_batch,
    suffixes_of,
)

__all__ = [
    "LINE_SUFFIXES",
    "RECORD_SUFFIXES",
    "LandedFile",
    "endings_of",
    "ends_in",
    "first_batch",
    "suffixes_of",
]
