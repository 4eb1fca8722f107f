"""An SQS queue of a bucket's notifications in, the keys of what landed there out.

A message is deleted once its files are in the ledger, so whatever ends a run before that lets it
come again; one that comes twice finds its files known. Notifications may be lost or late: a
listing now and then is the safety net.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError, LandingFailed
from iot_streaming.landing.store import aws_client

# Seconds: until a message that was neither deleted nor given back comes again.
_HELD = 900
# Seconds to wait for a message before the queue counts as empty.
_WAIT = 1
_AT_MOST = 10
_QUEUE = re.compile(r"https?://[^/@?#]+/[A-Za-z0-9_./-]+")


@dataclass
class _Message:
    receipt: str
    keys: list[str] = field(default_factory=list)


class LandingEvents:
    """What waits in the queue, read once; `strange` messages are of no file below the URL."""

    def __init__(
        self, queue: str, url: BucketUrl, environment: Mapping[str, str] = os.environ
    ) -> None:
        if url.scheme != "s3":
            raise ConfigurationError(f"--landing-events is for a landing in S3, not for {url}")
        if not _QUEUE.fullmatch(queue):
            raise ConfigurationError("--landing-events wants an SQS queue's URL, https://…/NAME")
        self.queue, self.url = queue, url
        region = re.match(r"sqs\.([a-z0-9-]+)\.", urlsplit(queue).hostname or "")
        named = {"AWS_REGION": region[1]} if region else {}
        self.client = aws_client("sqs", named | dict(environment))
        self.strange: list[str] = []
        self._messages: list[_Message] = []

    def drain(self) -> None:
        """Take every message that waits; LandingFailed when the queue can't be read."""
        while answer := self._ask(
            "receive_message",
            MaxNumberOfMessages=_AT_MOST,
            WaitTimeSeconds=_WAIT,
            VisibilityTimeout=_HELD,
        ).get("Messages"):
            for message in answer:
                self._take(message)

    def keys(self, folder: str) -> list[str]:
        """What is told to have landed below a folder, each once, in order."""
        told = {key for message in self._messages for key in message.keys}
        return sorted(key for key in told if key.startswith(f"{folder}/"))

    def settle(self, failed: Iterable[str]) -> None:
        """Give messages of files in failed folders back at once; delete the others."""
        heads = tuple(f"{folder}/" for folder in failed)
        done: list[str] = []
        back: list[str] = []
        for message in self._messages:
            is_back = any(key.startswith(heads) for key in message.keys)
            (back if is_back else done).append(message.receipt)
        self._all("delete_message_batch", done, {})
        self._all("change_message_visibility_batch", back + self.strange, {"VisibilityTimeout": 0})
        self._messages = []

    def _take(self, message: Mapping[str, Any]) -> None:
        taken = _Message(message["ReceiptHandle"])
        try:
            created = list(_created(json.loads(message["Body"])))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.strange.append(taken.receipt)
            return
        below = [self.url.key_under(key) for bucket, key in created if bucket == self.url.bucket]
        if created and not any(below):
            self.strange.append(taken.receipt)
            return
        taken.keys = [key for key in below if key]
        self._messages.append(taken)

    def _all(self, operation: str, receipts: list[str], more: Mapping[str, Any]) -> None:
        for start in range(0, len(receipts), _AT_MOST):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, **more}
                for number, receipt in enumerate(receipts[start : start + _AT_MOST])
            ]
            self._ask(operation, Entries=entries)

    def _ask(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self.client, operation)(QueueUrl=self.queue, **arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise LandingFailed(
                f"the queue of --landing-events refused {operation}: {code[:80]}; its policy and "
                "this role must allow sqs:ReceiveMessage, sqs:DeleteMessage and "
                "sqs:ChangeMessageVisibility"
            ) from None
        except BotoCoreError as error:
            raise LandingFailed(
                f"the queue of --landing-events gave no answer ({type(error).__name__})"
            ) from None


def _created(body: Any) -> Iterable[tuple[str, str]]:
    """Bucket and key of every object that a message tells of, by S3 itself, SNS or EventBridge."""
    if "Message" in body and "TopicArn" in body:
        body = json.loads(body["Message"])
    if body.get("detail-type") == "Object Created":
        yield body["detail"]["bucket"]["name"], body["detail"]["object"]["key"]
        return
    # S3 sends a test when it is set up: a message of no object.
    for record in body["Records"] if body.get("Event") != "s3:TestEvent" else []:
        if record["eventName"].startswith("ObjectCreated:"):
            yield record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
