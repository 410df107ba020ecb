import re
from pathlib import Path

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from constructs_lib.environments.storage import EncryptionKey, Storage, StorageLifecycle
from tests.constructs_lib.synthesis import only, resources, statements, template_of

KEY, BUCKET = "DataKeyAEC34D0C", "Data2D4B752F"
"""Logical ids of what keeps data: a change of one replaces the resource."""


def role(stack: Stack) -> iam.Role:
    return iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))


def test_the_bucket_is_encrypted_versioned_private_and_logged(tmp_path: Path) -> None:
    template = template_of(lambda stack: Storage(stack, "Data"), tmp_path, nag=True)
    bucket = template["Resources"][BUCKET]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    properties = bucket["Properties"]
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {
                "KMSMasterKeyID": {"Fn::GetAtt": [KEY, "Arn"]},
                "SSEAlgorithm": "aws:kms",
            },
        }
    ]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["LoggingConfiguration"]["DestinationBucketName"] == {"Ref": "DataAccessLogsC0C25EE4"}
    assert properties["LifecycleConfiguration"]["Rules"][0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert "BucketName" not in properties


def test_only_tls_is_accepted(tmp_path: Path) -> None:
    template = template_of(lambda stack: Storage(stack, "Data"), tmp_path)
    policies = resources(template, "AWS::S3::BucketPolicy").values()
    assert len(policies) == 2
    for policy in policies:
        denied = policy["Properties"]["PolicyDocument"]["Statement"][0]
        assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", {"AWS": "*"}, "s3:*")
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_key_rotates_and_serves_the_accounts_logs_and_alarms(tmp_path: Path) -> None:
    template = template_of(lambda stack: Storage(stack, "Data"), tmp_path)
    key = template["Resources"][KEY]
    assert key["DeletionPolicy"] == "Retain"
    assert key["Properties"]["EnableKeyRotation"] is True
    _, log_groups, announcements = key["Properties"]["KeyPolicy"]["Statement"]
    assert log_groups["Sid"] == "LogGroupsOfThisAccount"
    assert list(log_groups["Condition"]) == ["ArnLike"]
    assert announcements["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]}
    assert announcements["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_all_problems_of_a_lifecycle_are_raised_together() -> None:
    with pytest.raises(ValueError, match="Test/Data") as raised:
        Storage(Stack(App(), "Test"), "Data", lifecycle=StorageLifecycle(noncurrent_version_days=0, access_log_days=-1))
    assert str(raised.value).split("\n") == [
        "Test/Data: lifecycle.noncurrent_version_days: got 0, expected at least 1",
        "Test/Data: lifecycle.access_log_days: got -1, expected at least 1",
    ]


def test_removal_and_lifecycle_are_what_is_asked_for(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: Storage(
            stack,
            "Data",
            lifecycle=StorageLifecycle(noncurrent_version_days=3, access_log_days=4),
            removal_policy=RemovalPolicy.DESTROY,
        ),
        tmp_path,
    )
    policies = {
        name: found["DeletionPolicy"] for name, found in template["Resources"].items() if "DeletionPolicy" in found
    }
    # access logs stay: they are written for hours after the last request
    assert policies == {KEY: "Delete", BUCKET: "Delete", "DataAccessLogsC0C25EE4": "Retain"}
    rules = [
        bucket["Properties"]["LifecycleConfiguration"]["Rules"][0]
        for bucket in resources(template, "AWS::S3::Bucket").values()
    ]
    assert [rule.get("ExpirationInDays") for rule in rules] == [4, None]
    assert rules[1]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 3}


def test_a_key_of_ones_own_is_used_and_none_is_made(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: Storage(stack, "Data", encryption_key=EncryptionKey(stack, "Own").key), tmp_path
    )
    (key,) = resources(template, "AWS::KMS::Key")
    assert key.startswith("Own")


def test_reading_is_granted_below_a_prefix_with_the_key(tmp_path: Path) -> None:
    template = template_of(lambda stack: Storage(stack, "Data").grants.read(role(stack), "training/"), tmp_path)
    arn = {"Fn::GetAtt": [BUCKET, "Arn"]}
    assert statements(template, "Reader") == [
        {
            "Action": "s3:GetObject",
            "Effect": "Allow",
            "Resource": {"Fn::Join": ["", [arn, "/training/*"]]},
        },
        {
            "Action": "s3:ListBucket",
            "Condition": {"StringLike": {"s3:prefix": "training/*"}},
            "Effect": "Allow",
            "Resource": arn,
        },
        {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": {"Fn::GetAtt": [KEY, "Arn"]}},
    ]


def test_writing_is_granted_with_what_it_needs(tmp_path: Path) -> None:
    template = template_of(lambda stack: Storage(stack, "Data").grants.read_write(role(stack)), tmp_path)
    objects, listing, key = statements(template, "Reader")
    assert objects["Action"] == ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    assert objects["Resource"]["Fn::Join"][1][1] == "/*"
    assert "Condition" not in listing
    assert key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_a_bucket_that_exists_is_granted_and_addressed_alike(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/1")
        storage = Storage.from_bucket(s3.Bucket.from_bucket_name(stack, "Bucket", "data"), key)
        assert storage.uri("a/b") == "s3://data/a/b"
        assert storage.encryption_key is key
        storage.grants.read(role(stack))

    objects, _, key = statements(template_of(define, tmp_path), "Reader")
    assert objects["Resource"]["Fn::Join"][1][-1] == ":s3:::data/*"
    assert key["Resource"] == "arn:aws:kms:eu-west-1:123456789012:key/1"


def test_a_bucket_without_a_key_needs_no_permission_on_one(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        Storage.from_bucket(s3.Bucket.from_bucket_name(stack, "Bucket", "data")).grants.read(role(stack))

    assert [statement["Action"] for statement in statements(template_of(define, tmp_path), "Reader")] == [
        "s3:GetObject",
        "s3:ListBucket",
    ]


def test_an_address_names_the_bucket() -> None:
    storage = Storage(Stack(App(), "Test"), "Data")
    assert re.fullmatch(r"s3://\$\{Token\[[^]]+\]\}/training/", storage.uri("training/"))
    assert storage.uri().endswith("/")


@pytest.mark.parametrize("removal", [RemovalPolicy.DESTROY, RemovalPolicy.RETAIN])
def test_a_key_alone_follows_its_removal_policy(removal: RemovalPolicy, tmp_path: Path) -> None:
    template = template_of(lambda stack: EncryptionKey(stack, "Key", removal_policy=removal), tmp_path)
    (key,) = resources(template, "AWS::KMS::Key").values()
    assert key["DeletionPolicy"] == ("Delete" if removal == RemovalPolicy.DESTROY else "Retain")
    assert only(template, "AWS::KMS::Key")["PendingWindowInDays"] == 7
