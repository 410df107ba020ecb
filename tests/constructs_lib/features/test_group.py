from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from constructs_lib import Feature, FeatureGroup, FeatureSchema, GlueTable, OfflineStore, OnlineStore, Storage
from tests.constructs_lib.synthesis import only, resources, statements, template_of

KIND = "AWS::SageMaker::FeatureGroup"
GROUP = "HousesFAEB3473"
"""Logical id: a change of it replaces the group."""
SCHEMA = FeatureSchema(
    record_identifier="house",
    event_time="at",
    features=[Feature("house", "Integral"), Feature("at", "String"), Feature("price", "Fractional")],
)
ARN = {
    "Fn::Join": [
        "",
        [
            "arn:",
            {"Ref": "AWS::Partition"},
            ":sagemaker:",
            {"Ref": "AWS::Region"},
            ":",
            {"Ref": "AWS::AccountId"},
            ":feature-group/houses",
        ],
    ]
}
KEY = {"Fn::GetAtt": ["DataKeyAEC34D0C", "Arn"]}
BUCKET = {"Fn::GetAtt": ["Data2D4B752F", "Arn"]}


def data(stack: Stack) -> OfflineStore:
    return OfflineStore(storage=Storage(stack, "Data"))


def test_a_group_has_the_stores_that_are_asked_for(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: FeatureGroup(
            stack,
            "Houses",
            schema=SCHEMA,
            online=OnlineStore(tier="InMemory", time_to_live=Duration.days(1)),
            offline=data(stack),
            name="houses",
            description="all of them",
        ),
        tmp_path,
        nag=True,
    )
    (logical_id,) = resources(template, KIND)
    group = template["Resources"][logical_id]
    assert group["DeletionPolicy"] == group["UpdateReplacePolicy"] == "Retain"
    role = group["Properties"].pop("RoleArn")
    assert group["Properties"] == {
        "FeatureGroupName": "houses",
        "Description": "all of them",
        "RecordIdentifierFeatureName": "house",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": [
            {"FeatureName": "house", "FeatureType": "Integral"},
            {"FeatureName": "at", "FeatureType": "String"},
            {"FeatureName": "price", "FeatureType": "Fractional"},
        ],
        "OnlineStoreConfig": {
            "EnableOnlineStore": True,
            "StorageType": "InMemory",
            "SecurityConfig": {"KmsKeyId": KEY},
            "TtlDuration": {"Unit": "Seconds", "Value": 86400},
        },
        "OfflineStoreConfig": {
            "S3StorageConfig": {
                "S3Uri": {"Fn::Join": ["", ["s3://", {"Ref": "Data2D4B752F"}, "/feature-store"]]},
                "KmsKeyId": KEY,
            },
            "DisableGlueTableCreation": False,
        },
    }
    assert role["Fn::GetAtt"][0].startswith("HousesRole")
    assert logical_id == GROUP


def test_the_role_writes_the_offline_store_and_no_more(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: FeatureGroup(stack, "Houses", schema=SCHEMA, offline=data(stack)), tmp_path, nag=True
    )
    objects = {"Fn::Join": ["", [BUCKET, "/feature-store/*"]]}
    assert statements(template, "HousesRole") == [
        {"Effect": "Allow", "Action": "s3:GetBucketAcl", "Resource": BUCKET},
        {"Effect": "Allow", "Action": ["s3:PutObject", "s3:PutObjectAcl"], "Resource": objects},
        {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": KEY},
    ]


def test_a_generated_name_is_that_of_the_construct_in_every_build(tmp_path: Path) -> None:
    def names(build: str) -> str:
        template = template_of(
            lambda stack: FeatureGroup(stack, "Houses", schema=SCHEMA, online=OnlineStore()), tmp_path / build
        )
        return str(only(template, KIND)["FeatureGroupName"])

    assert names("first") == names("second") == "test-houses-6509eac3"


def test_an_online_store_alone_has_a_key_of_its_own_and_no_role(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: FeatureGroup(
            stack, "Houses", schema=SCHEMA, online=OnlineStore(), removal_policy=RemovalPolicy.DESTROY
        ),
        tmp_path,
        nag=True,
    )
    group = only(template, KIND)
    (key,) = resources(template, "AWS::KMS::Key")
    assert group["OnlineStoreConfig"]["SecurityConfig"] == {"KmsKeyId": {"Fn::GetAtt": [key, "Arn"]}}
    assert group["OnlineStoreConfig"]["StorageType"] == "Standard"
    assert not {"RoleArn", "OfflineStoreConfig"} & group.keys()
    assert template["Resources"][key]["DeletionPolicy"] == "Delete"
    (logical_id,) = resources(template, KIND)
    assert template["Resources"][logical_id]["DeletionPolicy"] == "Delete"


def test_keys_roles_and_tables_can_be_brought_along(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        key = kms.Key.from_key_arn(
            stack, "K", "arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012"
        )
        role = iam.Role.from_role_arn(stack, "R", "arn:aws:iam::111122223333:role/r")
        bucket = s3.Bucket.from_bucket_name(stack, "B", "theirs")
        table = GlueTable(database="estate", name="houses")
        offline = OfflineStore(storage=Storage.from_bucket(bucket), prefix="a/b", table=table)
        FeatureGroup(stack, "Houses", schema=SCHEMA, online=OnlineStore(encryption_key=key), offline=offline, role=role)

    group = only(template_of(define, tmp_path, nag=True), KIND)
    assert group["RoleArn"] == "arn:aws:iam::111122223333:role/r"
    assert group["OnlineStoreConfig"]["SecurityConfig"] == {
        "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012"
    }
    assert group["OfflineStoreConfig"] == {
        "S3StorageConfig": {"S3Uri": "s3://theirs/a/b"},
        "DisableGlueTableCreation": False,
        "DataCatalogConfig": {"Catalog": "AwsDataCatalog", "Database": "estate", "TableName": "houses"},
    }


def test_no_table_is_made_where_none_is_wanted(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        offline = OfflineStore(storage=Storage(stack, "Data"), table=None)
        FeatureGroup(stack, "Houses", schema=SCHEMA, offline=offline)

    assert only(template_of(define, tmp_path), KIND)["OfflineStoreConfig"]["DisableGlueTableCreation"] is True


def _granted(tmp_path: Path, grant: str, **stores: bool) -> Any:
    def define(stack: Stack) -> None:
        group = FeatureGroup(
            stack,
            "Houses",
            schema=SCHEMA,
            name="houses",
            online=OnlineStore() if stores.get("online", True) else None,
            offline=data(stack),
        )
        reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        getattr(group.grants, grant)(reader).assert_success()

    return statements(template_of(define, tmp_path), "Reader")


DECRYPT = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}


@pytest.mark.parametrize(
    ("grant", "actions"),
    [
        ("put_records", ["sagemaker:BatchWriteRecord", "sagemaker:PutRecord"]),
        ("delete_records", "sagemaker:DeleteRecord"),
        ("read_records", ["sagemaker:BatchGetRecord", "sagemaker:GetRecord", "sagemaker:ListRecords"]),
    ],
)
def test_grants_are_of_this_group_and_its_key(tmp_path: Path, grant: str, actions: Any) -> None:
    assert _granted(tmp_path, grant) == [{"Effect": "Allow", "Action": actions, "Resource": ARN}, DECRYPT]


def test_the_key_is_that_of_the_online_store(tmp_path: Path) -> None:
    assert len(_granted(tmp_path, "put_records", online=False)) == 1


def test_the_offline_store_is_read_below_its_prefix(tmp_path: Path) -> None:
    assert _granted(tmp_path, "read_offline_store") == [
        {"Effect": "Allow", "Action": "sagemaker:DescribeFeatureGroup", "Resource": ARN},
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": {"Fn::Join": ["", [BUCKET, "/feature-store/*"]]},
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": BUCKET,
            "Condition": {"StringLike": {"s3:prefix": "feature-store/*"}},
        },
        DECRYPT,
    ]


def test_an_imported_group_grants_what_is_known_of_it(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        key = kms.Key.from_key_arn(
            stack, "K", "arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012"
        )
        group = FeatureGroup.from_feature_group_name(stack, "Theirs", "houses", online_key=key)
        assert group.feature_group_name == "houses"
        reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        group.grants.delete_records(reader).assert_success()
        with pytest.raises(ValueError, match="feature group houses: got no offline store, expected one to read from"):
            group.grants.read_offline_store(reader)

    found = statements(template_of(define, tmp_path), "Reader")
    assert found[0] == {"Effect": "Allow", "Action": "sagemaker:DeleteRecord", "Resource": ARN}
    assert found[1]["Resource"] == "arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012"


def test_all_problems_are_raised_together() -> None:
    bucket = s3.Bucket.from_bucket_name(Stack(App(), "Theirs"), "B", "theirs")
    with pytest.raises(ValueError, match="Test/Houses") as raised:
        FeatureGroup(
            Stack(App(), "Test"),
            "Houses",
            schema=FeatureSchema(record_identifier="flat", event_time="at", features=SCHEMA.features),
            online=OnlineStore(time_to_live=Duration.millis(500), tier="Slow"),  # type: ignore[arg-type] # untyped callers
            offline=OfflineStore(storage=Storage.from_bucket(bucket), prefix="/a"),
            name="no_-",
            description="x" * 129,
        )
    assert str(raised.value).split("\n") == [
        f"Test/Houses: {problem}"
        for problem in (
            "schema.record_identifier: got 'flat', expected the name of a feature",
            "online.tier: got 'Slow', expected Standard or InMemory",
            "online.time_to_live: got 0.5 seconds, expected whole seconds, at least 1",
            "offline.prefix: got '/a', expected a part of a key without / first or last",
            (
                "name: got 'no_-', expected 1 to 64 letters, digits, hyphens and underscores, a letter or digit "
                "first and last"
            ),
            "description: got 129 characters, expected at most 128",
        )
    ]


def test_a_group_needs_a_store() -> None:
    with pytest.raises(ValueError, match="Test/Houses: got neither online nor offline, expected a store"):
        FeatureGroup(Stack(App(), "Test"), "Houses", schema=SCHEMA)
