"""How Step Functions spells the services, members and errors of the AWS SDKs.

AWS's own integrations are written with the Java SDKs: service segments of a Resource, members in PascalCase and error
names follow those, not botocore's.
"""

import re
from functools import cache
from typing import Any

from local_aws.service_models import shared_session

_CAMEL = re.compile(r"([a-z])([A-Z][a-zA-Z])")
_ACRONYM = re.compile(r"([A-Z]+)([A-Z][a-z])")

# where the service id that AWS uses is not botocore's name without its hyphens
_SERVICES = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costexplorer": "ce",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "emr": "emr",
    "eventbridge": "events",
    "firehose": "firehose",
    "iotdataplane": "iot-data",
    "resourcegroupstaggingapi": "resourcegroupstaggingapi",
    "sagemakera2iruntime": "sagemaker-a2i-runtime",
    "sfn": "stepfunctions",
}


@cache
def _botocore_services() -> dict[str, str]:
    names = shared_session().get_available_services()
    return {name.replace("-", ""): name for name in names}


def botocore_service(segment: str) -> str | None:
    """Botocore's name for the service segment of an ``aws-sdk:`` Resource; None where there is none."""
    if segment in _SERVICES:
        return _SERVICES[segment]
    # names that only botocore uses are none of AWS's: sfn, not stepfunctions
    return None if segment in {"stepfunctions", "logs", "events"} else _botocore_services().get(segment)


@cache
def service_model(service: str) -> Any:
    """Botocore's model of a service."""
    return shared_session().get_service_model(service)


def operation_name(model: Any, action: str) -> str | None:
    """The operation that an action (``describeTrainingJob``) means; None where the service has none such."""
    wanted = action.lower()
    if not action[:1].islower():
        return None
    return next((str(name) for name in model.operation_names if name.lower() == wanted), None)


def pascal_service_id(model: Any) -> str:
    """The service in error names and causes: ``DynamoDb``, ``SageMaker``, ``CloudWatchLogs``."""
    text = _ACRONYM.sub(r"\1 \2", _CAMEL.sub(r"\1 \2", str(model.service_id)))
    return "".join(word[:1].upper() + word[1:].lower() for word in re.split(r"[^A-Za-z0-9]+", text) if word)


def member_name(name: str) -> str:
    """A response member's name: first letter upper, a leading acronym as one word (``ARN`` is ``Arn``)."""
    end = 0
    while end < len(name) and name[end].isupper():
        end += 1
    if end <= 1:
        return name[:1].upper() + name[1:]
    if end == len(name):
        return name[:1] + name[1:].lower()
    # the last capital of a leading run starts the next word
    return name[:1] + name[1 : end - 1].lower() + name[end - 1 :]


def exception_name(shape_name: str) -> str:
    """The exception class of a modelled error: ``ResourceNotFound`` is ``ResourceNotFoundException``."""
    if shape_name.endswith("Fault"):
        shape_name = shape_name.removesuffix("Fault")
    return shape_name if shape_name.endswith("Exception") else f"{shape_name}Exception"
