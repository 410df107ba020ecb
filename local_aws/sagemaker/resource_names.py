"""ARNs of SageMaker's resources, and the times of their records."""

from datetime import UTC, datetime
from typing import Any

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError

SERVICE_PRINCIPAL = "sagemaker.amazonaws.com"


def arn_of(context: RequestContext, kind: str, name: str) -> str:
    """The ARN of a resource in the request's account and region.

    Args:
        context: whose account and region.
        kind: such as ``training-job``.
        name: of the resource.
    """
    return f"arn:aws:sagemaker:{context.region}:{context.account}:{kind}/{name}"


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def validation_error(message: str) -> AwsError:
    """SageMaker's answer to a request that cannot be carried out as it is."""
    return AwsError("ValidationException", message)


def event_detail(record: dict[str, Any], tags: list[dict[str, str]]) -> dict[str, Any]:
    """A description as SageMaker's events carry it: times in milliseconds, tags as a map, nothing that is null."""
    detail: dict[str, Any] = _eventlike(record)
    detail["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    return detail


def _eventlike(value: Any) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {name: _eventlike(item) for name, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_eventlike(item) for item in value]
    return value
