"""How a service of the local AWS says which operations it carries out.

A service is one or more groups: classes whose methods are marked with the operation's AWS name. A method gets
the request as botocore's model describes it (validated against that model) and returns the answer's members;
wire formats are the gateway's business.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from local_aws.gateway.context import RequestContext

Handler = Callable[[RequestContext, dict[str, Any]], dict[str, Any] | None]
F = TypeVar("F", bound=Callable[..., Any])


def operation(name: str) -> Callable[[F], F]:
    """Marks a method as the implementation of an AWS operation, by its name in the service's model."""

    def mark(method: F) -> F:
        method.__aws_operation__ = name  # type: ignore[attr-defined]
        return method

    return mark


class OperationGroup:
    """Operations that share state: the unit in which a service is written and registered.

    Attributes:
        service: botocore's service name, such as ``sagemaker``.
    """

    service: ClassVar[str]

    def operations(self) -> dict[str, Handler]:
        """Every marked method by its operation's name."""
        found: dict[str, Handler] = {}
        for attribute in dir(type(self)):
            name = getattr(getattr(type(self), attribute), "__aws_operation__", None)
            if name is not None:
                found[name] = getattr(self, attribute)
        return found
