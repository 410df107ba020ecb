"""The Resource of a Task state."""

import re
from typing import Any

from attrs import frozen

_INTEGRATION = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:(aws-sdk:)?([A-Za-z0-9-]+):([A-Za-z0-9]+)(?:\.(.+))?")
_LAMBDA = re.compile(r"arn:[^:]*:lambda:.+:function:.+")
_ACTIVITY = re.compile(r"arn:[^:]*:states:.+:activity:.+")


@frozen(kw_only=True)
class Resource:
    """What a task calls.

    Attributes:
        service: such as ``sagemaker``; ``lambda`` for a function named by its ARN.
        action: in camel case, such as ``createTrainingJob``.
        pattern: such as ``sync``; empty for request and response.
        sdk: whether it is a plain SDK call.
        function_arn: of a function that is named by its ARN; None elsewhere.
    """

    service: str
    action: str
    pattern: str = ""
    sdk: bool = False
    function_arn: str | None = None


def parse_resource(arn: Any) -> Resource | None:
    """What a Resource stands for; None where it is an activity, which is no call, or nothing that is known."""
    if not isinstance(arn, str) or _ACTIVITY.fullmatch(arn):
        return None
    if _LAMBDA.fullmatch(arn):
        return Resource(service="lambda", action="invoke", function_arn=arn)
    found = _INTEGRATION.fullmatch(arn)
    if found is None:
        return None
    return Resource(service=found[2], action=found[3], pattern=found[4] or "", sdk=found[1] is not None)


def is_activity(arn: Any) -> bool:
    """Whether a Resource is an activity, whose workers ask for tasks themselves."""
    return isinstance(arn, str) and _ACTIVITY.fullmatch(arn) is not None
