"""What is known of an execution, as pictures need it."""

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen


@frozen(kw_only=True)
class StepRun:
    """What an execution did at one step.

    Attributes:
        status: RUNNING, SUCCEEDED, FAILED, CAUGHT (it failed, and a Catch went on), ABORTED or TIMED_OUT.
        started: when it was first entered; None where that is not known.
        seconds: how long it took, or has taken so far; None where that is not known.
        attempts: how often its task was started; 0 for a step without a task.
        iterations: of a Map, or of a step inside of one: how many have each status.
        input: what the step was given, as JSON.
        output: what it gave, as JSON.
        error: name of its last error.
        cause: of that error.
        reason: what of the cause a person reads first, where the cause is a document such as a job's description.
        log: the name by which ``mlops logs`` shows what its job wrote.
    """

    status: str
    started: datetime | None = None
    seconds: float | None = None
    attempts: int = 0
    iterations: Mapping[str, int] = field(factory=dict)
    input: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    reason: str | None = None
    log: str | None = None


@frozen(kw_only=True)
class Run:
    """An execution of the workflow that is drawn.

    Attributes:
        steps: what it did, by name of the step; a step that it has not reached is missing.
        taken: the ways that it went, from step to step.
        name: of the execution.
        status: of the execution.
        started: when it began; None where that is not known.
        seconds: how long it took, or has taken so far; None where that is not known.
        error: name of its error.
        cause: of that error.
    """

    steps: Mapping[str, StepRun]
    taken: frozenset[tuple[str, str]] = frozenset()
    name: str = ""
    status: str = ""
    started: datetime | None = None
    seconds: float | None = None
    error: str | None = None
    cause: str | None = None


def duration(seconds: float) -> str:
    """A duration in few words: ``0.4 s``, ``2 min 05 s``, ``3 h 07 min``."""
    if seconds < 60 and round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min"
