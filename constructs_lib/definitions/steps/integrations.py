"""The calls that steps make, and how those are waited for that Step Functions itself cannot wait for."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.values import Text


@frozen(kw_only=True)
class Integration:
    """Which API a task calls, and how Step Functions waits for it.

    Attributes:
        service: as in the state's resource, such as ``sagemaker``.
        action: in camel case, such as ``createTrainingJob``.
        pattern: ``request`` goes on with the response; ``sync`` waits for the job's end; ``sync:2`` too, and reads
            the output of a nested workflow as JSON; ``callback`` waits until somebody answers the task token.
        sdk: whether it is a plain SDK call rather than one of the integrations that Step Functions optimizes.
    """

    service: str
    action: str
    pattern: Literal["request", "sync", "sync:2", "callback"] = "request"
    sdk: bool = False

    @property
    def operation(self) -> str:
        """The API operation, such as ``CreateTrainingJob``."""
        return self.action[0].upper() + self.action[1:]


@frozen(kw_only=True)
class Precedence:
    """How to find out, before something is changed, whether what it has now was made later than what it is to get.

    Attributes:
        question: asks about either; both answers have the members `name` and `moment`.
        own: the request about what it is to get.
        name: member of the wait loop's answer, and of the request about what it has now.
        moment: when it was made.
    """

    question: Integration
    own: Mapping[str, Any]
    name: str
    moment: str


@frozen(kw_only=True, field_transformer=freeze_fields)
class WaitLoop:
    """How to wait for something that Step Functions itself cannot wait for: ask, look, sleep, again.

    Attributes:
        question: the call that asks.
        request: of that call.
        status: member of the response that is looked at.
        done: values of it with which the workflow goes on.
        pending: values with which it asks again; any other value is a failure.
        reason: member of the response that tells why it failed; it may be absent.
        subject: what is waited for, in words, such as ``endpoint``.
        goal: what it is when it is done, in words, such as ``in service``.
        poll_seconds: pause between two questions.
        handles: members of the response to the request by which the question names what it asks about.
        expected: members of the answer that must have these values for success, which otherwise is a failure.
        otherwise: the call in place of the step's own where the question is answered by the error `absent`.
        otherwise_request: of that call.
        absent: name of the error of the question about something that does not exist.
        busy: parts of the refusals that mean that somebody else is at it; they are waited for, with `otherwise` only.
        precedence: what the step's own call must not replace, with `otherwise` only; None for anything goes.
    """

    question: Integration
    request: Mapping[str, Any]
    status: str
    done: tuple[str, ...]
    pending: tuple[str, ...]
    reason: str
    subject: str
    goal: str
    poll_seconds: int
    handles: Sequence[str] = ()
    expected: Mapping[str, Text] = NO_MEMBERS
    otherwise: Integration | None = None
    otherwise_request: Mapping[str, Any] = NO_MEMBERS
    absent: str = ""
    busy: tuple[str, ...] = ()
    precedence: Precedence | None = None

    @property
    def error(self) -> str:
        """Name of the error of a failure, such as ``EndpointFailed``; a Catch can name it."""
        return self.subject.title().replace(" ", "") + "Failed"
