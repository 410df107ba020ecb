"""Which steps of a pipeline an execution runs, where it does not run all."""

from attrs import frozen


@frozen(kw_only=True)
class Selection:
    """A choice of steps; what they read of the others comes from an earlier execution.

    Attributes:
        only: names of the steps to run.
        start: name of a step to run with all that wait for it, or None.
        reference: name or ARN of the execution that the others' outputs come from; None for the newest.
    """

    only: tuple[str, ...] = ()
    start: str | None = None
    reference: str | None = None
