"""Checks of a Task state's Resource and of the fields that it is given."""

from typing import Any

from local_aws.stepfunctions.language.jsonata_expressions import expression_in
from local_aws.stepfunctions.language.resources import Resource, parse_resource
from local_aws.stepfunctions.tasks.integrations import integration_of, is_offered
from local_aws.stepfunctions.tasks.sdk_names import botocore_service, operation_name, service_model
from local_aws.stepfunctions.tasks.wire_shapes import unknown_fields

_NOT_AN_ARN = "Value is not a valid resource ARN"
_TOKEN_PATH = "$$.Task.Token"  # noqa: S105 - a path, not a secret


def resource_faults(arn: Any, arguments: Any, *, express: bool) -> list[tuple[str, str]]:
    """What is wrong with a Task's Resource and its arguments.

    Args:
        arn: the Resource field.
        arguments: the Parameters or Arguments field; None where it has none.
        express: whether it is for an EXPRESS state machine.

    Returns:
        Messages, each with the field that it is about (``""`` for the arguments).
    """
    resource = parse_resource(arn) if isinstance(arn, str) else None
    if resource is None:
        return [(_NOT_AN_ARN, "Resource")]
    if express and resource.pattern:
        return [(f"Express state machine does not support '.{resource.pattern}' service integration ", "Resource")]
    operation = _operation(resource)
    if operation is None and resource.kind in {"sdk", "optimized"} and not is_offered(resource):
        message = (
            f"The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource is "
            "not available in this region."
        )
        return [(message, "Resource")]
    if operation is None or not isinstance(arguments, dict):
        return []
    problems = unknown_fields(operation.input_shape, arguments)
    if resource.waits_for_token and not _has_token(arguments):
        problems.append(
            "The task token must be passed to the service: no field reads '$$.Task.Token' or "
            "'$states.context.Task.Token'"
        )
    return [(problem, "") for problem in problems]


def _operation(resource: Resource) -> Any:
    if resource.kind == "sdk":
        service = botocore_service(resource.service)
        if service is None or resource.pattern not in {"", "waitForTaskToken"}:
            return None
        model = service_model(service)
        name = operation_name(model, resource.action)
        return None if name is None else model.operation_model(name)
    row = integration_of(resource) if resource.kind == "optimized" else None
    if row is None or not is_offered(resource):
        return None
    return service_model(row.client).operation_model(row.operation)


def _has_token(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_token(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_token(item) for item in value)
    if not isinstance(value, str):
        return False
    expression = expression_in(value)
    # a whole context object or an input that carries it may hold the token too
    return _TOKEN_PATH in value or value.strip() == "$$" or (expression is not None and "context" in expression)
