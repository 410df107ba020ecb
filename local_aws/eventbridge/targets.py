"""The kinds of targets, and how each of them is given an event."""

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define

from local_aws.eventbridge.deliveries import PRINCIPAL, Delivery, DeliveryError
from local_aws.eventbridge.records import Bus, Buses, Rule
from local_aws.gateway.app import Authority
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.platform import Credentials, Platform, service_credentials

_ARN = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12}|):(.+)")
# what a target needs a role for: EventBridge acts as that role, not as itself
_WITH_ROLE = ("states", "codebuild", "sagemaker", "kinesis")
_KINDS = {
    "lambda": "a Lambda function",
    "states": "a state machine",
    "sns": "an SNS topic",
    "sqs": "an SQS queue",
    "logs": "a log group",
    "events": "an event bus",
    "codebuild": "a CodeBuild project",
    "sagemaker": "a SageMaker pipeline",
    "kinesis": "a Kinesis stream",
}
_UNSUPPORTED = (
    "RunCommandParameters",
    "EcsParameters",
    "BatchParameters",
    "HttpParameters",
    "RedshiftDataParameters",
    "AppSyncParameters",
)


def check_target(target: Mapping[str, Any], rule: Rule) -> None:
    """Checks a target before it is kept.

    Raises:
        AwsError: ``ValidationException``.
        NotAvailableLocallyError: a kind of target that is not offered.
    """
    name, arn = target["Id"], target["Arn"]
    match = _ARN.fullmatch(arn)
    if match is None:
        raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    service = match[1]
    for member in _UNSUPPORTED:
        if target.get(member):
            raise NotAvailableLocallyError(f"EventBridge targets with {member}")
    if service not in _KINDS or (service == "events" and not match[4].startswith("event-bus/")):
        raise NotAvailableLocallyError(f"EventBridge targets such as {arn}")
    if service in _WITH_ROLE and not (target.get("RoleArn") or rule.role_arn):
        raise _invalid(f"RoleArn is required for target {name}, {_KINDS[service]}: {arn}.")
    fifo = service == "sqs" and arn.endswith(".fifo")
    if fifo and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise _invalid(f"Parameter(s) SqsParameters must be specified for target: {name}.")
    if target.get("SqsParameters") and not fifo:
        raise _invalid(f"Parameter(s) SqsParameters are not valid for target {name}: {arn} is no FIFO queue.")
    if service == "events" and arn.endswith(f":event-bus/{rule.bus}") and match[2] == rule.region:
        raise _invalid(f"EventBus {rule.bus} cannot be a target of its own rule {rule.name}.")
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue is not None and (not queue.split(":")[2:3] == ["sqs"] or queue.endswith(".fifo")):
        raise _invalid(f"DeadLetterConfig of target {name} must name a standard SQS queue: got {queue}.")
    policy = target.get("RetryPolicy") or {}
    if not 0 <= policy.get("MaximumRetryAttempts", 0) <= 185:
        raise _invalid(f"MaximumRetryAttempts of target {name} must lie between 0 and 185.")
    if not 60 <= policy.get("MaximumEventAgeInSeconds", 60) <= 86_400:
        raise _invalid(f"MaximumEventAgeInSeconds of target {name} must lie between 60 and 86400.")


@define(kw_only=True, eq=False)
class Targets:
    """Hands events to targets: as the target's role where it has one, else as EventBridge itself.

    Attributes:
        platform: the local AWS.
        buses: for rules that forward to another bus.
        authority: asked whether a bus may be forwarded to.
        forward: puts a forwarded event on a bus.
    """

    platform: Platform
    buses: Buses
    authority: Authority
    forward: Callable[[Bus, Mapping[str, Any]], None]

    def send(self, delivery: Delivery, text: str) -> None:
        """Gives an input to a target.

        Raises:
            DeliveryError: the input is not what the target takes.
            AwsError: a bus that may not be put to.
            botocore.exceptions.ClientError: the target's own error.
        """
        service, region, _, name = _split(delivery.target["Arn"])
        if service == "events":
            self._to_bus(delivery)
            return
        role = delivery.target.get("RoleArn") or (delivery.rule.role_arn if service in _WITH_ROLE else None)
        client = self._client("stepfunctions" if service == "states" else service, region, delivery, role)
        senders: dict[str, Callable[[Any, Delivery, str, str], None]] = {
            "lambda": _to_function,
            "states": _to_state_machine,
            "sns": _to_topic,
            "sqs": _to_queue,
            "logs": _to_log_group,
            "codebuild": _to_project,
            "sagemaker": _to_pipeline,
            "kinesis": _to_stream,
        }
        senders[service](client, delivery, name, text)

    def _client(self, service: str, region: str, delivery: Delivery, role: str | None) -> Any:
        if role is None:
            credentials, source_arn = service_credentials(PRINCIPAL), delivery.rule.arn
            return self.platform.client(service, region=region, credentials=credentials, source_arn=source_arn)
        return self.platform.client(service, region=region, credentials=self._assume(role, delivery))

    def _assume(self, role: str, delivery: Delivery) -> Credentials:
        return self.platform.assume(role, session=delivery.event["id"].replace("-", ""), service_principal=PRINCIPAL)

    def _to_bus(self, delivery: Delivery) -> None:
        """Forwards an event as it is; the call never leaves the process, its permission is asked for all the same."""
        arn = delivery.target["Arn"]
        _, region, account, _ = _split(arn)
        if delivery.from_bus:
            raise DeliveryError(
                "THIRD_ACCOUNT_HOP_DETECTED", "an event that was forwarded once is not forwarded again", retried=False
            )
        bus = self.buses.find(account, region, arn)
        if bus is None:
            raise DeliveryError("NO_RESOURCE", f"Event bus {arn} does not exist.", retried=False)
        role = delivery.target.get("RoleArn")
        credentials = service_credentials(PRINCIPAL) if role is None else self._assume(role, delivery)
        principal = self.authority.principal(credentials.access_key_id, "events")
        context = {
            "events:source": str(delivery.event["source"]),
            "events:detail-type": str(delivery.event["detail-type"]),
            "aws:sourcearn": delivery.rule.arn,
        }
        self.authority.require(principal, "events:PutEvents", bus.arn, context)
        self.forward(bus, delivery.event)


def _split(arn: str) -> tuple[str, str, str, str]:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise DeliveryError("INVALID_PARAMETER", f"'{arn}' is no ARN", retried=False)
    service, region, account, name = match.groups()
    return service, region, account, name


def _to_function(client: Any, delivery: Delivery, name: str, text: str) -> None:  # noqa: ARG001
    client.invoke(FunctionName=delivery.target["Arn"], InvocationType="Event", Payload=text.encode())


def _to_state_machine(client: Any, delivery: Delivery, name: str, text: str) -> None:  # noqa: ARG001
    client.start_execution(
        stateMachineArn=delivery.target["Arn"],
        name=f"{delivery.event['id']}_{uuid.uuid4()}",
        input=text,
    )


def _to_topic(client: Any, delivery: Delivery, name: str, text: str) -> None:  # noqa: ARG001
    client.publish(TopicArn=delivery.target["Arn"], Message=text)


def _to_queue(client: Any, delivery: Delivery, name: str, text: str) -> None:
    account = delivery.target["Arn"].split(":")[4]
    extra: dict[str, str] = {}
    if name.endswith(".fifo"):
        extra["MessageGroupId"] = delivery.target["SqsParameters"]["MessageGroupId"]
        extra["MessageDeduplicationId"] = str(delivery.event["id"])
    client.send_message(QueueUrl=f"{client.meta.endpoint_url}/{account}/{name}", MessageBody=text, **extra)


def _to_log_group(client: Any, delivery: Delivery, name: str, text: str) -> None:
    group = name.removeprefix("log-group:").removesuffix(":*")
    stream = f"{delivery.event['id']}_{uuid.uuid4()}"
    moment = time.time_ns() // 1_000_000
    if delivery.target.get("InputTransformer"):
        moment, text = _log_event(text, moment)
    client.create_log_stream(logGroupName=group, logStreamName=stream)
    client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": moment, "message": text}])


def _log_event(text: str, now: int) -> tuple[int, str]:
    """A template for a log group gives a message, and a time where it wants to."""
    try:
        found = json.loads(text)
    except ValueError:
        return now, text
    if not isinstance(found, dict) or "message" not in found:
        return now, text
    message, moment = found["message"], found.get("timestamp")
    shown = message if isinstance(message, str) else json.dumps(message)
    return (moment if isinstance(moment, int) else now), shown


def _to_project(client: Any, delivery: Delivery, name: str, text: str) -> None:  # noqa: ARG001
    """Starts a build; members of the input that StartBuild has override the project's."""
    overrides = _object(text)
    known = client.meta.service_model.operation_model("StartBuild").input_shape.members
    given = {key: value for key, value in overrides.items() if key in known}
    client.start_build(**{**given, "projectName": name.removeprefix("project/")})


def _to_pipeline(client: Any, delivery: Delivery, name: str, text: str) -> None:  # noqa: ARG001
    parameters = (delivery.target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or []
    client.start_pipeline_execution(
        PipelineName=name.removeprefix("pipeline/"),
        ClientRequestToken=str(uuid.uuid4()),
        PipelineParameters=[
            {"Name": parameter["Name"], "Value": _parameter(parameter["Value"], delivery.event)}
            for parameter in parameters
        ],
    )


def _parameter(value: str, event: Mapping[str, Any]) -> str:
    """A pipeline parameter: a constant, or a JSON path into the event."""
    if not value.startswith("$."):
        return value
    found: Any = event
    for step in value[2:].split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if found is None:
        raise DeliveryError("INVALID_PARAMETER", f"the event has nothing at {value}", retried=False)
    return found if isinstance(found, str) else json.dumps(found)


def _to_stream(client: Any, delivery: Delivery, name: str, text: str) -> None:
    path = (delivery.target.get("KinesisParameters") or {}).get("PartitionKeyPath")
    key = _parameter(path, delivery.event) if path else str(delivery.event["id"])
    client.put_record(StreamName=name.removeprefix("stream/"), Data=text.encode(), PartitionKey=key)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DeliveryError("INVALID_JSON", f"the input is not JSON: {error}", retried=False) from error
    if not isinstance(found, dict):
        raise DeliveryError("INVALID_JSON", "the input is not a JSON object", retried=False)
    return found


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
