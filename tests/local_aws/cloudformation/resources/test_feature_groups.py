"""Feature groups in templates."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.sagemaker.feature_store.operations import FeatureGroupOperations
from tests.local_aws.cloudformation.conftest import Deployer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetBucketAcl"], "Resource": "*"}],
}
FEATURES = [
    {"FeatureName": "house", "FeatureType": "Integral"},
    {"FeatureName": "at", "FeatureType": "String"},
]


def parts(name: str, features: list[dict[str, str]] = FEATURES, **properties: Any) -> dict[str, Any]:
    """A group with both stores, its bucket and its role."""
    group = {
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": "house",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": features,
        "OnlineStoreConfig": {"EnableOnlineStore": True, "TtlDuration": {"Unit": "Days", "Value": 7}},
        "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": {"Fn::Sub": "s3://${Bucket}/store"}}},
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "Tags": [{"Key": "team", "Value": "a"}],
    } | properties
    policies = [{"PolicyName": "p", "PolicyDocument": ALLOWED}]
    return {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": policies},
        },
        "It": {"Type": "AWS::SageMaker::FeatureGroup", "Properties": group},
    }


OUTPUTS = {
    "Ref": {"Value": {"Ref": "It"}},
    "Status": {"Value": {"Fn::GetAtt": ["It", "FeatureGroupStatus"]}},
    "Created": {"Value": {"Fn::GetAtt": ["It", "CreationTime"]}},
}


def describe(stacks: Deployer, name: str) -> dict[str, Any]:
    return dict(stacks.client("sagemaker").describe_feature_group(FeatureGroupName=name))


def test_a_group_comes_grows_and_goes(stacks: Deployer) -> None:
    name = stacks.new_name()
    stack = stacks.create(parts(name), name=name, outputs=OUTPUTS)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    outputs = stacks.outputs(stack)
    assert (outputs["Ref"], outputs["Status"]) == (name, "Created")
    assert outputs["Created"].startswith(str(describe(stacks, name)["CreationTime"].year))
    tags = stacks.client("sagemaker").list_tags(ResourceArn=describe(stacks, name)["FeatureGroupArn"])["Tags"]
    assert {"Key": "team", "Value": "a"} in tags

    grown = [*FEATURES, {"FeatureName": "price", "FeatureType": "Fractional"}]
    online = {"EnableOnlineStore": True}
    throughput = {
        "ThroughputMode": "Provisioned",
        "ProvisionedReadCapacityUnits": 1,
        "ProvisionedWriteCapacityUnits": 1,
    }
    changed = parts(name, grown, OnlineStoreConfig=online, ThroughputConfig=throughput)
    stack = stacks.update(name, changed, outputs=OUTPUTS)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    told = describe(stacks, name)
    assert told["FeatureDefinitions"] == grown
    assert "TtlDuration" not in told["OnlineStoreConfig"]
    assert told["ThroughputConfig"] == throughput

    stacks.delete(name)
    with pytest.raises(ClientError, match=f"can't find a FeatureGroup of {name}"):
        describe(stacks, name)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([FEATURES[0], {"FeatureName": "when", "FeatureType": "String"}], "feature at is gone; features of a group"),
        (
            [{"FeatureName": "house", "FeatureType": "String"}, FEATURES[1]],
            "feature house has changed; features of a group can only be added",
        ),
    ],
)
def test_a_feature_can_neither_go_nor_change(stacks: Deployer, features: list[dict[str, str]], message: str) -> None:
    name = stacks.new_name()
    stacks.create(parts(name), name=name)
    assert stacks.update(name, parts(name, features))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert message in stacks.reasons(name)


def test_another_store_means_another_group_which_needs_another_name(stacks: Deployer) -> None:
    name = stacks.new_name()
    stacks.create(parts(name), name=name)
    stack = stacks.update(name, parts(name, OnlineStoreConfig={"EnableOnlineStore": False}))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource" in stacks.reasons(name)
    renamed = parts(f"{name}-b", OnlineStoreConfig={"EnableOnlineStore": False})
    assert stacks.update(name, renamed)["StackStatus"] == "UPDATE_COMPLETE"
    assert describe(stacks, f"{name}-b")["FeatureGroupStatus"] == "Created"
    with pytest.raises(ClientError, match=f"can't find a FeatureGroup of {name}"):
        describe(stacks, name)


def test_a_group_that_fails_fails_its_stack(stacks: Deployer) -> None:
    name = stacks.new_name()
    config = {"S3StorageConfig": {"S3Uri": "s3://nowhere-at-all"}}
    stack = stacks.create(parts(name, OfflineStoreConfig=config), name=name)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert f"The feature group {name} is CreateFailed: " in stacks.reasons(name)
    assert "The specified bucket does not exist" in stacks.reasons(name)


def test_members_that_sagemaker_does_not_know_are_refused(stacks: Deployer) -> None:
    name = stacks.new_name()
    with pytest.raises(ClientError, match=r"extraneous key \[Enabled\] is not permitted"):
        stacks.create(parts(name, OnlineStoreConfig={"Enabled": True}), name=name)


def test_a_creation_that_is_given_up_leaves_no_group(stacks: Deployer, monkeypatch: pytest.MonkeyPatch) -> None:
    """SageMaker deletes no group that is being created."""
    name = stacks.new_name()
    stacks.give_up(name, parts(name), (FeatureGroupOperations, "_establish"), monkeypatch)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        describe(stacks, name)
