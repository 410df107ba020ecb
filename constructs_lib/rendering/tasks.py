"""Steps that call a service, as states: the call, its errors, and the loop that waits where Step Functions cannot."""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen

from constructs_lib.definitions.failures import ALL_ERRORS, TASK_FAILED, Catch, Retry
from constructs_lib.definitions.members import present
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration, Precedence, WaitLoop
from constructs_lib.rendering.expressions import payload
from constructs_lib.rendering.variables import View

_PATTERNS = {"request": "", "sync": ".sync", "sync:2": ".sync:2", "callback": ".waitForTaskToken"}
_ASK_AGAIN = {"ErrorEquals": [TASK_FAILED], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2.0}
# the answer may be that it does not exist, which no patience changes
_ASK_BRIEFLY = {"ErrorEquals": [TASK_FAILED], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 2.0}

Catches = Iterable[tuple[Catch, str]]
"""Catches, each with the state that it leads to."""


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


def selecting_states(
    step: TaskStep,
    *,
    partition: str,
    view: View,
    assign: dict[str, Any] | None,
    following: str | None,
    helper: Callable[[str], str],
) -> dict[str, Any]:
    """A call, and a state behind it that keeps what is selected of its response."""
    keep = helper("keep")
    call = task_state(step, partition=partition, view=view, assign=None, following=keep)
    del call["ResultPath"]
    return {
        step.name: call | {"ResultSelector": dict(step.selector or {})},
        keep: present({"Type": "Pass", "Assign": assign}) | transition(following),
    }


@frozen(kw_only=True)
class Surroundings:
    """What the states of a step that waits are made with.

    Attributes:
        partition: of AWS.
        view: of the variables.
        assign: the Assign that keeps the step's output.
        following: the state behind the step; None at an end.
        retry: of the request.
        catches: of the step.
        helper: gives names to helper states.
        started: a variable for what the request has told or asked for.
    """

    partition: str
    view: View
    assign: dict[str, Any] | None
    following: str | None
    retry: Iterable[Retry]
    catches: list[tuple[Catch, str]]
    helper: Callable[[str], str]
    started: Callable[[], str]


def waiting_states(step: TaskStep, loop: WaitLoop, around: Surroundings) -> dict[str, Any]:
    """The request, and behind it: describe, look at the status, wait, describe again."""
    describe, look, wait = around.helper("describe"), around.helper(f"{loop.goal}?"), around.helper("wait")
    failed, ended = around.helper("failed"), around.helper(f"not {loop.goal}")
    done = around.helper(loop.goal) if around.following is None else around.following
    started = around.started() if loop.handles or loop.expected or loop.precedence else ""
    question = {
        "Type": "Task",
        "Resource": resource(loop.question, around.partition),
        "Parameters": payload(loop.request, around.view) | {f"{name}.$": f"${started}.{name}" for name in loop.handles},
        "Retry": [dict(_ASK_AGAIN)],
        "Next": look,
        **reactions((), around.catches),
    }
    status = f"$.{loop.status}"
    keep = present({"Assign": around.assign})  # only then are all members of the response sure to be there
    expected = [{"Variable": f"$.{name}", "StringEqualsPath": f"${started}.{name}"} for name in loop.expected]
    reached = [_all([{"Variable": status, "StringEquals": value}, *expected]) for value in loop.done]
    choices = [
        *({**condition, **keep, "Next": done} for condition in reached),
        *({"Variable": status, "StringEquals": value, "Next": wait} for value in loop.pending),
        {"Variable": f"$.{loop.reason}", "IsPresent": True, "Next": failed},
    ]
    other = around.helper("other") if loop.expected else ""
    if other:
        # somebody else has changed it since the request
        told = [{"Variable": f"$.{name}", "IsPresent": True} for name in loop.expected]
        choices += [_all([{"Variable": status, "StringEquals": value}, *told]) | {"Next": other} for value in loop.done]
    states: dict[str, Any] = {
        **request_states(step, loop, started=started, following=describe, around=around),
        describe: question,
        look: {"Type": "Choice", "Choices": choices, "Default": ended},
        wait: {"Type": "Wait", "Seconds": loop.poll_seconds, "Next": describe},
        failed: _loop_failure(loop, f"'{loop.subject} is {{}}: {{}}', {status}, $.{loop.reason}", around.catches),
        ended: _loop_failure(loop, f"'{loop.subject} is {{}}', {status}", around.catches),
    }
    if other:
        names = ", ".join(f"{name} {{}}" for name in loop.expected)
        found = ", ".join(f"$.{name}" for name in loop.expected)
        cause = f"'{loop.subject} is {{}}, with the {names} of another request', {status}, {found}"
        states[other] = _loop_failure(loop, cause, around.catches)
    if around.following is None:
        states[done] = {"Type": "Succeed"}
    return states


def request_states(
    step: TaskStep, loop: WaitLoop, *, started: str, following: str, around: Surroundings
) -> dict[str, Any]:
    """The request that is waited for; where it depends on what exists, the question before it and each request."""
    assign = None
    if started:
        told = {f"{name}.$": f"$.{name}" for name in loop.handles}
        assign = {started: payload(loop.expected, around.view) | told}
    reacting = reactions(around.retry, around.catches)
    if loop.otherwise is None:
        request = task_state(step, partition=around.partition, view=around.view, assign=assign, following=following)
        return {step.name: request | reacting}
    there, absent = around.helper("update"), around.helper("create")
    changing, busy = around.helper("changing?"), around.helper("busy")
    before: dict[str, Any] = {}
    first = there
    if loop.precedence is not None:
        before = _precedence_states(loop, loop.precedence, started=started, following=there, around=around)
        first = next(iter(before))
    look = {
        "Type": "Task",
        "Comment": step.comment,
        "Resource": resource(loop.question, around.partition),
        "Parameters": payload(loop.request, around.view),
        "Assign": None
        if loop.precedence is None
        else {started: {f"{loop.precedence.name}.$": f"$.{loop.precedence.name}"}},
        "Next": changing,
        # what is wrong besides its absence, the request to create it will tell
        "Catch": [{"ErrorEquals": [loop.absent], "ResultPath": None, "Next": absent}, *reacting.get("Catch", ())],
    }
    others = {
        changing: {
            "Type": "Choice",
            "Choices": [
                {"Variable": f"$.{loop.status}", "StringEquals": value, "Next": busy} for value in loop.pending
            ],
            "Default": first,
        },
        busy: {"Type": "Wait", "Seconds": loop.poll_seconds, "Next": step.name},
    }
    # somebody may be quicker, between the look and the request
    refused = _refusal_states(loop, around, busy=busy)
    reacting["Catch"] = [{"ErrorEquals": [TASK_FAILED], "Next": next(iter(refused))}, *reacting.get("Catch", ())]
    both: dict[str, Any] = {}
    for name, call, document in (
        (there, step.integration, step.request),
        (absent, loop.otherwise, loop.otherwise_request),
    ):
        request = {
            "Type": "Task",
            "Resource": resource(call, around.partition),
            "Parameters": payload(document, around.view),
            "TimeoutSeconds": step.timeout_seconds,
            "Assign": assign,
        }
        both[name] = {**present(request), "ResultPath": None, "Next": following} | reacting
    return {step.name: present(look), **others, **before, **both, **refused}


def _precedence_states(
    loop: WaitLoop, rule: Precedence, *, started: str, following: str, around: Surroundings
) -> dict[str, Any]:
    """Two questions before a change, and a failure where what is there was made later than what is to come."""
    live, own, newer, overtaken = (around.helper(each) for each in ("live", "own", "newer?", "overtaken"))
    ask = {"Type": "Task", "Resource": resource(rule.question, around.partition)}
    cause = f"'{loop.subject} has {{}}, which was made later', ${started}.{rule.name}"
    return {
        live: {
            **ask,
            "Parameters": {f"{rule.name}.$": f"${started}.{rule.name}"},
            "ResultPath": None,
            "Assign": {started: {f"{name}.$": f"$.{name}" for name in (rule.name, rule.moment)}},
            "Next": own,
            "Retry": [dict(_ASK_BRIEFLY)],
            # what it has may be used though it is deleted: nothing is known of it then
            "Catch": [{"ErrorEquals": [loop.absent], "ResultPath": None, "Next": following}],
        },
        own: {
            **ask,
            "Parameters": payload(rule.own, around.view),
            "Next": newer,
            "Retry": [dict(_ASK_AGAIN)],
            **reactions((), around.catches),
        },
        newer: {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": f"$.{rule.moment}",
                    "TimestampLessThanPath": f"${started}.{rule.moment}",
                    "Next": overtaken,
                }
            ],
            "Default": following,
        },
        overtaken: _loop_failure(loop, cause, around.catches),
    }


def _refusal_states(loop: WaitLoop, around: Surroundings, *, busy: str) -> dict[str, Any]:
    """What a refused request leads to: the first question again, after a pause, or where the step's Catches say."""
    refused, thrown = around.helper("refused"), around.helper("thrown")
    choices: list[dict[str, Any]] = [
        {"Variable": "$.Cause", "StringMatches": f"*{text}*", "Next": busy} for text in loop.busy
    ]
    default = thrown
    for catch, target in around.catches:
        if {TASK_FAILED, ALL_ERRORS} & set(catch.errors):
            default = target
            break
        choices += [{"Variable": "$.Error", "StringEquals": error, "Next": target} for error in catch.errors]
    states: dict[str, Any] = {refused: {"Type": "Choice", "Choices": choices, "Default": default}}
    if default == thrown:
        states[thrown] = {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    return states


def _all(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return conditions[0] if len(conditions) == 1 else {"And": conditions}


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
