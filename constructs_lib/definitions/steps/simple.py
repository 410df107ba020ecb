"""Steps that call no service: Pass, Wait, Succeed and Fail."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.values import Text, Whole


@frozen(kw_only=True, eq=False, slots=False)
class FailStep(Step):
    """Ends the execution as failed.

    Args:
        error: name of the execution's error, such as `CAUGHT_ERROR`; SageMaker Pipelines has none. Default: none.
        cause: why it failed, such as `CAUGHT_CAUSE`, which keeps the cause that a Catch caught; SageMaker Pipelines'
            message. Default: none.

    Examples:
        >>> FailStep(name="Build failed", error=CAUGHT_ERROR, cause=CAUGHT_CAUSE).name
        'Build failed'
    """

    kind: ClassVar[str] = "Fail"
    pipeline_type: ClassVar[str | None] = "Fail"

    error: Text | None = None
    cause: Text | None = None

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references."""
        return (self.error, self.cause)

    def pipeline_arguments(self, *, custom_prefix: bool) -> Mapping[str, Any]:  # noqa: ARG002 - it names no job
        """The step's Arguments in a pipeline's document."""
        return {"ErrorMessage": "" if self.cause is None else self.cause}


@frozen(kw_only=True, eq=False, slots=False)
class SucceedStep(Step):
    """Ends the execution as succeeded; inside a `ParallelStep` or `MapStep`, the branch or iteration."""

    kind: ClassVar[str] = "Succeed"


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class PassStep(Step):
    """Gives names to values: ``step.output("prefix")`` is what `given` has under ``prefix``.

    Args:
        given: JSON with references anywhere in it, by name. Default: nothing.
    """

    kind: ClassVar[str] = "Pass"

    given: Mapping[str, Any] = NO_MEMBERS

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references."""
        return self.given

    @property
    def response(self) -> Output | None:
        """What the step gives back."""
        return DeclaredOutput(members=dict.fromkeys(self.given, "document"))


@frozen(kw_only=True, eq=False, slots=False)
class WaitStep(Step):
    """Waits for a time, or until a time; one of both is given.

    Args:
        seconds: 0 to 99999999. Default: none.
        until: a time in ISO 8601, such as ``2027-01-01T00:00:00Z``. Default: none.
    """

    kind: ClassVar[str] = "Wait"

    seconds: Whole | None = None
    until: Text | None = None

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references."""
        return (self.seconds, self.until)
