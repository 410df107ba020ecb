"""Steps that call a service, as states: the call, its errors, and the loop that waits where Step Functions cannot."""

from collections.abc import Callable, Iterable
from typing import Any

from constructs_lib.definitions.failures import ALL_ERRORS, TASK_FAILED, Catch, Retry
from constructs_lib.definitions.steps.base import Integration, TaskStep, WaitLoop
from constructs_lib.rendering.expressions import payload
from constructs_lib.rendering.variables import View

_PATTERNS = {"request": "", "sync": ".sync", "callback": ".waitForTaskToken"}
_ASK_AGAIN = {"ErrorEquals": [TASK_FAILED], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2.0}

Catches = Iterable[tuple[Catch, str]]
"""Catches, each with the state that it leads to."""


def present(document: dict[str, Any]) -> dict[str, Any]:
    """A document without the members that are None."""
    return {key: value for key, value in document.items() if value is not None}


def transition(following: str | None) -> dict[str, Any]:
    """The members that tell what comes next."""
    return {"End": True} if following is None else {"Next": following}


def reactions(retry: Iterable[Retry], catches: Catches) -> dict[str, Any]:
    """Retry and Catch of a state."""
    return present(
        {
            "Retry": [_retry(found) for found in retry] or None,
            "Catch": [_catch(found, target) for found, target in catches] or None,
        }
    )


def resource(call: Integration, partition: str) -> str:
    """The resource of a Task state."""
    prefix = "aws-sdk:" if call.sdk else ""
    return f"arn:{partition}:states:::{prefix}{call.service}:{call.action}{_PATTERNS[call.pattern]}"


def task_state(
    step: TaskStep, *, partition: str, view: View, assign: dict[str, Any] | None, following: str | None
) -> dict[str, Any]:
    """The state of a step's call."""
    state = {
        "Type": "Task",
        "Comment": step.comment,
        "Resource": resource(step.integration, partition),
        "Parameters": payload(step.request, view),
        "TimeoutSeconds": step.timeout_seconds,
        "Assign": assign,
    }
    return {**present(state), "ResultPath": None, **transition(following)}


def waiting_states(
    step: TaskStep,
    loop: WaitLoop,
    *,
    partition: str,
    view: View,
    assign: dict[str, Any] | None,
    following: str | None,
    retry: Iterable[Retry],
    catches: list[tuple[Catch, str]],
    helper: Callable[[str], str],
) -> dict[str, Any]:
    """The request, and behind it: describe, look at the status, wait, describe again."""
    describe, look, wait = helper("describe"), helper(f"{loop.goal}?"), helper("wait")
    failed, ended = helper("failed"), helper(f"not {loop.goal}")
    done = helper(loop.goal) if following is None else following
    question = {
        "Type": "Task",
        "Resource": resource(loop.question, partition),
        "Parameters": payload(loop.request, view),
        "Retry": [dict(_ASK_AGAIN)],
        "Next": look,
        **reactions((), catches),
    }
    status = f"$.{loop.status}"
    keep = present({"Assign": assign})  # only then are all members of the response sure to be there
    choices = [
        *({"Variable": status, "StringEquals": value, **keep, "Next": done} for value in loop.done),
        *({"Variable": status, "StringEquals": value, "Next": wait} for value in loop.pending),
        {"Variable": f"$.{loop.reason}", "IsPresent": True, "Next": failed},
    ]
    request = task_state(step, partition=partition, view=view, assign=None, following=describe)
    states: dict[str, Any] = {
        step.name: request | reactions(retry, catches),
        describe: question,
        look: {"Type": "Choice", "Choices": choices, "Default": ended},
        wait: {"Type": "Wait", "Seconds": loop.poll_seconds, "Next": describe},
        failed: _loop_failure(loop, f"'{loop.subject} is {{}}: {{}}', {status}, $.{loop.reason}", catches),
        ended: _loop_failure(loop, f"'{loop.subject} is {{}}', {status}", catches),
    }
    if following is None:
        states[done] = {"Type": "Succeed"}
    return states


def _loop_failure(loop: WaitLoop, arguments: str, catches: list[tuple[Catch, str]]) -> dict[str, Any]:
    cause = f"States.Format({arguments})"
    wanted = {loop.error, TASK_FAILED, ALL_ERRORS}
    target = next((target for found, target in catches if wanted & set(found.errors)), None)
    if target is None:
        return {"Type": "Fail", "Error": loop.error, "CausePath": cause}
    return {"Type": "Pass", "Parameters": {"Error": loop.error, "Cause.$": cause}, "Next": target}


def _retry(retry: Retry) -> dict[str, Any]:
    document = {
        "ErrorEquals": list(retry.errors),
        "IntervalSeconds": retry.interval_seconds,
        "MaxAttempts": retry.max_attempts,
        "BackoffRate": retry.backoff_rate,
        "MaxDelaySeconds": retry.max_delay_seconds,
        "JitterStrategy": "FULL" if retry.full_jitter else None,
    }
    return present(document)


def _catch(catcher: Catch, target: str) -> dict[str, Any]:
    return {"ErrorEquals": list(catcher.errors), "Next": target}
