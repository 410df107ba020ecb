"""Changes in place that the services must show, resource by resource."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from attrs import field, frozen
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer
from tests.local_aws.cloudformation.resources.service_state import (
    alarm_tags,
    alias_version,
    asynchronous_settings,
    bucket_logging,
    bucket_notifications,
    bucket_website,
    bus_policy,
    dashboard_settings,
    function_settings,
    key_settings,
    mapping_settings,
    model_tags,
    parameter_settings,
    queue_tags,
    repository_tags,
    role_settings,
    rule_tags,
    secret_settings,
    state_machine_settings,
    table_indexes,
    table_recovery,
    topic_endpoints,
    user_policies,
)

ACCOUNT = "123456789012"


def trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allow(action: str, resource: Any = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


@frozen(kw_only=True)
class Change:
    """One resource before and after, and what its service then says.

    Attributes:
        look: gives the state from the stacks and the physical id; called after each step.
        beside: other resources of the stack.
    """

    type: str
    before: dict[str, Any]
    after: dict[str, Any]
    look: Callable[[Deployer, str], Any]
    shown_before: Any
    shown_after: Any
    beside: dict[str, Any] = field(factory=dict)
    replaced: bool = False


def role_of(service: str) -> dict[str, Any]:
    allowed = [{"PolicyName": "p", "PolicyDocument": allow("*")}]
    properties = {"AssumeRolePolicyDocument": trust(service), "Policies": allowed}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def function() -> dict[str, Any]:
    return {
        "Role": role_of("lambda.amazonaws.com"),
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.11",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
            },
        },
    }


TAGS_BEFORE = {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]}
TAGS_AFTER = {"Tags": [{"Key": "a", "Value": "2"}]}
ONE_TABLE = {
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "other", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def index(name: str) -> dict[str, Any]:
    keys = [{"AttributeName": "other", "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}


MACHINE = {
    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
    "Definition": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
}
LOGGING = {
    "Level": "ALL",
    "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]}}}],
}
ALARM = {
    "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "m", "Namespace": "n",
    "Period": 60, "Statistic": "Sum", "Threshold": 1,
}  # fmt: skip
QUEUE = {"Queue": {"Type": "AWS::SQS::Queue"}, "Other": {"Type": "AWS::SQS::Queue"}}
QUEUE_FOR_S3 = {
    **QUEUE,
    "Access": {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": "Queue"}],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "s3.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
                    }
                ],
            },
        },
    },
}


def notification(suffix: str) -> dict[str, Any]:
    rules = {"S3Key": {"Rules": [{"Name": "suffix", "Value": suffix}]}}
    entry = {"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": ["Queue", "Arn"]}, "Filter": rules}
    return {"NotificationConfiguration": {"QueueConfigurations": [entry]}}


CHANGES = [
    Change(
        type="AWS::IAM::User",
        before={"Policies": [{"PolicyName": "one", "PolicyDocument": allow("s3:GetObject")}]},
        after={"Path": "/p/", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
        look=user_policies,
        shown_before=("/", ["one"], []),
        shown_after=("/p/", [], ["ReadOnlyAccess"]),
    ),
    Change(
        type="AWS::IAM::Role",
        before={
            "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
            "Description": "one",
            "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            **TAGS_BEFORE,
        },
        after={"AssumeRolePolicyDocument": trust("states.amazonaws.com"), **TAGS_AFTER},
        look=role_settings,
        shown_before=(
            "one",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "lambda.amazonaws.com",
            {"a": "1", "b": "1"},
        ),
        shown_after=("", None, "states.amazonaws.com", {"a": "2"}),
    ),
    Change(
        type="AWS::KMS::Key",
        before={"EnableKeyRotation": True, "RotationPeriodInDays": "180", **TAGS_BEFORE},
        after={"Enabled": True, **TAGS_AFTER},
        look=key_settings,
        shown_before=(True, {"a": "1", "b": "1"}),
        shown_after=(False, {"a": "2"}),
    ),
    Change(
        type="AWS::DynamoDB::Table",
        before={**ONE_TABLE, "GlobalSecondaryIndexes": [index("one")]},
        after={**ONE_TABLE, "GlobalSecondaryIndexes": [index("two")]},
        look=table_indexes,
        shown_before=["one"],
        shown_after=["two"],
    ),
    Change(
        type="AWS::DynamoDB::Table",
        before={**ONE_TABLE, "GlobalSecondaryIndexes": [index("one")]},
        after={
            **ONE_TABLE,
            "GlobalSecondaryIndexes": [index("one")],
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "true"},
        },
        look=table_recovery,
        shown_before="DISABLED",
        shown_after="ENABLED",
    ),
    Change(
        type="AWS::SecretsManager::Secret",
        before={"SecretString": "one", "Description": "d", **TAGS_BEFORE},
        after={"SecretString": "two", "Description": "e", **TAGS_AFTER},
        look=secret_settings,
        shown_before=("one", "d", {"a": "1", "b": "1"}),
        shown_after=("two", "e", {"a": "2"}),
    ),
    Change(
        type="AWS::SSM::Parameter",
        before={"Type": "String", "Value": "1", "Tags": {"a": "1", "b": "1"}},
        after={"Type": "String", "Value": "2", "Tags": {"a": "2"}},
        look=parameter_settings,
        shown_before=("1", {"a": "1", "b": "1"}),
        shown_after=("2", {"a": "2"}),
    ),
    Change(
        type="AWS::ECR::Repository",
        before={**TAGS_BEFORE},
        after={**TAGS_AFTER},
        look=repository_tags,
        shown_before={"a": "1", "b": "1"},
        shown_after={"a": "2"},
    ),
    Change(
        type="AWS::SQS::Queue",
        before={**TAGS_BEFORE},
        after={**TAGS_AFTER},
        look=queue_tags,
        shown_before={"a": "1", "b": "1"},
        shown_after={"a": "2"},
    ),
    Change(
        type="AWS::SNS::Topic",
        before={"Subscription": [{"Protocol": "email", "Endpoint": "one@example.com"}]},
        after={"Subscription": [{"Protocol": "email", "Endpoint": "two@example.com"}]},
        look=topic_endpoints,
        shown_before=["one@example.com"],
        shown_after=["two@example.com"],
    ),
    Change(
        type="AWS::Lambda::EventInvokeConfig",
        beside=function(),
        before={"FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
        after={"FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": "1"},
        look=asynchronous_settings,
        shown_before=0,
        shown_after=1,
    ),
    Change(
        type="AWS::Lambda::EventSourceMapping",
        beside=function() | QUEUE,
        before={
            "FunctionName": {"Ref": "Function"},
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            "BatchSize": 5,
        },
        after={
            "FunctionName": {"Ref": "Function"},
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            "BatchSize": "7",
        },
        look=mapping_settings,
        shown_before=5,
        shown_after=7,
    ),
    Change(
        type="AWS::Lambda::Alias",
        beside=function(),
        before={"FunctionName": {"Ref": "Function"}, "FunctionVersion": "$LATEST", "Name": "a", "Description": "x"},
        after={"FunctionName": {"Ref": "Function"}, "FunctionVersion": "$LATEST", "Name": "a", "Description": "y"},
        look=alias_version,
        shown_before=("$LATEST", "x"),
        shown_after=("$LATEST", "y"),
    ),
    Change(
        type="AWS::Lambda::Function",
        beside={"Role": role_of("lambda.amazonaws.com")},
        before={
            **function()["Function"]["Properties"],
            "MemorySize": "256",
            "ReservedConcurrentExecutions": "2",
            **TAGS_BEFORE,
        },
        after={**function()["Function"]["Properties"], **TAGS_AFTER},
        look=function_settings,
        shown_before=(256, 2, {"a": "1", "b": "1"}),
        shown_after=(128, None, {"a": "2"}),
    ),
    Change(
        type="AWS::StepFunctions::StateMachine",
        beside={"Role": role_of("states.amazonaws.com"), "Logs": {"Type": "AWS::Logs::LogGroup"}},
        before={
            **MACHINE,
            "LoggingConfiguration": LOGGING,
            "TracingConfiguration": {"Enabled": "true"},
            **TAGS_BEFORE,
        },
        after={**MACHINE, **TAGS_AFTER},
        look=state_machine_settings,
        shown_before=("ALL", True, {"a": "1", "b": "1"}),
        shown_after=("OFF", False, {"a": "2"}),
    ),
    Change(
        type="AWS::Events::EventBus",
        before={
            "Name": {"Ref": "AWS::StackName"},
            "Policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "s",
                        "Effect": "Allow",
                        "Principal": {"AWS": ACCOUNT},
                        "Action": "events:PutEvents",
                        "Resource": {
                            "Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/${AWS::StackName}"
                        },
                    }
                ],
            },
        },
        after={"Name": {"Ref": "AWS::StackName"}},
        look=bus_policy,
        shown_before=True,
        shown_after=False,
    ),
    Change(
        type="AWS::Events::Rule",
        before={"ScheduleExpression": "rate(1 day)", "State": "DISABLED", **TAGS_BEFORE},
        after={"ScheduleExpression": "rate(1 day)", "State": "DISABLED", **TAGS_AFTER},
        look=rule_tags,
        shown_before={"a": "1", "b": "1"},
        shown_after={"a": "2"},
    ),
    Change(
        type="AWS::CloudWatch::Alarm",
        before={**ALARM, **TAGS_BEFORE},
        after={**ALARM, **TAGS_AFTER},
        look=alarm_tags,
        shown_before={"a": "1", "b": "1"},
        shown_after={"a": "2"},
    ),
    Change(
        type="AWS::CloudWatch::Dashboard",
        before={"DashboardBody": '{"widgets": []}', **TAGS_BEFORE},
        after={"DashboardBody": '{"widgets": [], "start": "-PT1H"}', **TAGS_AFTER},
        look=dashboard_settings,
        shown_before=({"widgets": []}, {"a": "1", "b": "1"}),
        shown_after=({"widgets": [], "start": "-PT1H"}, {"a": "2"}),
    ),
    Change(
        type="AWS::SageMaker::Model",
        beside={"Role": role_of("sagemaker.amazonaws.com")},
        before={
            "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "PrimaryContainer": {"Image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/x:1"},
            **TAGS_BEFORE,
        },
        after={
            "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "PrimaryContainer": {"Image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/x:1"},
            **TAGS_AFTER,
        },
        look=model_tags,
        shown_before={"a": "1", "b": "1"},
        shown_after={"a": "2"},
    ),
    Change(
        type="AWS::S3::Bucket",
        # what was logged keeps the target from being deleted
        beside={"Target": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}},
        before={"LoggingConfiguration": {"DestinationBucketName": {"Ref": "Target"}, "LogFilePrefix": "one/"}},
        after={},
        look=bucket_logging,
        shown_before="one/",
        shown_after=None,
    ),
    Change(
        type="AWS::S3::Bucket",
        before={"WebsiteConfiguration": {"IndexDocument": "i.html", "ErrorDocument": "e.html"}},
        after={},
        look=bucket_website,
        shown_before=("i.html", "e.html"),
        shown_after="NoSuchWebsiteConfiguration",
    ),
    Change(
        type="AWS::S3::Bucket",
        beside=QUEUE_FOR_S3,
        before=notification(".csv"),
        after=notification(".json"),
        look=bucket_notifications,
        shown_before=[".csv"],
        shown_after=[".json"],
    ),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.type}-{change.look.__name__}")
def test_a_change_in_place_reaches_the_service(stacks: Deployer, change: Change) -> None:
    def template(properties: dict[str, Any]) -> dict[str, Any]:
        depends_on = ["Access"] if "Access" in change.beside else []
        return {**change.beside, "It": {"Type": change.type, "Properties": properties, "DependsOn": depends_on}}

    stack = stacks.create(template(change.before))
    name = stack["StackName"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    physical_id = stacks.resources(name)["It"]["PhysicalResourceId"]
    assert change.look(stacks, physical_id) == change.shown_before
    stack = stacks.update(name, template(change.after))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert stacks.resources(name)["It"]["PhysicalResourceId"] == physical_id
    assert change.look(stacks, physical_id) == change.shown_after
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"


def test_a_layer_and_who_may_use_it(stacks: Deployer) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("python/extra.py", "VALUE = 1\n")
    bucket = stacks.new_name()
    stacks.client("s3").create_bucket(Bucket=bucket)
    stacks.client("s3").put_object(Bucket=bucket, Key="layer.zip", Body=archive.getvalue())
    stack = stacks.create(
        {
            "Layer": {
                "Type": "AWS::Lambda::LayerVersion",
                "Properties": {"Content": {"S3Bucket": bucket, "S3Key": "layer.zip"}, "Description": "d"},
            },
            "Permission": {
                "Type": "AWS::Lambda::LayerVersionPermission",
                "Properties": {
                    "LayerVersionArn": {"Ref": "Layer"},
                    "Action": "lambda:GetLayerVersion",
                    "Principal": ACCOUNT,
                },
            },
        }
    )
    name = stack["StackName"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    arn = stacks.resources(name)["Layer"]["PhysicalResourceId"]
    found = stacks.client("lambda").get_layer_version_by_arn(Arn=arn)
    assert (found["Description"], found["Version"]) == ("d", 1)
    layer, _, version = arn.rpartition(":")
    policy = stacks.client("lambda").get_layer_version_policy(LayerName=layer, VersionNumber=int(version))
    assert len(json.loads(policy["Policy"])["Statement"]) == 1
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        stacks.client("lambda").get_layer_version_by_arn(Arn=arn)
