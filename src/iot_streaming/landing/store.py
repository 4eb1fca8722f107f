"""A bucket's URL in, obstore's store on it out, with credentials found the usual way.

What the service answers is put into our words: its own have request signatures and key ids in them.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError, LandingFailed, MissingDependency

if TYPE_CHECKING:
    from obstore.store import ObjectStore

# Seconds that a connection may say nothing.
SILENCE = 30.0
_LONGEST_REQUEST = 900.0
# What a caller is told of an answer; nothing of the answer itself.
_CODES = {
    "AccessDenied": "the credentials may not do that: the policy needs s3:ListBucket on the "
    "bucket, s3:GetObject on the prefix (s3:PutObject to write) and kms:Decrypt on its key",
    "ExpiredToken": "the session's credentials have expired: sign in again, or let a role renew "
    "them, then run it again",
    "TokenRefreshRequired": "the session's credentials have expired: sign in again",
    "InvalidAccessKeyId": "the access key is not known there: was it deleted?",
    "InvalidToken": "the session token is not valid: sign in again",
    "SignatureDoesNotMatch": "the secret key does not fit the access key, or a proxy changes "
    "requests",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "NoSuchBucket": "there is no such bucket: is its name right, and the endpoint?",
    "ContainerNotFound": "there is no such container: is its name right, and the account?",
    "PermanentRedirect": "the bucket is in another region: set AWS_REGION to it",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set AWS_REGION to it",
    "AuthenticationFailed": "the credentials are not valid for this account",
}
_CONCERN_ALL = {
    "ExpiredToken",
    "TokenRefreshRequired",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
    "AuthenticationFailed",
}
_NO_CREDENTIALS = (
    "there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or run where an instance role is"
)


def open_store(
    url: BucketUrl, patience: float, environment: Mapping[str, str] = os.environ
) -> "ObjectStore":
    """The store below the URL's prefix; each request is tried again for `patience` seconds.

    S3: region by AWS_REGION or a profile, another endpoint by AWS_ENDPOINT_URL_S3 or
    AWS_ENDPOINT_URL. Google and Azure: by the variables that their own tools read.
    """
    try:
        from obstore.store import AzureStore, GCSStore, S3Store
    except ImportError:
        raise MissingDependency(
            f"{url} needs the cloud extra: make cloud, or pip install 'iot-streaming[cloud]'"
        ) from None
    common: dict[str, Any] = {
        "prefix": url.prefix or None,
        "client_options": {
            "timeout": timedelta(seconds=_LONGEST_REQUEST),
            "read_timeout": timedelta(seconds=SILENCE),
        },
        "retry_config": {"retry_timeout": timedelta(seconds=patience)},
    }
    with telling(url, "be opened"):
        if url.scheme == "gs":
            return GCSStore(url.bucket, **common)
        if url.scheme == "az":
            return AzureStore(url.bucket, **common)
        return S3Store(url.bucket, **common, **_s3(environment, common["client_options"]))


def _s3(environment: Mapping[str, str], client: dict[str, Any]) -> dict[str, Any]:
    from obstore.auth.boto3 import Boto3CredentialProvider

    endpoint = endpoint_of(environment, "S3")
    try:
        provider = Boto3CredentialProvider(_session(environment))
    except ValueError:
        raise ConfigurationError(_NO_CREDENTIALS) from None
    if not endpoint:
        return {"credential_provider": provider}
    client["allow_http"] = endpoint.startswith("http://")
    return {
        "credential_provider": provider,
        "endpoint": endpoint,
        "virtual_hosted_style_request": False,
    }


def delta_options(
    url: BucketUrl, patience: float, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """What delta-rs is told to reach a store by the same credentials, region and endpoint.

    Those of Google and Azure it finds in the environment by itself.
    """
    common = {"timeout": f"{_LONGEST_REQUEST:g}s", "retry_timeout": f"{patience:g}s"}
    if url.scheme != "s3":
        return common
    session, endpoint = _session(environment), endpoint_of(environment, "S3")
    credentials = session.get_credentials()
    if credentials is None:
        raise ConfigurationError(_NO_CREDENTIALS)
    frozen = credentials.get_frozen_credentials()
    told = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_SESSION_TOKEN": frozen.token,
        "AWS_REGION": session.region_name,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true" if (endpoint or "").startswith("http://") else None,
    }
    return common | {name: value for name, value in told.items() if value}


def aws_client(service: str, environment: Mapping[str, str] = os.environ) -> Any:
    """boto3's client of a service, by the same credentials, region and endpoint."""
    from botocore.config import Config

    endpoint = endpoint_of(environment, service.upper())
    config = Config(
        retries={"mode": "standard", "max_attempts": 8},
        connect_timeout=10,
        read_timeout=SILENCE,
        s3={"addressing_style": "path"} if endpoint else {},
    )
    return _session(environment).client(service, endpoint_url=endpoint, config=config)


def _session(environment: Mapping[str, str]) -> Any:
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.Session(region_name=environment.get("AWS_REGION"))
    except BotoCoreError as error:
        raise ConfigurationError(f"AWS credentials can't be had: {error}") from None


def endpoint_of(environment: Mapping[str, str], service: str) -> str | None:
    """Where S3 or SQS is, if not at AWS: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL."""
    own = environment.get(f"AWS_ENDPOINT_URL_{service}")
    return own or environment.get("AWS_ENDPOINT_URL") or None


@contextmanager
def telling(url: object, what: str) -> Iterator[None]:
    """LandingFailed in our words for what obstore raises in the block; `what` couldn't be done."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, ValueError, OSError) as error:
        raise LandingFailed(f"{url} can't {what}: {reason_of(error)}") from None


def code_of(error: BaseException) -> str:
    """The service's code for what was wrong, such as AccessDenied; empty when it gave none."""
    found = re.search(r"<Code>(\w{1,60})</Code>", str(error))
    return found[1] if found else ""


def concerns_all(error: BaseException) -> bool:
    """Whether every other request would be refused as well: the credentials, or the region."""
    is_region = "configured region" in str(error)
    is_unknown = type(error).__name__ == "UnauthenticatedError"
    return is_region or is_unknown or code_of(error) in _CONCERN_ALL


def was_cut_off(error: BaseException) -> bool:
    """Whether an answer broke off in the middle, which obstore tries again only for files."""
    return "body error" in str(error)


def reason_of(error: BaseException) -> str:
    """What happened and what to do, without a word of what was sent or answered."""
    code, text = code_of(error), str(error)
    if code in _CODES:
        return f"{code}: {_CODES[code]}"
    status = re.search(r"status(?: code)?:? (\d{3})\b|\b([45]\d\d) [A-Z]", text)
    number = f" {status[1] or status[2]}" if status else ""
    kind = type(error).__name__
    if kind == "PermissionDeniedError":
        return f"AccessDenied: {_CODES['AccessDenied']}"
    if kind == "UnauthenticatedError":
        return "the credentials are not valid (401): sign in again"
    if kind == "NotFoundError":
        return "it is not there"
    if "configured region" in text:
        return f"PermanentRedirect: {_CODES['PermanentRedirect']}"
    if code or number:
        answered = f"{code}{number}".strip()
        return (
            f"the service answered {answered}, after every retry; nothing is lost: when it is well "
            "again, run it again"
        )
    return (
        "no answer came to an end, after every retry (a connection refused, reset or silent); are "
        "the network and AWS_ENDPOINT_URL right? Then run it again: nothing is lost"
    )
