"""The landing's template deployed into moto: what lands there is told to the queue.

moto leaves a bucket's notifications and the policies of buckets and queues out of a stack; the
first are put there by the API, as the template has them.
"""

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import boto3
import pytest
from moto import mock_aws

from tests.stack import resolved
from tests.test_infrastructure import TEXT

PARAMETERS = {"Environment": "dev", "BucketName": "fleet"}
LEFT_OUT = {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"}
# moto can't make a key with tags in a stack.
TAGS_OF_KEY = re.compile(r"      Tags:\n.*?\n(?=\n  Bucket:)", re.DOTALL)


@dataclass
class Stack:
    """What was made: outputs by name, and the template resolved with them."""

    session: boto3.Session
    outputs: dict[str, str]
    resources: dict[str, Any]

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def properties(self, resource: str) -> Any:
        return self.resources[resource]["Properties"]

    def land(self, key: str) -> None:
        self.client("s3").put_object(Bucket=PARAMETERS["BucketName"], Key=key, Body=b"{}\n")

    def told(self, queue: str = "EventsQueueUrl") -> list[str]:
        """Keys that the queue was told of."""
        answer = self.client("sqs").receive_message(
            QueueUrl=self.outputs[queue], MaxNumberOfMessages=10
        )
        bodies = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        records = [record for body in bodies for record in body.get("Records", [])]
        return sorted(unquote_plus(record["s3"]["object"]["key"]) for record in records)


@pytest.fixture
def aws() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session(region_name="eu-central-1")


def deployed(session: boto3.Session, text: str = TEXT) -> Stack:
    cloudformation = session.client("cloudformation")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cloudformation.create_stack(
            StackName="landing",
            TemplateBody=TAGS_OF_KEY.sub("", text, count=1),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in PARAMETERS.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
    assert {name for name in LEFT_OUT for one in caught if name in str(one.message)} == LEFT_OUT
    (made,) = cloudformation.describe_stacks(StackName="landing")["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    outputs = {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}
    names = PARAMETERS | {
        "Bucket.Arn": outputs["BucketArn"],
        "Events.Arn": outputs["EventsQueueArn"],
        "Key.Arn": outputs["KeyArn"],
        "AWS::Region": "eu-central-1",
    }
    stack = Stack(session, outputs, resolved(text, names)["Resources"])
    stack.client("s3").put_bucket_notification_configuration(
        Bucket=PARAMETERS["BucketName"],
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "QueueArn": one["Queue"],
                    "Events": [one["Event"]],
                    "Filter": {"Key": {"FilterRules": one["Filter"]["S3Key"]["Rules"]}},
                }
                for one in stack.properties("Bucket")["NotificationConfiguration"][
                    "QueueConfigurations"
                ]
            ]
        },
    )
    return stack


def test_what_lands_below_the_prefix_is_told(aws: boto3.Session) -> None:
    stack = deployed(aws)
    assert stack.outputs["LandingUrl"] == "s3://fleet/landing"
    stack.told()  # S3's test event
    stack.land("landing/iot_events/a.json")
    stack.land("elsewhere/b.json")
    assert stack.told() == ["landing/iot_events/a.json"]
    landed = stack.client("s3").head_object(Bucket="fleet", Key="landing/iot_events/a.json")
    assert landed["ServerSideEncryption"] == "aws:kms"
    assert landed["SSEKMSKeyId"] == stack.outputs["KeyArn"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("s3:ObjectCreated:*", "s3:ObjectRemoved:*"),
        ("Value: !Sub ${Prefix}/", "Value: !Sub ${Prefix}s/"),
        ("Value: !Ref Events\n", "Value: !Ref DeadEvents\n"),
    ],
)
def test_wrong_wiring_is_silent(aws: boto3.Session, old: str, new: str) -> None:
    """What the test above would catch."""
    assert old in TEXT
    stack = deployed(aws, TEXT.replace(old, new))
    stack.land("landing/iot_events/a.json")
    assert stack.told() == []


def test_event_that_nobody_settles_ends_among_the_dead(aws: boto3.Session) -> None:
    stack = deployed(aws)
    sqs, queue = stack.client("sqs"), stack.outputs["EventsQueueUrl"]
    stack.told()
    stack.land("landing/iot_events/a.json")
    for _ in range(21):
        sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)
    assert stack.told() == []
    assert stack.told("DeadEventsQueueUrl") == ["landing/iot_events/a.json"]


def test_outputs_name_the_profile_its_role_and_both_policies(aws: boto3.Session) -> None:
    stack = deployed(aws)
    iam = stack.client("iam")
    (profile,) = iam.list_instance_profiles()["InstanceProfiles"]
    assert profile["Arn"] == stack.outputs["ReaderProfileArn"]
    (role,) = profile["Roles"]
    assert role["Arn"] == stack.outputs["ReaderRoleArn"]
    for output, name in (("ReaderPolicyArn", "ReaderPolicy"), ("WriterPolicyArn", "WriterPolicy")):
        version = iam.get_policy_version(PolicyArn=stack.outputs[output], VersionId="v1")
        document = stack.properties(name)["PolicyDocument"]
        assert version["PolicyVersion"]["Document"] == document
