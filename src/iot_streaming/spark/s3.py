"""A landing in S3 in, what Spark on this machine must be told to read it out; no secret in it."""

import os
from collections.abc import Mapping
from pathlib import Path

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError
from iot_streaming.landing.store import endpoint_of

# Environment, profile, web identity, container, instance role: as everywhere else.
_CREDENTIALS = "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"


def reads_s3(landing: Path | BucketUrl) -> bool:
    """Whether it is in S3; ConfigurationError for a store that Spark here has no connector of."""
    if isinstance(landing, Path):
        return False
    if landing.scheme != "s3":
        raise ConfigurationError(
            f"Spark on this machine reads folders and s3://, not {landing}: take --engine duckdb, "
            "or --remote with a cluster that has the store's connector"
        )
    return True


def s3_confs(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Hadoop's s3a with the endpoint and region of the environment; it finds credentials itself."""
    confs = {"aws.credentials.provider": _CREDENTIALS}
    if endpoint := endpoint_of(environment, "S3"):
        confs |= {
            "endpoint": endpoint,
            "path.style.access": "true",
            "connection.ssl.enabled": str(endpoint.startswith("https://")).lower(),
        }
    if region := environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"):
        confs["endpoint.region"] = region
    return {f"spark.hadoop.fs.s3a.{name}": value for name, value in confs.items()}
