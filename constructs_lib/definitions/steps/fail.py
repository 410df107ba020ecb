"""The step that ends an execution as failed."""

from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.values import Text


@frozen(kw_only=True, eq=False)
class FailStep(Step):
    """Ends the execution as failed.

    Args:
        error: name of the execution's error, such as `CAUGHT_ERROR`. Default: none.
        cause: why it failed, such as `CAUGHT_CAUSE`, which keeps the cause that a Catch caught. Default: none.

    Example:
        >>> FailStep(name="Build failed", error=CAUGHT_ERROR, cause=CAUGHT_CAUSE).name
        'Build failed'
    """

    kind: ClassVar[str] = "Fail"

    error: Text | None = None
    cause: Text | None = None

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references."""
        return (self.error, self.cause)
