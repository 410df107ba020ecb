"""Errors that reach a client as AWS's own."""

from typing import Any


class AwsError(Exception):
    """An error answer of an AWS service.

    Args:
        code: the service's error code, such as ``ResourceNotFound``; where the service's model has a shape of
            that name, status and members follow the model.
        message: what went wrong, in the words that AWS uses where they are known.
        status: HTTP status. Default: the model's, else 400.
        members: further members of the modelled error shape.
    """

    def __init__(self, code: str, message: str, *, status: int | None = None, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        for name, value in members.items():
            setattr(self, name, value)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotAvailableLocallyError(AwsError):
    """Something that AWS offers and the local AWS does not: said plainly, never an empty success."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "NotAvailableLocally",
            f"the local AWS does not offer {what}; it works on AWS only",
            status=501,
        )
