"""What the role of a state machine that somebody else wrote needs: derived from the calls of its tasks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.imported import ImportedDefinition, is_distributed
from constructs_lib.definitions.needs import (
    ApiAccess,
    Calls,
    InvokeFunction,
    ListObjects,
    ManagedRule,
    Need,
    PassRole,
    ReadObject,
    RunWorkflow,
    WriteResults,
)
from constructs_lib.definitions.resources import Resource, is_activity, parse_resource
from constructs_lib.definitions.steps.sagemaker_jobs import start_needs
from constructs_lib.definitions.values import ContextValue, Text

_JOBS = {
    "createHyperParameterTuningJob": ("HyperParameterTuningJob", "hyper-parameter-tuning-job", "Tuning"),
    "createLabelingJob": ("LabelingJob", "labeling-job", "Labeling"),
    "createProcessingJob": ("ProcessingJob", "processing-job", "Processing"),
    "createTrainingJob": ("TrainingJob", "training-job", "Training"),
    "createTransformJob": ("TransformJob", "transform-job", "Transform"),
}
_ROLES = ("ExecutionRoleArn", "RoleArn")
_UNKNOWN = "the definition tells the resource only when the workflow runs"


def imported_needs(definition: ImportedDefinition) -> tuple[Need, ...]:
    """What the role of an imported state machine needs.

    Raises:
        DefinitionError: calls whose permissions are not known; each is named. Bring a role for such a workflow.
    """
    needs: list[Need] = []
    problems: list[Problem] = []
    for name, state in definition.states():
        needs += _of_map(state) if is_distributed(state) else ()
        if state.get("Type") != "Task" or is_activity(state.get("Resource")):
            continue
        resource = parse_resource(state["Resource"])
        derive = None if resource is None else _derivation(resource)
        if resource is None or derive is None:
            message = f"got {state['Resource']}, whose permissions are not known; bring a role for the workflow"
            problems.append(Problem(step=name, path="Resource", message=message))
            continue
        request = state.get("Parameters", state.get("Arguments", {}))
        needs += derive(resource, request if isinstance(request, Mapping) else {})
    if problems:
        raise DefinitionError(definition.name, tuple(problems))
    return tuple(needs)


def imported_labels(definition: ImportedDefinition) -> tuple[str, ...]:
    """The labels of its distributed Maps; ``*`` for those that Step Functions gives one."""
    found = [state.get("Label") for _, state in definition.states() if is_distributed(state)]
    return tuple(dict.fromkeys(label if isinstance(label, str) else "*" for label in found))


def _of_map(state: Mapping[str, Any]) -> Iterator[Need]:
    """What reading the items of a distributed Map and writing its results needs."""
    reader, writer = (_call_of(state.get(field)) for field in ("ItemReader", "ResultWriter"))
    if reader is not None:
        action, request, config = reader
        if action == "listObjectsV2":
            prefix = _given(request, "Prefix") if {"Prefix", "Prefix.$"} & request.keys() else ""
            yield ListObjects(bucket=_given(request, "Bucket"), prefix=prefix)
        else:
            yield ReadObject(bucket=_given(request, "Bucket"), key=_given(request, "Key"))
        if config.get("InputType") == "MANIFEST":  # it names files of the same bucket
            yield ReadObject(bucket=_given(request, "Bucket"), key="", below=True)
    if writer is not None:
        _, request, _ = writer
        prefix = _given(request, "Prefix") if {"Prefix", "Prefix.$"} & request.keys() else ""
        yield WriteResults(bucket=_given(request, "Bucket"), prefix=prefix)


def _call_of(field: Any) -> tuple[str, Mapping[str, Any], Mapping[str, Any]] | None:
    """Action, request and configuration of an ItemReader or ResultWriter; None where it calls nothing."""
    if not isinstance(field, Mapping) or not isinstance(field.get("Resource"), str):
        return None
    request, config = field.get("Parameters", field.get("Arguments")), field.get("ReaderConfig")
    return (
        field["Resource"].rpartition(":")[2],
        request if isinstance(request, Mapping) else {},
        config if isinstance(config, Mapping) else {},
    )


Deriving = Callable[[Resource, Mapping[str, Any]], Iterator[Need]]


def _derivation(resource: Resource) -> Deriving | None:
    if resource.sdk:
        return {("s3", "getObject"): _get_object}.get((resource.service, resource.action), _sdk_call)
    if resource.service == "sagemaker" and resource.action in _JOBS:
        return _job
    return _OPTIMIZED.get((resource.service, resource.action))


def _given(request: Mapping[str, Any], name: str) -> Text:
    """A member of a request; a reference where it is known only at run time."""
    value = request.get(name)
    known = isinstance(value, str) and not value.startswith("{%")
    return str(value) if known else ContextValue(name)


def _job(resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
    job, resource_type, rule = _JOBS[resource.action]
    tags = {"": ""} if "Tags" in request or "Tags.$" in request else {}
    wait = resource.pattern.startswith("sync")
    yield from start_needs(
        job, resource_type=resource_type, name=_given(request, f"{job}Name"), rule=rule, wait=wait, tags=tags
    )
    yield from _passed_roles(request)


def _passed_roles(request: Any) -> Iterator[Need]:
    """The roles that a request hands over, wherever they stand in it."""
    if isinstance(request, Mapping):
        for name, member in request.items():
            if name.removesuffix(".$") in _ROLES:
                role = _given(request, name) if not name.endswith(".$") else ContextValue(name)
                yield PassRole(role=role, service="sagemaker.amazonaws.com")
            else:
                yield from _passed_roles(member)
    elif isinstance(request, tuple | list):
        for element in request:
            yield from _passed_roles(element)


def _sagemaker(*kinds: tuple[str, str]) -> Deriving:
    def derive(resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
        operation = f"sagemaker:{resource.action[0].upper()}{resource.action[1:]}"
        tags = ["sagemaker:AddTags"] if "Tags" in request or "Tags.$" in request else []
        for number, (resource_type, member) in enumerate(kinds):
            actions = [operation, *(tags if number == 0 else [])]
            yield ApiAccess(actions=actions, resource_type=resource_type, name=_given(request, member))
        yield from _passed_roles(request)

    return derive


def _function(resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
    name = resource.function_arn or _given(request, "FunctionName")
    if isinstance(name, str) and name.startswith("arn:"):
        parts = name.split(":")
        asked = _given(request, "Qualifier") if {"Qualifier", "Qualifier.$"} & request.keys() else None
        yield InvokeFunction(function_arn=":".join(parts[:7]), qualifier=parts[7] if len(parts) > 7 else asked)
    elif isinstance(name, str):
        version = f":{request['Qualifier']}" if isinstance(request.get("Qualifier"), str) else ""
        yield ApiAccess(
            actions=["lambda:InvokeFunction"], resource_type="function", name=f"{name}{version}", separator=":"
        )
    else:
        yield Calls(actions=["lambda:InvokeFunction"], resources=[name], reason=_UNKNOWN)


def _by_arn(action: str, member: str) -> Deriving:
    def derive(_resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
        yield Calls(actions=[action], resources=[_given(request, member)], reason=_UNKNOWN)

    return derive


def _queue(_resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
    url = _given(request, "QueueUrl")
    parts = url.split("/") if isinstance(url, str) else []
    host = parts[2].split(".") if len(parts) == 5 else []
    if len(host) > 2:
        region, account, name = host[1], parts[3], parts[4]
        partition = "aws-cn" if host[-1] == "cn" else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        yield Calls(actions=["sqs:SendMessage"], resources=[f"arn:{partition}:sqs:{region}:{account}:{name}"])
    else:
        yield Calls(actions=["sqs:SendMessage"], resources=[ContextValue("QueueUrl")], reason=_UNKNOWN)


def _events(_resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
    for entry in request.get("Entries", ()):
        bus = _given(entry, "EventBusName") if isinstance(entry, Mapping) and "EventBusName" in entry else "default"
        if isinstance(bus, str) and not bus.startswith("arn:"):
            yield ApiAccess(actions=["events:PutEvents"], resource_type="event-bus", name=bus)
        else:
            yield Calls(actions=["events:PutEvents"], resources=[bus], reason=_UNKNOWN)


def _workflow(resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
    wait = resource.pattern.startswith("sync")
    yield RunWorkflow(state_machine_arn=_given(request, "StateMachineArn"), wait=wait)
    if wait:
        yield ManagedRule(name="StepFunctionsGetEventsForStepFunctionsExecutionRule")


def _build(resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
    wait = resource.pattern.startswith("sync")
    actions = ["codebuild:StartBuild", *(["codebuild:BatchGetBuilds", "codebuild:StopBuild"] if wait else [])]
    yield ApiAccess(actions=actions, resource_type="project", name=_given(request, "ProjectName"))
    if wait:
        yield ManagedRule(name="StepFunctionsGetEventForCodeBuildStartBuildRule")


def _table(resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
    action = f"dynamodb:{resource.action[0].upper()}{resource.action[1:]}"
    yield ApiAccess(actions=[action], resource_type="table", name=_given(request, "TableName"))


def _get_object(_resource: Resource, request: Mapping[str, Any]) -> Iterator[Need]:
    yield ReadObject(bucket=_given(request, "Bucket"), key=_given(request, "Key"))


def _sdk_call(resource: Resource, _request: Mapping[str, Any]) -> Iterator[Need]:
    """IAM's actions are mostly called like the operations; which resource an operation works on is not told."""
    action = f"{_PREFIXES.get(resource.service, resource.service)}:{resource.action[0].upper()}{resource.action[1:]}"
    reason = "the definition does not tell which resource a plain SDK call works on"
    yield Calls(actions=[action], resources=["*"], reason=reason)


_PREFIXES = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "states"}
_ENDPOINT = (("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName"))
_OPTIMIZED: dict[tuple[str, str], Deriving] = {
    ("codebuild", "startBuild"): _build,
    ("dynamodb", "deleteItem"): _table,
    ("dynamodb", "getItem"): _table,
    ("dynamodb", "putItem"): _table,
    ("dynamodb", "updateItem"): _table,
    ("events", "putEvents"): _events,
    ("lambda", "invoke"): _function,
    ("sagemaker", "createEndpoint"): _sagemaker(*_ENDPOINT),
    ("sagemaker", "createEndpointConfig"): _sagemaker(("endpoint-config", "EndpointConfigName")),
    ("sagemaker", "createModel"): _sagemaker(("model", "ModelName")),
    ("sagemaker", "updateEndpoint"): _sagemaker(*_ENDPOINT),
    ("sns", "publish"): _by_arn("sns:Publish", "TopicArn"),
    ("sqs", "sendMessage"): _queue,
    ("states", "startExecution"): _workflow,
}
