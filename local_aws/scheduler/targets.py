"""What schedules call: the templated targets, and any operation of any service (``aws-sdk:``)."""

import json
import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.stepfunctions.tasks.sdk_names import botocore_service, operation_name, service_model
from local_aws.stepfunctions.tasks.wire_shapes import to_request

_ARN = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12}|):(.+)")
_TEMPLATED = {
    "lambda": ("lambda", "Invoke"),
    "states": ("stepfunctions", "StartExecution"),
    "sns": ("sns", "Publish"),
    "sqs": ("sqs", "SendMessage"),
    "events": ("events", "PutEvents"),
    "codebuild": ("codebuild", "StartBuild"),
    "sagemaker": ("sagemaker", "StartPipelineExecution"),
    "kinesis": ("kinesis", "PutRecord"),
}
_NEEDS = {"events": "EventBridgeParameters", "kinesis": "KinesisParameters"}
# operations that only read are refused by Scheduler itself
_READS = re.compile(r"(get|describe|list|poll|receive|search|scan|query|select|read|count)[A-Z]?")


@frozen
class TargetCall:
    """One call of one service.

    Attributes:
        service: botocore's name.
        operation: as in the service's model.
        region: where.
        request: its parameters.
    """

    service: str
    operation: str
    region: str
    request: dict[str, Any]


def check_target(target: Mapping[str, Any]) -> None:
    """Checks a target before it is kept.

    Raises:
        AwsError: ``ValidationException``.
        NotAvailableLocallyError: a kind of target that is not offered.
    """
    arn = target["Arn"]
    service, _, name = _parts(arn)
    if service == "scheduler":
        _operation(name)
        if not isinstance(_json(target.get("Input", "{}")), dict):
            raise _invalid("The Input of a universal target must be a JSON object.")
        return
    if service not in _TEMPLATED:
        raise NotAvailableLocallyError(f"EventBridge Scheduler targets such as {arn}")
    if service in _NEEDS and _NEEDS[service] not in target:
        raise _invalid(f"{_NEEDS[service]} is needed for target {arn}.")
    fifo = service == "sqs" and arn.endswith(".fifo")
    if fifo != bool(target.get("SqsParameters", {}).get("MessageGroupId")):
        raise _invalid(f"SqsParameters with MessageGroupId are for FIFO queues, and for all of them: {arn}.")
    if service in ("lambda", "events", "states", "codebuild"):
        _json(target.get("Input", "{}"))


def call_of(target: Mapping[str, Any], text: str, region: str, execution: str) -> TargetCall:
    """The call that a target means.

    Args:
        target: of the schedule.
        text: the input, with context attributes filled in.
        region: of the schedule.
        execution: the id of this invocation.

    Raises:
        AwsError: the input does not fit the operation.
    """
    arn = target["Arn"]
    service, its_region, name = _parts(arn)
    if service == "scheduler":
        client, operation = _operation(name)
        shape = service_model(client).operation_model(operation).input_shape
        request, problems = to_request(shape, json.loads(text), json_members=frozenset())
        if problems:
            raise AwsError("ValidationException", f"Input: {', '.join(problems)}")
        return TargetCall(client, operation, region, request)
    client, operation = _TEMPLATED[service]
    return TargetCall(client, operation, its_region or region, _request(service, target, name, text, execution))


def _request(service: str, target: Mapping[str, Any], name: str, text: str, execution: str) -> dict[str, Any]:
    arn = target["Arn"]
    if service == "lambda":
        return {"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()}
    if service == "states":
        return {"stateMachineArn": arn, "input": text}
    if service == "sns":
        return {"TopicArn": arn, "Message": text}
    if service == "sqs":
        account = arn.split(":")[4]
        request = {"QueueUrl": f"/{account}/{name}", "MessageBody": text}
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        return request | ({"MessageGroupId": group, "MessageDeduplicationId": execution} if group else {})
    if service == "events":
        given = target["EventBridgeParameters"]
        entry = {"EventBusName": arn, "Detail": text, "DetailType": given["DetailType"], "Source": given["Source"]}
        return {"Entries": [entry]}
    if service == "codebuild":
        return {**json.loads(text), "projectName": name.removeprefix("project/")}
    if service == "sagemaker":
        parameters = target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", [])
        return {"PipelineName": name.removeprefix("pipeline/"), "PipelineParameters": parameters}
    key = target["KinesisParameters"]["PartitionKey"]
    return {"StreamName": name.removeprefix("stream/"), "Data": text.encode(), "PartitionKey": key}


def _parts(arn: str) -> tuple[str, str, str]:
    """Service, region and resource of an ARN."""
    match = _ARN.fullmatch(arn)
    if match is None:
        raise _invalid(f"Provided Arn is not in correct format: {arn}.")
    return match[1], match[2], match[4]


def _operation(name: str) -> tuple[str, str]:
    """Service and operation of ``aws-sdk:sqs:sendMessage``."""
    kind, _, rest = name.partition(":")
    service, _, action = rest.partition(":")
    client = botocore_service(service) if kind == "aws-sdk" else None
    operation = operation_name(service_model(client), action) if client is not None else None
    if client is None or operation is None:
        raise _invalid(f"The target {name} is no operation of an AWS service.")
    if _READS.match(action):
        raise _invalid(f"The target {name} only reads: EventBridge Scheduler does not call it.")
    return client, operation


def _json(text: str) -> Any:
    try:
        # a context attribute may stand where a number does
        return json.loads(re.sub(r"<aws\.scheduler\.[a-z-]+>", "0", text))
    except ValueError as error:
        raise _invalid(f"Input must be valid JSON: {error}") from error


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
