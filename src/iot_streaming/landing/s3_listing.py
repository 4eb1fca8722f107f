"""A listing by S3's own client, which takes any key: for where obstore met one that is no path.

A key such as `a//b` or `a/../b` ends obstore's listing. Then this one, slower, lists everything
else and names what nobody can read.
"""

import os
import re

import pyarrow as pa

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import LandingFailed
from iot_streaming.landing.place import LISTED, Listing
from iot_streaming.landing.store import aws_client

_NO_PATH = re.compile(r"(^|/)(\.{0,2})(/|$)|[\x00-\x1f\x7f]")
_REASON = "its key is no path (an empty, . or .. part, or a control character): copy the object"


def listed_by_boto3(url: BucketUrl, folder: str, after: str = "") -> Listing:
    """As Bucket.listed; keys that are no paths are `unreadable`."""
    from botocore.exceptions import BotoCoreError, ClientError

    root = f"{url.prefix}/" if url.prefix else ""
    wanted = {"Bucket": url.bucket, "Prefix": f"{root}{folder}/"}
    if after:
        wanted["StartAfter"] = f"{root}{after}"
    rows, unreadable = [], {}
    try:
        pages = aws_client("s3", os.environ).get_paginator("list_objects_v2").paginate(**wanted)
        for entry in (entry for page in pages for entry in page.get("Contents", [])):
            key = entry["Key"].removeprefix(root)
            if key.endswith("/") and not entry["Size"]:
                continue
            if _NO_PATH.search(key):
                unreadable[key] = _REASON
            else:
                at = int(entry["LastModified"].timestamp() * 1e6)
                rows.append((key, entry["Size"], at, entry["ETag"]))
    except (BotoCoreError, ClientError) as error:
        raise LandingFailed(f"{url}/{folder} can't be listed: {type(error).__name__}") from None
    columns = list(zip(*rows, strict=True)) or [()] * len(LISTED)
    return Listing(pa.table(columns, schema=LISTED), [], unreadable)
