"""Roles that a request hands to a service: each needs ``iam:PassRole``."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from local_aws.gateway.wire import Call, get_service_model
from local_aws.iam.requirements import Parameters, Requirement

_ROLE_MEMBER = re.compile(r"role(_?arn)?(Override)?$", re.IGNORECASE)
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
_READS = ("Describe", "Get", "List", "BatchGet", "Search", "Delete", "Validate", "Test", "Send")
# services that take no roles: what looks like one there is a name that is asked about
_NO_ROLES = {"iam", "sts", "s3", "kms", "sqs", "ecr", "secretsmanager", "dynamodb"}
_PASSED_TO = {
    "stepfunctions": "states.amazonaws.com",
    "cloudwatch": "cloudwatch.amazonaws.com",
}
_DEPTH = 4


def passed_roles(call: Call, parameters: Parameters) -> Iterator[Requirement]:
    """One permission for each role in the request."""
    if call.service in _NO_ROLES or call.operation.startswith(_READS):
        return
    service = _PASSED_TO.get(call.service, f"{call.service}.amazonaws.com")
    found: list[str] = []
    for path in _role_paths(call.service, call.operation):
        _collect(parameters, path, found)
    for role_arn in dict.fromkeys(found):
        yield Requirement(
            action="iam:PassRole",
            resources=(role_arn,),
            keys={"iam:passedtoservice": service},
        )


def _collect(value: Any, path: tuple[str, ...], found: list[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, path, found)
    elif not path:
        if isinstance(value, str) and _ROLE_ARN.fullmatch(value):
            found.append(value)
    elif isinstance(value, dict) and path[0] in value:
        _collect(value[path[0]], path[1:], found)


@cache
def _role_paths(service: str, operation: str) -> tuple[tuple[str, ...], ...]:
    shape = get_service_model(service).operation_model(operation).input_shape
    return () if shape is None else tuple(_walk(shape, (), 0))


def _walk(shape: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, ...]]:
    if shape.type_name == "list":
        yield from _walk(shape.member, path, depth)
    elif shape.type_name == "structure" and depth < _DEPTH:
        for name, member in shape.members.items():
            yield from _walk(member, (*path, name), depth + 1)
    elif shape.type_name == "string" and path and _ROLE_MEMBER.search(path[-1]):
        yield path
