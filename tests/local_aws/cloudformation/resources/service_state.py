"""What the services say of a resource: read back, not taken from the stack."""

import json
from typing import Any

from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer

ACCOUNT = "123456789012"


def user_policies(stacks: Deployer, name: str) -> Any:
    iam = stacks.client("iam")
    return (
        iam.get_user(UserName=name)["User"]["Path"],
        iam.list_user_policies(UserName=name)["PolicyNames"],
        [item["PolicyName"] for item in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]],
    )


def role_settings(stacks: Deployer, name: str) -> Any:
    role = stacks.client("iam").get_role(RoleName=name)["Role"]
    return (
        role.get("Description", ""),
        role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"],
        {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
    )


def key_settings(stacks: Deployer, key: str) -> Any:
    kms = stacks.client("kms")
    return (
        kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
        {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]},
    )


def table_indexes(stacks: Deployer, name: str) -> Any:
    table = stacks.client("dynamodb").describe_table(TableName=name)["Table"]
    return sorted(index["IndexName"] for index in table.get("GlobalSecondaryIndexes", []))


def table_recovery(stacks: Deployer, name: str) -> Any:
    found = stacks.client("dynamodb").describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]


def secret_settings(stacks: Deployer, arn: str) -> Any:
    client = stacks.client("secretsmanager")
    found = client.describe_secret(SecretId=arn)
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    return client.get_secret_value(SecretId=arn)["SecretString"], found["Description"], tags


def parameter_settings(stacks: Deployer, name: str) -> Any:
    client = stacks.client("ssm")
    tags = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    return client.get_parameter(Name=name)["Parameter"]["Value"], {tag["Key"]: tag["Value"] for tag in tags}


def repository_tags(stacks: Deployer, name: str) -> Any:
    arn = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}"
    tags = stacks.client("ecr").list_tags_for_resource(resourceArn=arn)["tags"]
    return {tag["Key"]: tag["Value"] for tag in tags}


def queue_tags(stacks: Deployer, url: str) -> Any:
    return stacks.client("sqs").list_queue_tags(QueueUrl=url).get("Tags", {})


def topic_endpoints(stacks: Deployer, arn: str) -> Any:
    found = stacks.client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    return sorted(item["Endpoint"] for item in found)


def asynchronous_settings(stacks: Deployer, physical_id: str) -> Any:
    name, qualifier = physical_id.split("|")
    found = stacks.client("lambda").get_function_event_invoke_config(FunctionName=name, Qualifier=qualifier)
    return found["MaximumRetryAttempts"]


def mapping_settings(stacks: Deployer, identifier: str) -> Any:
    return stacks.client("lambda").get_event_source_mapping(UUID=identifier)["BatchSize"]


def alias_version(stacks: Deployer, arn: str) -> Any:
    name, alias = arn.split(":")[6:8]
    found = stacks.client("lambda").get_alias(FunctionName=name, Name=alias)
    return found["FunctionVersion"], found.get("Description", "")


def function_settings(stacks: Deployer, name: str) -> Any:
    client = stacks.client("lambda")
    found = client.get_function(FunctionName=name)
    return (
        found["Configuration"]["MemorySize"],
        found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        found.get("Tags", {}),
    )


def state_machine_settings(stacks: Deployer, arn: str) -> Any:
    states = stacks.client("stepfunctions")
    found = states.describe_state_machine(stateMachineArn=arn)
    tags = {tag["key"]: tag["value"] for tag in states.list_tags_for_resource(resourceArn=arn)["tags"]}
    return found["loggingConfiguration"]["level"], found["tracingConfiguration"]["enabled"], tags


def bus_policy(stacks: Deployer, name: str) -> Any:
    return "Policy" in stacks.client("events").describe_event_bus(Name=name)


def rule_tags(stacks: Deployer, name: str) -> Any:
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}"
    return {tag["Key"]: tag["Value"] for tag in stacks.client("events").list_tags_for_resource(ResourceARN=arn)["Tags"]}


def alarm_tags(stacks: Deployer, name: str) -> Any:
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}"
    found = stacks.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def dashboard_settings(stacks: Deployer, name: str) -> Any:
    client = stacks.client("cloudwatch")
    tags = client.list_tags_for_resource(ResourceARN=f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}")["Tags"]
    found = json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])
    return found, {tag["Key"]: tag["Value"] for tag in tags}


def model_tags(stacks: Deployer, arn: str) -> Any:
    return {tag["Key"]: tag["Value"] for tag in stacks.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]}


def bucket_logging(stacks: Deployer, name: str) -> Any:
    return stacks.client("s3").get_bucket_logging(Bucket=name).get("LoggingEnabled", {}).get("TargetPrefix")


def bucket_website(stacks: Deployer, name: str) -> Any:
    try:
        found = stacks.client("s3").get_bucket_website(Bucket=name)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return found["IndexDocument"]["Suffix"], found["ErrorDocument"]["Key"]


def bucket_notifications(stacks: Deployer, name: str) -> Any:
    found = stacks.client("s3").get_bucket_notification_configuration(Bucket=name)
    return [item["Filter"]["Key"]["FilterRules"][0]["Value"] for item in found.get("QueueConfigurations", [])]
