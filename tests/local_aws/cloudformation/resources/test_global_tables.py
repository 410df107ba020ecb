"""Tables as CDK's TableV2 makes them: with the one replica in the stack's region."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer

HERE = {"Region": {"Ref": "AWS::Region"}}


def table(*replicas: dict[str, Any], **properties: Any) -> dict[str, Any]:
    common = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "Replicas": list(replicas),
    }
    return {"It": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": common | properties}}


def recovery(*, enabled: bool) -> dict[str, Any]:
    return {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": enabled}}


def tagged(value: str) -> dict[str, Any]:
    return {"Tags": [{"Key": "a", "Value": value}]}


def test_life(stacks: Deployer) -> None:
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
    indexes = {"GlobalSecondaryIndexes": [{"IndexName": "by-id", **keys}]}
    replica = {**HERE, "GlobalSecondaryIndexes": [{"IndexName": "by-id"}]}
    expiry = {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}
    stack = stacks.create(
        table(replica | tagged("1"), **expiry, **indexes, StreamSpecification={"StreamViewType": "NEW_IMAGE"}),
        outputs={name: {"Value": {"Fn::GetAtt": ["It", name]}} for name in ("Arn", "StreamArn")},
    )
    name, dynamodb = stack["StackName"], stacks.client("dynamodb")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    physical_id = stacks.resources(name)["It"]["PhysicalResourceId"]
    arn = stacks.outputs(stack)["Arn"]
    assert arn.endswith(f":table/{physical_id}")
    assert stacks.outputs(stack)["StreamArn"].startswith(f"{arn}/stream/")

    def settings() -> tuple[str, str, list[dict[str, str]]]:
        backups = dynamodb.describe_continuous_backups(TableName=physical_id)["ContinuousBackupsDescription"]
        return (
            dynamodb.describe_time_to_live(TableName=physical_id)["TimeToLiveDescription"]["TimeToLiveStatus"],
            backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"],
        )

    assert settings() == ("ENABLED", "DISABLED", [{"Key": "a", "Value": "1"}])
    stack = stacks.update(name, table(replica | tagged("2") | recovery(enabled=True), **indexes))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert settings() == ("DISABLED", "ENABLED", [{"Key": "a", "Value": "2"}])
    assert stacks.resources(name)["It"]["PhysicalResourceId"] == physical_id

    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        dynamodb.describe_table(TableName=physical_id)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        pytest.param(
            table(HERE | {"GlobalSecondaryIndexes": [{"IndexName": "i", "ContributorInsightsSpecification": {}}]}),
            "/Replicas/0/GlobalSecondaryIndexes: the local AWS does not offer ContributorInsightsSpecification",
            id="index",
        ),
        pytest.param(table(), "tables with one replica", id="none"),
        pytest.param(table(HERE, {"Region": "eu-west-1"}), "tables with one replica", id="two"),
        pytest.param(table(HERE, BillingMode="PROVISIONED"), "offers PAY_PER_REQUEST for tables", id="provisioned"),
        pytest.param(
            table(HERE | {"ResourcePolicy": {}}),
            "/Replicas/0: the local AWS does not offer ResourcePolicy",
            id="policy",
        ),
    ],
)
def test_what_is_not_offered(stacks: Deployer, resources: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        stacks.create(resources)


def test_a_replica_elsewhere(stacks: Deployer) -> None:
    stack = stacks.create(table({"Region": "eu-west-1"}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "replicas in the stack's region us-east-1 only, got eu-west-1" in stacks.reasons(stack["StackName"])
