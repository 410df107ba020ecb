"""What happens when a step fails: Retry and Catch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from constructs_lib.definitions.freezing import freeze_fields

if TYPE_CHECKING:  # a step holds its catchers, and a catcher a step
    from constructs_lib.definitions.steps.base import Step

TASK_FAILED = "States.TaskFailed"
"""Any failure of a task but a timeout."""

ALL_ERRORS = "States.ALL"
"""Any error; stands alone, in the last Retry or Catch."""

STATES_ERRORS = frozenset(
    {
        ALL_ERRORS,
        "States.BranchFailed",
        "States.DataLimitExceeded",
        "States.ExceedToleratedFailureThreshold",
        "States.HeartbeatTimeout",
        "States.Http.Socket",
        "States.IntrinsicFailure",
        "States.ItemReaderFailed",
        "States.NoChoiceMatched",
        "States.ParameterPathFailure",
        "States.Permissions",
        "States.QueryEvaluationError",
        "States.ResultPathMatchFailure",
        "States.ResultWriterFailed",
        "States.Runtime",
        TASK_FAILED,
        "States.Timeout",
    }
)
"""The error names that Step Functions itself gives; others must not begin with ``States.``."""


_OF_ANY_STEP = frozenset({ALL_ERRORS, TASK_FAILED, "States.Timeout", "States.DataLimitExceeded", "States.Permissions"})
_OF_TEMPLATES = frozenset({"States.IntrinsicFailure", "States.ParameterPathFailure"})
_PREFIXES = {
    "codebuild": "CodeBuild",
    "events": "EventBridge",
    "lambda": "Lambda",
    "s3": "S3",
    "sagemaker": "SageMaker",
    "sns": "SNS",
    "sqs": "SQS",
    "states": "StepFunctions",
}


def can_occur(error: str, *, service: str, own: Sequence[str] = (), any_name: bool = False) -> bool:
    """Whether a call of a service can fail with an error of this name.

    Args:
        error: its name.
        service: as in the resource of a state.
        own: names of errors that only this step gives.
        any_name: whether what is called chooses names of its own, as functions and callbacks do.
    """
    if error.startswith("States."):
        heartbeat = any_name and error == "States.HeartbeatTimeout"
        return error in _OF_ANY_STEP or error in _OF_TEMPLATES or heartbeat
    prefix = error.partition(".")[0]
    if service not in _PREFIXES or prefix == _PREFIXES[service] or error in own:
        return True
    return any_name and prefix not in set(_PREFIXES.values())


@frozen(kw_only=True, field_transformer=freeze_fields)
class Retry:
    """When to run a failed step again.

    Args:
        errors: names of the errors. Default: any failure of the task but a timeout.
        interval_seconds: pause before the first retry; 1 to 99999999. Default: one second.
        max_attempts: how often it is retried; 0 to 99999999, 0 means never. Default: three times.
        backoff_rate: factor by which the pause grows each time; at least 1. Default: it doubles.
        max_delay_seconds: longest pause; above the interval, below 31622400. Default: no limit.
        full_jitter: draws each pause at random between zero and its length. Default: no jitter.
    """

    errors: Sequence[str] = field(default=(TASK_FAILED,))
    interval_seconds: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = None
    full_jitter: bool = False


@frozen(kw_only=True, field_transformer=freeze_fields)
class Catch:
    """Where to go on when a step has failed for good.

    Args:
        errors: names of the errors. Default: all.
        next_step: a step outside the workflow's chain, such as a `FailStep`; the execution ends after it.
    """

    errors: Sequence[str] = field(default=(ALL_ERRORS,))
    next_step: "Step"
