"""The landing's template: valid, closed to everybody who is not named, and told of what lands.

Each check takes the resolved template; BROKEN has what each of them must catch.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stack import listed, resolved, statements

FOLDER = Path(__file__).parents[1] / "databricks" / "infrastructure"
FILE = FOLDER / "landing.yml"
TEXT = FILE.read_text(encoding="utf-8")
CFN_LINT = Path(sys.executable).parent / "cfn-lint"
# The prefix is the default, landing.
NAMES = {
    "BucketName": "fleet",
    "Environment": "dev",
    "AWS::AccountId": "ACCOUNT",
    "AWS::Region": "REGION",
}
Template = dict[str, Any]


def of(template: Template, resource: str) -> dict[str, Any]:
    properties = template["Resources"][resource]["Properties"]
    assert isinstance(properties, dict)
    return properties


def only_statement(template: Template, resource: str) -> dict[str, Any]:
    (statement,) = of(template, resource)["PolicyDocument"]["Statement"]
    assert isinstance(statement, dict)
    return statement


def grants(template: Template, policy: str) -> set[tuple[str, str, str]]:
    """Action, resource and condition of all that a policy allows."""
    return {
        (action, resource, str(statement.get("Condition", "")))
        for statement in of(template, policy)["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def nothing_is_public(template: Template) -> None:
    bucket = of(template, "Bucket")
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "AccessControl" not in bucket


def only_tls_is_answered(template: Template) -> None:
    assert of(template, "BucketPolicy")["Bucket"] == "Bucket"
    assert only_statement(template, "BucketPolicy") == {
        "Sid": "OnlyByTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["Bucket.Arn", "Bucket.Arn/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def everything_is_encrypted(template: Template) -> None:
    (rule,) = of(template, "Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "Key.Arn"},
    }
    assert of(template, "Key")["EnableKeyRotation"] is True
    for queue in ("Events", "DeadEvents"):
        # A key of KMS would have to name S3, or nothing arrives.
        assert of(template, queue).get("SqsManagedSseEnabled") is True
        assert "KmsMasterKeyId" not in of(template, queue)


def files_outlive_the_stack(template: Template) -> None:
    for name in ("Bucket", "Key"):
        resource = template["Resources"][name]
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            assert resource.get(policy) == "Retain", (name, policy)


def old_files_get_cheaper(template: Template) -> None:
    bucket = of(template, "Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert {rule.pop("Status") for rule in rules.values()} == {"Enabled"}
    assert {name: rule for name, rule in rules.items() if rule.pop("Id")} == {
        "landed-files": {
            "Prefix": "landing/",
            "Transitions": [{"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 30}],
        },
        "what-was-replaced": {
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "ExpiredObjectDeleteMarker": True,
        },
        "broken-uploads": {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    }


def bucket_tells_the_queue(template: Template) -> None:
    # AWS refuses the bucket when the queue doesn't let it in yet.
    assert template["Resources"]["Bucket"].get("DependsOn") == "EventsPolicy"
    assert of(template, "Bucket")["NotificationConfiguration"]["QueueConfigurations"] == [
        {
            "Event": "s3:ObjectCreated:*",
            "Queue": "Events.Arn",
            "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "landing/"}]}},
        }
    ]


def only_the_bucket_tells(template: Template) -> None:
    assert of(template, "EventsPolicy")["Queues"] == ["Events"]
    assert only_statement(template, "EventsPolicy") == {
        "Sid": "OnlyThisBucketTells",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "Events.Arn",
        "Condition": {
            "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::fleet"},
            "StringEquals": {"aws:SourceAccount": "ACCOUNT"},
        },
    }
    assert of(template, "Bucket")["BucketName"] == "fleet"


def dead_events_are_kept_longer(template: Template) -> None:
    events, dead = of(template, "Events"), of(template, "DeadEvents")
    assert events["RedrivePolicy"] == {
        "deadLetterTargetArn": "DeadEvents.Arn",
        "maxReceiveCount": 20,
    }
    assert dead["MessageRetentionPeriod"] > events["MessageRetentionPeriod"]
    assert events["VisibilityTimeout"] == 900


LIST = ("s3:ListBucket", "Bucket.Arn", "{'StringLike': {'s3:prefix': 'landing/*'}}")
FILES = "Bucket.Arn/landing/*"
BY_S3 = "{'StringEquals': {'kms:ViaService': 's3.REGION.amazonaws.com'}}"


def reader_reads(template: Template) -> None:
    assert grants(template, "ReaderPolicy") == {
        LIST,
        ("s3:GetObject", FILES, ""),
        ("kms:Decrypt", "Key.Arn", BY_S3),
        ("sqs:ReceiveMessage", "Events.Arn", ""),
        ("sqs:DeleteMessage", "Events.Arn", ""),
        ("sqs:ChangeMessageVisibility", "Events.Arn", ""),
        ("sqs:GetQueueAttributes", "Events.Arn", ""),
    }


def writer_never_deletes(template: Template) -> None:
    assert grants(template, "WriterPolicy") == {
        LIST,
        ("s3:PutObject", FILES, ""),
        ("s3:GetObject", FILES, ""),
        ("s3:AbortMultipartUpload", FILES, ""),
        ("s3:ListMultipartUploadParts", FILES, ""),
        ("kms:GenerateDataKey", "Key.Arn", BY_S3),
        ("kms:Decrypt", "Key.Arn", BY_S3),
    }


def only_machines_become_the_reader(template: Template) -> None:
    role = of(template, "ReaderRole")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert role["ManagedPolicyArns"] == ["ReaderPolicy"] and "Policies" not in role
    assert of(template, "ReaderProfile") == {"Roles": ["ReaderRole"]}


def nothing_is_allowed_by_wildcard(template: Template) -> None:
    wide = [
        statement
        for statement in statements(template["Resources"])
        if statement["Effect"] == "Allow"
        and (
            any("*" in action for action in listed(statement.get("Action", "*")))
            or "*" in listed(statement.get("Resource", []))
            or "*" in str(statement.get("Principal", ""))
            or {"NotResource", "NotPrincipal"} & statement.keys()
        )
    ]
    # In a key's own policy `*` is that key.
    assert wide == of(template, "Key")["KeyPolicy"]["Statement"]
    assert [statement["Principal"] for statement in wide] == [{"AWS": "arn:aws:iam::ACCOUNT:root"}]


def parameters_can_widen_nothing(template: Template) -> None:
    parameters = template["Parameters"]
    assert parameters["Environment"]["AllowedValues"] == ["dev", "staging", "prod"]
    for name, good, bad in (
        ("Prefix", ["landing", "iot/landing"], ["", "*", "a/", "/a", "a/*", "a?", "a//b", "${x}"]),
        ("BucketName", ["fleet-landing"], ["", "Fleet", "fleet.landing", "fleet*", "a", "-a-"]),
    ):
        pattern = parameters[name]["AllowedPattern"]
        assert all(re.fullmatch(pattern, text) for text in good)
        assert not any(re.fullmatch(pattern, text) for text in bad)


CHECKS: list[Callable[[Template], None]] = [
    nothing_is_public,
    only_tls_is_answered,
    everything_is_encrypted,
    files_outlive_the_stack,
    old_files_get_cheaper,
    bucket_tells_the_queue,
    only_the_bucket_tells,
    dead_events_are_kept_longer,
    reader_reads,
    writer_never_deletes,
    only_machines_become_the_reader,
    nothing_is_allowed_by_wildcard,
    parameters_can_widen_nothing,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_template_as_it_should_be(check: Callable[[Template], None]) -> None:
    check(resolved(TEXT, NAMES))


READS = "            Action: s3:GetObject\n"
UPLOADS = "Status: Enabled\n            AbortIncomplete"
VERSIONS = "VersioningConfiguration:\n        Status: Enabled"
BROKEN = [
    (nothing_is_public, "BlockPublicAcls: true", "BlockPublicAcls: false"),
    (nothing_is_public, "        RestrictPublicBuckets: true\n", ""),
    (nothing_is_public, "BucketOwnerEnforced", "ObjectWriter"),
    (only_tls_is_answered, 'aws:SecureTransport: "false"', 'aws:SecureTransport: "true"'),
    (only_tls_is_answered, "Effect: Deny", "Effect: Allow"),
    (only_tls_is_answered, "              - !Sub ${Bucket.Arn}/*\n", ""),
    (everything_is_encrypted, "SSEAlgorithm: aws:kms", "SSEAlgorithm: AES256"),
    (everything_is_encrypted, "              KMSMasterKeyID: !GetAtt Key.Arn\n", ""),
    (everything_is_encrypted, "EnableKeyRotation: true", "EnableKeyRotation: false"),
    (everything_is_encrypted, "SqsManagedSseEnabled: true", "KmsMasterKeyId: !Ref Key"),
    (files_outlive_the_stack, "DeletionPolicy: Retain", "DeletionPolicy: Delete"),
    (files_outlive_the_stack, "    UpdateReplacePolicy: Retain\n", ""),
    (old_files_get_cheaper, "NoncurrentDays: !Ref DaysToKeepReplaced", "NoncurrentDays: 3000"),
    (old_files_get_cheaper, "INTELLIGENT_TIERING", "DEEP_ARCHIVE"),
    (old_files_get_cheaper, UPLOADS, UPLOADS.replace("Enabled", "Disabled")),
    (old_files_get_cheaper, VERSIONS, VERSIONS.replace("Enabled", "Suspended")),
    (old_files_get_cheaper, "!If [KeepsFiles, !Ref AWS::NoValue, !Ref DaysToKeep]", "30"),
    (bucket_tells_the_queue, "    DependsOn: EventsPolicy\n", ""),
    (bucket_tells_the_queue, "s3:ObjectCreated:*", "s3:ObjectRemoved:*"),
    (bucket_tells_the_queue, "Queue: !GetAtt Events.Arn", "Queue: !GetAtt DeadEvents.Arn"),
    (only_the_bucket_tells, "Service: s3.amazonaws.com", 'AWS: "*"'),
    (only_the_bucket_tells, ":s3:::${BucketName}", ":s3:::*"),
    (only_the_bucket_tells, "aws:SourceAccount: !Ref AWS::AccountId", "aws:PrincipalTag/a: b"),
    (only_the_bucket_tells, "Queues: [!Ref Events]", "Queues: [!Ref DeadEvents]"),
    (dead_events_are_kept_longer, "maxReceiveCount: 20", "maxReceiveCount: 1"),
    (dead_events_are_kept_longer, "MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 60"),
    (reader_reads, READS, READS.replace("Get", "Put")),
    (reader_reads, "Resource: !Sub ${Bucket.Arn}/${Prefix}/*", "Resource: !Sub ${Bucket.Arn}/*"),
    (reader_reads, "s3:prefix: !Sub ${Prefix}/*", 's3:prefix: "*"'),
    (reader_reads, "              - sqs:ChangeMessageVisibility\n", ""),
    (writer_never_deletes, "s3:AbortMultipartUpload", "s3:DeleteObject"),
    (writer_never_deletes, "              - kms:GenerateDataKey\n", ""),
    (only_machines_become_the_reader, "Service: ec2.amazonaws.com", 'AWS: "*"'),
    (only_machines_become_the_reader, "- !Ref ReaderPolicy", "- !Ref WriterPolicy"),
    (nothing_is_allowed_by_wildcard, "Action: sqs:SendMessage", "Action: sqs:*"),
    (nothing_is_allowed_by_wildcard, READS, READS.replace("Object", "*")),
    (nothing_is_allowed_by_wildcard, "Service: ec2.amazonaws.com", 'AWS: "*"'),
    (nothing_is_allowed_by_wildcard, READS, READS.replace("Action: s3:GetObject", "NotAction: a")),
    (nothing_is_allowed_by_wildcard, "Resource: !Sub ${Bucket.Arn}/${Prefix}/*", 'Resource: "*"'),
    (nothing_is_allowed_by_wildcard, "iam::${AWS::AccountId}:root", "iam::*:root"),
    (parameters_can_widen_nothing, "^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", "^.*$"),
    (parameters_can_widen_nothing, "[a-z0-9-]{1,61}", "[a-z0-9.-]{1,61}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "old", "new"),
    BROKEN,
    ids=[f"{check.__name__}-{number}" for number, (check, _, _) in enumerate(BROKEN)],
)
def test_broken_template_is_caught(check: Callable[[Template], None], old: str, new: str) -> None:
    broken = resolved(changed(old, new), NAMES)
    with pytest.raises(AssertionError):
        check(broken)


def test_every_check_can_fail() -> None:
    assert {check for check, _, _ in BROKEN} == set(CHECKS)


def test_files_are_deleted_only_where_somebody_said_when() -> None:
    template = resolved(TEXT, NAMES | {"DaysToKeep": 365})
    rule = of(template, "Bucket")["LifecycleConfiguration"]["Rules"][0]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("landing/", 365)


def lint(path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([CFN_LINT, path], capture_output=True, text=True, check=False)


def test_cfn_lint_finds_nothing() -> None:
    outcome = lint(FILE)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("EnableKeyRotation", "EnableKeyRotations", "E3002"),
        ("!GetAtt DeadEvents.Arn", "!GetAtt LostEvents.Arn", "E1010"),
        # An alias, which CloudFormation refuses.
        ("Queues: [!Ref Events]", "Queues: &q [!Ref Events]\n      Queues2: *q", "W1101"),
    ],
)
def test_cfn_lint_is_really_asked(tmp_path: Path, old: str, new: str, found: str) -> None:
    path = tmp_path / "landing.yml"
    path.write_text(changed(old, new))
    outcome = lint(path)
    assert outcome.returncode != 0 and found in outcome.stdout


def changed(old: str, new: str) -> str:
    assert old in TEXT, f"{old!r} is not in the template"
    return TEXT.replace(old, new, 1)
