"""Errors of templates and of resources."""

from collections.abc import Sequence

from botocore.exceptions import ClientError

from local_aws.gateway.errors import AwsError


class ValidationError(AwsError):
    """A request or a template that CloudFormation refuses, before anything is made.

    Args:
        message: what is wrong, in AWS's words where they are known.
    """

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)

    @classmethod
    def of(cls, problems: Sequence[str]) -> "ValidationError":
        """One error for many problems; a single one keeps AWS's own words."""
        distinct = list(dict.fromkeys(problems))
        if len(distinct) == 1:
            return cls(distinct[0])
        return cls(f"{len(distinct)} problems in the template:\n" + "\n".join(f"- {text}" for text in distinct))


class ResourceError(Exception):
    """A resource could not be made, changed or removed; the text becomes its status reason."""


class ReplacementNeededError(Exception):
    """A provider found while updating that the change needs a new physical resource."""


class OperationCancelledError(Exception):
    """The stack operation was given up while this resource was still in work."""


_HANDLER_CODES = {
    "AccessDenied": "AccessDenied",
    "AccessDeniedException": "AccessDenied",
    "AlreadyExists": "AlreadyExists",
    "EntityAlreadyExists": "AlreadyExists",
    "ResourceConflictException": "AlreadyExists",
    "ResourceExistsException": "AlreadyExists",
    "ThrottlingException": "Throttling",
    "LimitExceededException": "ServiceLimitExceeded",
}


def reason_of(error: BaseException) -> str:
    """An exception as a resource's status reason, in the form that AWS's resource handlers give it."""
    if isinstance(error, ClientError):
        answer = error.response
        code = answer["Error"].get("Code", "Unknown")
        metadata = answer.get("ResponseMetadata", {})
        return (
            f'Resource handler returned message: "{answer["Error"].get("Message", "")}'
            f" (Service: {error.operation_name}, Error Code: {code}, "
            f"Status Code: {metadata.get('HTTPStatusCode', 400)}, Request ID: {metadata.get('RequestId', '-')})"
            f'" (HandlerErrorCode: {_handler_code(code)})'
        )
    if isinstance(error, AwsError):
        return error.message
    if isinstance(error, ResourceError | OperationCancelledError):
        return str(error)
    return f"Internal failure of the local AWS: {type(error).__name__}: {error}"


def _handler_code(code: str) -> str:
    if code in _HANDLER_CODES:
        return _HANDLER_CODES[code]
    if "AlreadyExists" in code or code.endswith("AlreadyExistsException"):
        return "AlreadyExists"
    return "NotFound" if _names_absence(code) else "InvalidRequest"


def _names_absence(code: str) -> bool:
    return any(part in code for part in ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "404"))


def is_absent(error: ClientError) -> bool:
    """Whether an error says that the thing asked for is not there (so that a deletion is done)."""
    code = error.response["Error"].get("Code", "")
    if _names_absence(code):
        return True
    message = error.response["Error"].get("Message", "").lower()
    return code in {"ValidationException", "ValidationError", "InvalidInputException"} and (
        "could not find" in message or "does not exist" in message or "not found" in message
    )
