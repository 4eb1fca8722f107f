"""moto's S3 and SQS on loopback, and what a user of them has in the environment."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
from moto.sqs.models import sqs_backends

BUCKET = "fleet"
_ACCOUNT = "123456789012"
# No message, log, report or state may hold one of these.
PLANTED = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTEDKEYID0001",
    "AWS_SECRET_ACCESS_KEY": "planted/secret+access=key",
    "AWS_SESSION_TOKEN": "planted-session-token",
}


def environment_at(endpoint: str) -> dict[str, str]:
    """Of a user whose S3 and SQS are there, and who has no files or instance of AWS's."""
    return {
        **PLANTED,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }


@dataclass
class ObjectStore:
    """A server and its one bucket."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        return environment_at(self.endpoint)

    def client(self, service: str) -> Any:
        session = boto3.Session("admin", "of-the-server", region_name="eu-central-1")
        return session.client(service, endpoint_url=self.endpoint)

    def put(self, key: str, content: bytes) -> None:
        """Straight into the server's memory: any key, at once."""
        _backend().put_object(BUCKET, key, content)

    def delete(self, key: str) -> None:
        _backend().delete_object(BUCKET, key)

    def objects(self) -> list[str]:
        return sorted(_backend().buckets[BUCKET].keys.keys())

    def content(self, key: str) -> bytes:
        return bytes(_object(key).value)

    def modified_at(self, key: str) -> float:
        """Seconds since 1970, as S3 tells them: whole ones."""
        return float(int(_object(key).last_modified.timestamp()))

    def mirror(self, folder: Path, prefix: str) -> None:
        """Every file of a folder that is ready, under the prefix."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not any(part[0] in "._" for part in path.parts[-3:]):
                self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())

    def queue(self, name: str) -> str:
        """URL of a queue that is told of what lands in the bucket from now on."""
        sqs = self.client("sqs")
        url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        told = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
        self.client("s3").put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [told]}
        )
        # Of the test message that S3 sends.
        sqs.purge_queue(QueueUrl=url)
        return url

    def send(self, queue: str, body: object) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.client("sqs").send_message(QueueUrl=queue, MessageBody=text)

    def waiting(self, queue: str) -> tuple[int, int]:
        """Messages that wait in a queue, and those that somebody holds."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)
        return int(found["Attributes"][names[0]]), int(found["Attributes"][names[1]])


@contextmanager
def s3_server() -> Iterator[str]:
    """A server's endpoint, as long as the block lasts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def emptied(endpoint: str) -> ObjectStore:
    """The server without anything but an empty bucket."""
    for backends in (s3_backends, sqs_backends):
        backends.reset()
    store = ObjectStore(endpoint)
    location = {"LocationConstraint": "eu-central-1"}
    store.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    return store


def _backend() -> Any:
    return s3_backends[_ACCOUNT]["aws"]


def _object(key: str) -> Any:
    return _backend().get_object(BUCKET, key)
