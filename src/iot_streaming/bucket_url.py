"""`s3://bucket/prefix` in, its parts out; other text is a folder's path."""

import re
from dataclasses import dataclass
from pathlib import Path

from iot_streaming.errors import ConfigurationError

_SCHEMES = {"s3": "s3", "s3a": "s3", "gs": "gs", "az": "az"}
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}")


@dataclass(frozen=True)
class BucketUrl:
    """A prefix in an object store's bucket, or in an Azure container: `scheme` s3, gs or az.

    >>> str(BucketUrl.of("s3a://fleet/landing/"))
    's3://fleet/landing'
    """

    scheme: str
    bucket: str
    prefix: str = ""

    @classmethod
    def of(cls, text: str) -> "BucketUrl":
        """The URL's parts; ConfigurationError for what is none, or carries more than a place."""
        scheme, _, rest = text.partition("://")
        if scheme not in _SCHEMES:
            raise ConfigurationError(
                f"{_shown(text)} is no landing: {scheme}:// is not known; name a folder, or "
                "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX"
            )
        bucket, _, prefix = rest.partition("/")
        if not _BUCKET.fullmatch(bucket):
            # A key before an @ must not be repeated to anybody.
            raise ConfigurationError(
                f"{_shown(text)} names no bucket: write it as {scheme}://BUCKET/PREFIX; "
                "credentials come from the environment, a profile or the machine's role"
            )
        parts = prefix.strip("/").split("/")
        if any(character in prefix for character in "?#*[]{}\\\n\r") or {".", ".."} & set(parts):
            raise ConfigurationError(
                f"{_shown(text)}: the prefix may have none of ? # * [ ] {{ }} \\ and no . or .. "
                "between its slashes"
            )
        if "" in parts and parts != [""]:
            raise ConfigurationError(f"{_shown(text)}: the prefix has two slashes in a row")
        return cls(_SCHEMES[scheme], bucket, "/".join(parts))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")

    def key_under(self, key: str) -> str | None:
        """An object's key as it is below the prefix; None when it lies elsewhere."""
        head = f"{self.prefix}/" if self.prefix else ""
        return key.removeprefix(head) if key.startswith(head) else None


def place_of(text: str | Path) -> Path | BucketUrl:
    """The folder or the bucket that the text names."""
    return BucketUrl.of(text) if isinstance(text, str) and "://" in text else Path(text).absolute()


def _shown(text: str) -> str:
    """Without what stands before an @, or after a ?: it may be a secret."""
    scheme, _, rest = text.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0].partition('#')[0]}"
