"""Operations of AWS's APIs as IAM actions: most bear the operation's name, some do not."""

from collections.abc import Iterator

from local_aws.gateway.wire import Call
from local_aws.iam.requirements import Parameters, Place, Requirement
from local_aws.iam.resource_arns import resources_of
from local_aws.iam.s3_requirements import s3_requirements

# services whose prefix in actions is not botocore's name
_PREFIXES = {
    "dynamodbstreams": "dynamodb",
    "sagemaker-featurestore-runtime": "sagemaker",
    "sagemaker-metrics": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "stepfunctions": "states",
    "s3control": "s3",
    "resourcegroupstaggingapi": "tag",
    "application-autoscaling": "application-autoscaling",
}
_ACTIONS = {
    ("cloudwatch", "GetMetricStatistics"): ("GetMetricStatistics",),
    ("dynamodb", "TransactGetItems"): ("GetItem",),
    ("dynamodb", "TransactWriteItems"): ("PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
    ("ecr", "PutImageScanningConfiguration"): ("PutImageScanningConfiguration",),
    ("kms", "ReEncrypt"): ("ReEncryptFrom", "ReEncryptTo"),
    ("lambda", "Invoke"): ("InvokeFunction",),
    ("lambda", "InvokeAsync"): ("InvokeFunction",),
    ("lambda", "InvokeWithResponseStream"): ("InvokeFunction",),
    ("logs", "GetLogGroupFields"): ("GetLogGroupFields",),
    ("sagemaker", "InvokeEndpointWithResponseStream"): ("InvokeEndpointWithResponseStream",),
    ("sns", "PublishBatch"): ("Publish",),
    ("sqs", "ChangeMessageVisibilityBatch"): ("ChangeMessageVisibility",),
    ("sqs", "DeleteMessageBatch"): ("DeleteMessage",),
    ("sqs", "SendMessageBatch"): ("SendMessage",),
}


def iam_prefix(service: str) -> str:
    """The service's name in actions and ARNs, such as ``states`` for Step Functions."""
    return _PREFIXES.get(service, service)


def operation_requirements(call: Call, parameters: Parameters, place: Place) -> Iterator[Requirement]:
    """The permissions that a request needs for itself; each of its resources must be allowed."""
    if call.service == "s3":
        yield from s3_requirements(call.operation, parameters)
        return
    prefix = iam_prefix(call.service)
    resources = resources_of(prefix, call.operation, parameters, place)
    if (prefix, call.operation) == ("dynamodb", "TransactWriteItems"):
        yield from _transaction(parameters, place)
        return
    for action in _ACTIONS.get((prefix, call.operation), (call.operation,)):
        for spellings in resources:
            yield Requirement(action=f"{prefix}:{action}", resources=spellings)


def _transaction(parameters: Parameters, place: Place) -> Iterator[Requirement]:
    actions = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
    for item in parameters["TransactItems"]:
        for kind, part in item.items():
            table = part["TableName"] if part["TableName"].startswith("arn:") else f"table/{part['TableName']}"
            yield Requirement(action=f"dynamodb:{actions[kind]}", resources=(place.arn("dynamodb", table),))
