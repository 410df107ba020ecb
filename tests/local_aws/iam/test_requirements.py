"""Which actions on which resources a request needs, for every service in play."""

from typing import Any

import pytest

from local_aws.gateway.wire import Call, get_service_model
from local_aws.iam.operations import operation_requirements
from local_aws.iam.pass_role import passed_roles
from local_aws.iam.policies import ANY_RESOURCE
from local_aws.iam.request_keys import request_keys
from local_aws.iam.requirements import Place

PLACE = Place(account="111122223333", region="eu-west-1")
HERE = "eu-west-1:111122223333"
ROLE = "arn:aws:iam::111122223333:role/job"


def call(service: str, operation: str) -> Call:
    return Call(
        service=service, operation=operation, model=get_service_model(service).operation_model(operation), uri={}
    )


def needed(service: str, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str]]:
    found = operation_requirements(call(service, operation), parameters, PLACE)
    return [(requirement.action, requirement.resources[0]) for requirement in found]


OBJECT = {"Bucket": "b", "Key": "k/1"}


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("ListObjectsV2", {"Bucket": "b"}, [("s3:ListBucket", "b")]),
        ("HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", "b")]),
        ("ListObjectVersions", {"Bucket": "b"}, [("s3:ListBucketVersions", "b")]),
        ("ListMultipartUploads", {"Bucket": "b"}, [("s3:ListBucketMultipartUploads", "b")]),
        ("CreateBucket", {"Bucket": "b"}, [("s3:CreateBucket", "b")]),
        ("PutBucketPolicy", {"Bucket": "b"}, [("s3:PutBucketPolicy", "b")]),
        ("PutBucketEncryption", {"Bucket": "b"}, [("s3:PutEncryptionConfiguration", "b")]),
        ("DeleteBucketEncryption", {"Bucket": "b"}, [("s3:PutEncryptionConfiguration", "b")]),
        ("PutBucketLifecycleConfiguration", {"Bucket": "b"}, [("s3:PutLifecycleConfiguration", "b")]),
        ("PutPublicAccessBlock", {"Bucket": "b"}, [("s3:PutBucketPublicAccessBlock", "b")]),
        ("PutBucketVersioning", {"Bucket": "b"}, [("s3:PutBucketVersioning", "b")]),
        ("DeleteBucketTagging", {"Bucket": "b"}, [("s3:PutBucketTagging", "b")]),
        ("HeadObject", OBJECT, [("s3:GetObject", "b/k/1")]),
        ("GetObject", {**OBJECT, "VersionId": "v"}, [("s3:GetObjectVersion", "b/k/1")]),
        ("PutObject", OBJECT, [("s3:PutObject", "b/k/1")]),
        (
            "PutObject",
            {**OBJECT, "Tagging": "a=1", "ACL": "private"},
            [("s3:PutObject", "b/k/1"), ("s3:PutObjectTagging", "b/k/1"), ("s3:PutObjectAcl", "b/k/1")],
        ),
        ("CreateMultipartUpload", OBJECT, [("s3:PutObject", "b/k/1")]),
        ("UploadPart", OBJECT, [("s3:PutObject", "b/k/1")]),
        ("CompleteMultipartUpload", OBJECT, [("s3:PutObject", "b/k/1")]),
        ("AbortMultipartUpload", OBJECT, [("s3:AbortMultipartUpload", "b/k/1")]),
        ("ListParts", OBJECT, [("s3:ListMultipartUploadParts", "b/k/1")]),
        ("DeleteObject", {**OBJECT, "VersionId": "v"}, [("s3:DeleteObjectVersion", "b/k/1")]),
        (
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y", "VersionId": "v"}]}},
            [("s3:DeleteObject", "b/x"), ("s3:DeleteObjectVersion", "b/y")],
        ),
        (
            "CopyObject",
            {**OBJECT, "CopySource": "/src/a%20b?versionId=v"},
            [("s3:GetObjectVersion", "src/a b"), ("s3:PutObject", "b/k/1")],
        ),
        ("UploadPartCopy", {**OBJECT, "CopySource": "src/a"}, [("s3:GetObject", "src/a"), ("s3:PutObject", "b/k/1")]),
        ("GetObjectAttributes", OBJECT, [("s3:GetObjectAttributes", "b/k/1"), ("s3:GetObject", "b/k/1")]),
    ],
)
def test_s3(operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert needed("s3", operation, parameters) == [
        (action, resource if resource == "*" else f"arn:aws:s3:::{resource}") for action, resource in expected
    ]


# resources without "arn:" are in the place of the request
ONE_PERMISSION: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("sagemaker", "CreateTrainingJob", {"TrainingJobName": "J"}, "sagemaker:CreateTrainingJob", "training-job/j"),
    ("sagemaker", "ListTrainingJobs", {}, "sagemaker:ListTrainingJobs", "*"),
    ("sagemaker", "ListTags", {"ResourceArn": "arn:x"}, "sagemaker:ListTags", "arn:x"),
    (
        "sagemaker",
        "DescribeDataQualityJobDefinition",
        {"JobDefinitionName": "d"},
        "sagemaker:DescribeDataQualityJobDefinition",
        "data-quality-job-definition/d",
    ),
    ("sagemaker-runtime", "InvokeEndpoint", {"EndpointName": "e"}, "sagemaker:InvokeEndpoint", "endpoint/e"),
    ("stepfunctions", "CreateStateMachine", {"name": "m"}, "states:CreateStateMachine", "stateMachine:m"),
    (
        "stepfunctions",
        "StartExecution",
        {"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m:PROD"},
        "states:StartExecution",
        "stateMachine:m",
    ),
    ("stepfunctions", "DescribeExecution", {"executionArn": "arn:e"}, "states:DescribeExecution", "arn:e"),
    ("stepfunctions", "SendTaskSuccess", {"taskToken": "t"}, "states:SendTaskSuccess", ANY_RESOURCE),
    ("codebuild", "StartBuild", {"projectName": "p"}, "codebuild:StartBuild", "project/p"),
    (
        "codebuild",
        "BatchGetBuilds",
        {"ids": [f"arn:aws:codebuild:{HERE}:build/p:1"]},
        "codebuild:BatchGetBuilds",
        "project/p",
    ),
    ("codebuild", "StopBuild", {"id": "p:1"}, "codebuild:StopBuild", "project/p"),
    ("codebuild", "CreateProject", {"name": "p"}, "codebuild:CreateProject", "project/p"),
    ("lambda", "Invoke", {"FunctionName": "f"}, "lambda:InvokeFunction", "function:f"),
    (
        "lambda",
        "Invoke",
        {"FunctionName": f"arn:aws:lambda:{HERE}:function:f:live"},
        "lambda:InvokeFunction",
        "function:f:live",
    ),
    (
        "lambda",
        "GetFunction",
        {"FunctionName": "111122223333:function:f", "Qualifier": "1"},
        "lambda:GetFunction",
        "function:f:1",
    ),
    ("lambda", "GetLayerVersion", {"LayerName": "l", "VersionNumber": 2}, "lambda:GetLayerVersion", "layer:l:2"),
    ("lambda", "GetEventSourceMapping", {"UUID": "u"}, "lambda:GetEventSourceMapping", "event-source-mapping:u"),
    ("lambda", "ListTags", {"Resource": "arn:f"}, "lambda:ListTags", "arn:f"),
    ("events", "PutRule", {"Name": "r"}, "events:PutRule", "rule/r"),
    ("events", "PutTargets", {"Rule": "r", "EventBusName": "bus", "Targets": []}, "events:PutTargets", "rule/bus/r"),
    ("events", "PutEvents", {"Entries": [{"Source": "a"}]}, "events:PutEvents", "event-bus/default"),
    ("events", "CreateEventBus", {"Name": "bus"}, "events:CreateEventBus", "event-bus/bus"),
    ("events", "CreateConnection", {"Name": "c"}, "events:CreateConnection", "connection/c"),
    (
        "sqs",
        "SendMessageBatch",
        {"QueueUrl": "http://127.0.0.1:1/999988887777/q"},
        "sqs:SendMessage",
        "arn:aws:sqs:eu-west-1:999988887777:q",
    ),
    ("sqs", "GetQueueUrl", {"QueueName": "q"}, "sqs:GetQueueUrl", "q"),
    ("sns", "PublishBatch", {"TopicArn": "arn:t"}, "sns:Publish", "arn:t"),
    ("sns", "CreateTopic", {"Name": "t"}, "sns:CreateTopic", "t"),
    ("sns", "Unsubscribe", {"SubscriptionArn": f"arn:aws:sns:{HERE}:t:uuid"}, "sns:Unsubscribe", "t"),
    (
        "logs",
        "PutLogEvents",
        {"logGroupName": "/g", "logStreamName": "s"},
        "logs:PutLogEvents",
        "log-group:/g:log-stream:s",
    ),
    ("logs", "DescribeLogGroups", {}, "logs:DescribeLogGroups", "log-group::log-stream:"),
    (
        "logs",
        "FilterLogEvents",
        {"logGroupIdentifier": f"arn:aws:logs:{HERE}:log-group:/g:*"},
        "logs:FilterLogEvents",
        "log-group:/g:log-stream:",
    ),
    ("logs", "TagResource", {"resourceArn": "arn:g"}, "logs:TagResource", "arn:g"),
    ("ecr", "GetAuthorizationToken", {}, "ecr:GetAuthorizationToken", "*"),
    (
        "ecr",
        "PutImage",
        {"repositoryName": "a/b", "registryId": "9"},
        "ecr:PutImage",
        "arn:aws:ecr:eu-west-1:9:repository/a/b",
    ),
    ("ecr", "DescribeRepositories", {}, "ecr:DescribeRepositories", "repository/*"),
    ("iam", "CreateRole", {"RoleName": "r", "Path": "/p/"}, "iam:CreateRole", "arn:aws:iam::111122223333:role/p/r"),
    (
        "iam",
        "AttachRolePolicy",
        {"RoleName": "r", "PolicyArn": "arn:p"},
        "iam:AttachRolePolicy",
        "arn:aws:iam::111122223333:role/r",
    ),
    ("iam", "CreatePolicy", {"PolicyName": "p"}, "iam:CreatePolicy", "arn:aws:iam::111122223333:policy/p"),
    ("iam", "GetPolicy", {"PolicyArn": "arn:p"}, "iam:GetPolicy", "arn:p"),
    (
        "iam",
        "CreateServiceLinkedRole",
        {"AWSServiceName": "s.amazonaws.com"},
        "iam:CreateServiceLinkedRole",
        "arn:aws:iam::111122223333:role/aws-service-role/s.amazonaws.com/*",
    ),
    ("sts", "AssumeRole", {"RoleArn": ROLE}, "sts:AssumeRole", ROLE),
    ("ssm", "PutParameter", {"Name": "/a/b"}, "ssm:PutParameter", "parameter/a/b"),
    ("ssm", "GetParametersByPath", {"Path": "/a/"}, "ssm:GetParametersByPath", "parameter/a"),
    ("ssm", "GetParameter", {"Name": "n:3"}, "ssm:GetParameter", "parameter/n"),
    ("cloudformation", "DescribeStacks", {"StackName": "s"}, "cloudformation:DescribeStacks", "stack/s/*"),
    ("cloudformation", "ListStacks", {}, "cloudformation:ListStacks", "*"),
    ("cloudwatch", "PutMetricAlarm", {"AlarmName": "a"}, "cloudwatch:PutMetricAlarm", "alarm:a"),
    (
        "cloudwatch",
        "PutDashboard",
        {"DashboardName": "d"},
        "cloudwatch:PutDashboard",
        "arn:aws:cloudwatch::111122223333:dashboard/d",
    ),
    (
        "ec2",
        "RevokeSecurityGroupEgress",
        {"GroupId": "sg-1"},
        "ec2:RevokeSecurityGroupEgress",
        "security-group/sg-1",
    ),
    ("ec2", "DescribeSecurityGroups", {"GroupIds": ["sg-1"]}, "ec2:DescribeSecurityGroups", "*"),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": ["a"]}, "cloudwatch:DeleteAlarms", "alarm:a"),
    ("secretsmanager", "CreateSecret", {"Name": "s"}, "secretsmanager:CreateSecret", "secret:s-??????"),
    ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"}, "dynamodb:Query", "table/t/index/i"),
    ("dynamodb", "BatchGetItem", {"RequestItems": {"t": {}}}, "dynamodb:BatchGetItem", "table/t"),
    ("kms", "CreateKey", {}, "kms:CreateKey", "*"),
    ("ec2", "DescribeVpcs", {}, "ec2:DescribeVpcs", "*"),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "action", "resource"), ONE_PERMISSION)
def test_one_permission(service: str, operation: str, parameters: dict[str, Any], action: str, resource: str) -> None:
    regional = f"arn:aws:{action.split(':', 1)[0]}:{HERE}:{resource}"
    expected = resource if resource.startswith(("arn:", "*", "(")) else regional
    assert needed(service, operation, parameters) == [(action, expected)]


def test_an_endpoint_needs_its_config_too() -> None:
    parameters = {"EndpointName": "E", "EndpointConfigName": "C"}
    assert [resource for _, resource in needed("sagemaker", "CreateEndpoint", parameters)] == [
        f"arn:aws:sagemaker:{HERE}:endpoint/e",
        f"arn:aws:sagemaker:{HERE}:endpoint-config/c",
    ]


def test_an_inference_component_is_made_on_an_endpoint() -> None:
    parameters = {"InferenceComponentName": "prices", "EndpointName": "shared", "VariantName": "v"}
    arn = f"arn:aws:sagemaker:{HERE}"
    assert needed("sagemaker", "CreateInferenceComponent", parameters) == [
        ("sagemaker:CreateInferenceComponent", f"{arn}:inference-component/prices"),
        ("sagemaker:CreateInferenceComponent", f"{arn}:endpoint/shared"),
    ]
    update = {"InferenceComponentName": "prices", "RuntimeConfig": {"CopyCount": 2}}
    assert needed("sagemaker", "UpdateInferenceComponent", update) == [
        ("sagemaker:UpdateInferenceComponent", f"{arn}:inference-component/prices")
    ]


def test_a_transaction_needs_each_of_its_writes() -> None:
    items = [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "u"}}]
    assert needed("dynamodb", "TransactWriteItems", {"TransactItems": items}) == [
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{HERE}:table/t"),
        ("dynamodb:ConditionCheckItem", f"arn:aws:dynamodb:{HERE}:table/u"),
    ]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "passed_to"),
    [
        ("sagemaker", "CreateTrainingJob", {"RoleArn": ROLE}, "sagemaker.amazonaws.com"),
        ("sagemaker", "CreateModel", {"ExecutionRoleArn": ROLE}, "sagemaker.amazonaws.com"),
        ("stepfunctions", "CreateStateMachine", {"roleArn": ROLE}, "states.amazonaws.com"),
        ("lambda", "CreateFunction", {"Role": ROLE}, "lambda.amazonaws.com"),
        ("codebuild", "CreateProject", {"serviceRole": ROLE}, "codebuild.amazonaws.com"),
        ("codebuild", "StartBuild", {"serviceRoleOverride": ROLE}, "codebuild.amazonaws.com"),
        ("events", "PutTargets", {"Targets": [{"Arn": "a"}, {"RoleArn": ROLE}]}, "events.amazonaws.com"),
        ("cloudformation", "CreateChangeSet", {"RoleARN": ROLE}, "cloudformation.amazonaws.com"),
        ("scheduler", "CreateSchedule", {"Target": {"RoleArn": ROLE}}, "scheduler.amazonaws.com"),
    ],
)
def test_roles_in_requests_are_passed(service: str, operation: str, parameters: dict[str, Any], passed_to: str) -> None:
    (requirement,) = passed_roles(call(service, operation), parameters)
    assert (requirement.action, requirement.resources) == ("iam:PassRole", (ROLE,))
    assert requirement.keys == {"iam:passedtoservice": passed_to}


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("sts", "AssumeRole", {"RoleArn": ROLE}),
        ("iam", "PutRolePolicy", {"RoleName": "r"}),
        ("sagemaker", "CreateTrainingJob", {"TrainingJobName": "j"}),
        ("lambda", "CreateFunction", {"Role": "no arn"}),
    ],
)
def test_nothing_is_passed(service: str, operation: str, parameters: dict[str, Any]) -> None:
    assert list(passed_roles(call(service, operation), parameters)) == []


@pytest.mark.parametrize(
    ("prefix", "operation", "parameters", "key", "value"),
    [
        ("sagemaker", "CreateModel", {"Tags": [{"Key": "Team", "Value": "ml"}]}, "aws:requesttag/team", "ml"),
        ("kms", "CreateKey", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}, "aws:requesttag/a", "b"),
        ("lambda", "CreateFunction", {"Tags": {"a": "b"}}, "aws:tagkeys", ("a",)),
        ("ecr", "UntagResource", {"tagKeys": ["a"]}, "aws:tagkeys", ("a",)),
        ("cloudwatch", "PutMetricData", {"Namespace": "N"}, "cloudwatch:namespace", "N"),
        ("iam", "AttachRolePolicy", {"PolicyArn": "arn:p"}, "iam:policyarn", "arn:p"),
        ("kms", "Encrypt", {"KeyId": "k", "EncryptionContext": {"A": "1"}}, "kms:encryptioncontext:a", "1"),
        ("kms", "Encrypt", {"KeyId": "alias/x"}, "kms:requestalias", "alias/x"),
        ("events", "PutEvents", {"Entries": [{"Source": "a", "DetailType": "b"}]}, "events:source", ("a",)),
        ("events", "PutTargets", {"Targets": [{"Arn": "t"}]}, "events:targetarn", ("t",)),
        (
            "sagemaker",
            "CreateTrainingJob",
            {"ResourceConfig": {"InstanceType": "ml.m5.large"}},
            "sagemaker:instancetypes",
            "ml.m5.large",
        ),
        (
            "sagemaker",
            "CreateEndpointConfig",
            {"ProductionVariants": [{"InstanceType": "ml.t2.medium"}]},
            "sagemaker:instancetypes",
            ("ml.t2.medium",),
        ),
        ("sagemaker", "CreateModel", {"EnableNetworkIsolation": True}, "sagemaker:networkisolation", "true"),
    ],
)
def test_condition_keys(
    prefix: str, operation: str, parameters: dict[str, Any], key: str, value: str | tuple[str, ...]
) -> None:
    assert request_keys(prefix, operation, parameters)[key] == value


@pytest.mark.parametrize(
    ("operation", "parameters", "resources"),
    [
        ("CreateDatabase", {"DatabaseInput": {"Name": "d"}}, ["catalog", "database/d"]),
        ("GetDatabase", {"Name": "d"}, ["catalog", "database/d"]),
        ("GetDatabases", {}, ["catalog"]),
        (
            "CreateTable",
            {"DatabaseName": "d", "TableInput": {"Name": "t"}},
            ["catalog", "database/d", "table/d/t"],
        ),
        ("GetTable", {"DatabaseName": "d", "Name": "t"}, ["catalog", "database/d", "table/d/t"]),
        ("GetPartitions", {"DatabaseName": "d", "TableName": "t"}, ["catalog", "database/d", "table/d/t"]),
    ],
)
def test_a_table_is_asked_for_with_its_database_and_its_catalog(
    operation: str, parameters: dict[str, Any], resources: list[str]
) -> None:
    wanted = [(f"glue:{operation}", f"arn:aws:glue:{HERE}:{resource}") for resource in resources]
    assert needed("glue", operation, parameters) == wanted


def test_an_association_is_of_both_its_ends() -> None:
    ends = {"SourceArn": f"arn:aws:sagemaker:{HERE}:artifact/a", "DestinationArn": f"arn:aws:sagemaker:{HERE}:action/b"}
    for operation in ("AddAssociation", "DeleteAssociation"):
        assert [resource for _, resource in needed("sagemaker", operation, ends)] == list(ends.values())
    source = {"Source": {"SourceUri": "s3://b"}, "ArtifactType": "DataSet"}
    assert [resource for _, resource in needed("sagemaker", "CreateArtifact", source)] == [
        f"arn:aws:sagemaker:{HERE}:artifact/*"
    ]
    assert [resource for _, resource in needed("sagemaker", "QueryLineage", {"StartArns": ["a"]})] == ["*"]


def test_records_are_asked_for_group_by_group() -> None:
    groups = ["a", f"arn:aws:sagemaker:{HERE}:feature-group/B"]
    wanted = {"Identifiers": [{"FeatureGroupName": group, "RecordIdentifiersValueAsString": ["1"]} for group in groups]}
    assert sorted(needed("sagemaker-featurestore-runtime", "BatchGetRecord", wanted)) == [
        ("sagemaker:BatchGetRecord", f"arn:aws:sagemaker:{HERE}:feature-group/a"),
        ("sagemaker:BatchGetRecord", f"arn:aws:sagemaker:{HERE}:feature-group/b"),
    ]
