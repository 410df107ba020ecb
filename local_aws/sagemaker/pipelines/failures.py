"""Why steps fail, and which exceptions of retry policies that is."""

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.pipelines.retries import (
    CAPACITY_ERROR,
    JOB_INTERNAL_ERROR,
    RESOURCE_LIMIT,
    SERVICE_FAULT,
    THROTTLING,
)

_THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)
_NOT_AVAILABLE = "NotAvailableLocally"
_SERVER_ERRORS = 500
_OF_JOBS = {
    "InternalServerError": JOB_INTERNAL_ERROR,
    "CapacityError": CAPACITY_ERROR,
    "InsufficientCapacityError": CAPACITY_ERROR,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
}


class StepFailedError(Exception):
    """A step failed; the message is its FailureReason.

    Args:
        reason: for the user.
        exception_type: of retry policies; None where no policy is for it.
    """

    def __init__(self, reason: str, exception_type: str | None = None) -> None:
        super().__init__(reason)
        self.exception_type = exception_type


class StepStoppedError(Exception):
    """The step was stopped before its end."""


def of_call(service: str, operation: str, error: ClientError | BotoCoreError) -> StepFailedError:
    """The failure of a step whose call of a service failed."""
    if isinstance(error, BotoCoreError):
        return StepFailedError(f"ClientError: Failed to invoke {service}:{operation}. {error}", SERVICE_FAULT)
    told = error.response["Error"]
    code, status = str(told.get("Code", "")), error.response["ResponseMetadata"]["HTTPStatusCode"]
    reason = (
        f"ClientError: Failed to invoke {service}:{operation}. Error Details: {told.get('Message', '')} "
        f"(Service: {service}, Status Code: {status}, Error Code: {code})"
    )
    if code in _THROTTLED:
        return StepFailedError(reason, THROTTLING)
    if code in _OF_JOBS:
        return StepFailedError(reason, _OF_JOBS[code])
    own_fault = status >= _SERVER_ERRORS and code != _NOT_AVAILABLE
    return StepFailedError(reason, SERVICE_FAULT if own_fault else None)


def of_job(reason: str) -> StepFailedError:
    """The failure of a step whose job failed for that reason."""
    kind = next((kind for start, kind in _OF_JOBS.items() if reason.startswith(start)), None)
    return StepFailedError(reason if reason.startswith("ClientError") else f"ClientError: {reason}", kind)
