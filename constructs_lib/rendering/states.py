"""A definition as a state machine in the Amazon States Language.

JSONPath with variables: a step's result is kept only where a later step reads it, and just the members that are read;
it does not replace the state's input. An execution's input is read from the context object.
"""

from typing import Any

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.failures import ALL_ERRORS, TASK_FAILED, Catch, Retry
from constructs_lib.definitions.steps.base import Integration, Step, TaskStep, WaitLoop
from constructs_lib.definitions.steps.fail import FailStep
from constructs_lib.definitions.values import CaughtValue, Reference, Text
from constructs_lib.definitions.workflow import WorkflowDefinition
from constructs_lib.rendering.expressions import expression, payload
from constructs_lib.rendering.variables import Variables

_PATTERNS = {"request": "", "sync": ".sync", "callback": ".waitForTaskToken"}
_ASK_AGAIN = {"ErrorEquals": [TASK_FAILED], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2.0}


def render_states(definition: WorkflowDefinition, *, partition: str = "aws") -> dict[str, Any]:
    """The state machine of a definition, as a dictionary for `json.dumps`; the same for the same definition.

    Args:
        definition: every step of it has its role.
        partition: of AWS, as a text or a token. Default: the commercial one.

    Raises:
        DefinitionError: steps have no role yet; each is named.
    """
    problems = tuple(
        Problem(step=step.name, path="role", message="missing, expected the ARN of a role; with_roles gives it one")
        for step in definition.steps_without_role
    )
    if problems:
        raise DefinitionError(definition.name, problems)
    return states_document(definition, partition=partition)


def states_document(definition: WorkflowDefinition, *, partition: str = "aws") -> dict[str, Any]:
    """The state machine of a definition, roles or not; without them it can be drawn but not deployed."""
    renderer = _Renderer(definition, partition)
    states: dict[str, Any] = {}
    chain = definition.chain
    for step, following in zip(chain, (*chain[1:], None), strict=True):
        states |= renderer.states(step, None if following is None else following.name)
    for step in definition.handlers:
        states |= renderer.states(step, None)
    document = {
        "Comment": definition.description,
        "QueryLanguage": "JSONPath",
        "StartAt": chain[0].name,
        "TimeoutSeconds": definition.timeout_seconds,
        "States": states,
    }
    return _present(document)


class _Renderer:
    def __init__(self, definition: WorkflowDefinition, partition: str) -> None:
        self._variables = Variables(definition.all_steps)
        self._partition = partition

    def states(self, step: Step, following: str | None) -> dict[str, Any]:
        """The states of one step: one, or one and its helpers."""
        if isinstance(step, FailStep):
            return {step.name: self._fail(step.comment, step.error, step.cause)}
        if not isinstance(step, TaskStep):
            raise TypeError(f"{type(step).__name__} has no form in the Amazon States Language")
        loop = step.wait_loop
        if loop is None:
            return {step.name: self._task(step, step.integration, step.request, following) | self._reactions(step)}
        return self._waiting(step, loop, following)

    def _task(self, step: TaskStep, call: Integration, request: Any, following: str | None) -> dict[str, Any]:
        state = {
            "Type": "Task",
            "Comment": step.comment,
            "Resource": self._resource(call),
            "Parameters": payload(request, self._variables),
            "TimeoutSeconds": step.timeout_seconds,
            "Assign": None if step.wait_loop is not None else self._variables.assign(step),
        }
        return {**_present(state), "ResultPath": None, **_transition(following)}

    def _reactions(self, step: TaskStep) -> dict[str, Any]:
        reactions = {
            "Retry": [_retry(retry) for retry in step.retry] or None,
            "Catch": [_catch(catcher) for catcher in step.catch] or None,
        }
        return _present(reactions)

    def _resource(self, call: Integration) -> str:
        prefix = "aws-sdk:" if call.sdk else ""
        return f"arn:{self._partition}:states:::{prefix}{call.service}:{call.action}{_PATTERNS[call.pattern]}"

    def _waiting(self, step: TaskStep, loop: WaitLoop, following: str | None) -> dict[str, Any]:
        """The request, and behind it: describe, look at the status, wait, describe again."""
        describe, look = f"{step.name}: describe", f"{step.name}: {loop.goal}?"
        wait, done = f"{step.name}: wait", f"{step.name}: {loop.goal}"
        failed, ended = f"{step.name}: failed", f"{step.name}: not {loop.goal}"
        catches = {"Catch": [_catch(catcher) for catcher in step.catch] or None}
        question = {
            "Type": "Task",
            "Resource": self._resource(loop.question),
            "Parameters": payload(loop.request, self._variables),
            "Retry": [dict(_ASK_AGAIN)],
            "Next": look,
            **catches,
        }
        status = f"$.{loop.status}"
        # only then are all members of the response sure to be there
        keep = _present({"Assign": self._variables.assign(step)})
        choices = [
            *({"Variable": status, "StringEquals": value, **keep, "Next": following or done} for value in loop.done),
            *({"Variable": status, "StringEquals": value, "Next": wait} for value in loop.pending),
            {"Variable": f"$.{loop.reason}", "IsPresent": True, "Next": failed},
        ]
        states: dict[str, Any] = {
            step.name: self._task(step, step.integration, step.request, describe) | self._reactions(step),
            describe: _present(question),
            look: {"Type": "Choice", "Choices": choices, "Default": ended},
            wait: {"Type": "Wait", "Seconds": loop.poll_seconds, "Next": describe},
            failed: self._loop_failure(step, loop, f"'{loop.subject} is {{}}: {{}}', {status}, $.{loop.reason}"),
            ended: self._loop_failure(step, loop, f"'{loop.subject} is {{}}', {status}"),
        }
        if following is None:
            states[done] = {"Type": "Succeed"}
        return states

    def _loop_failure(self, step: TaskStep, loop: WaitLoop, arguments: str) -> dict[str, Any]:
        cause = f"States.Format({arguments})"
        wanted = {loop.error, TASK_FAILED, ALL_ERRORS}
        catcher = next((found for found in step.catch if wanted & set(found.errors)), None)
        if catcher is None:
            return {"Type": "Fail", "Error": loop.error, "CausePath": cause}
        error = {"Error": loop.error, "Cause.$": cause}
        return {"Type": "Pass", "Parameters": error, "Next": catcher.next_step.name}

    def _fail(self, comment: str | None, error: Text | None, cause: Text | None) -> dict[str, Any]:
        return _present(
            {"Type": "Fail", "Comment": comment, **self._fail_text("Error", error), **self._fail_text("Cause", cause)}
        )

    def _fail_text(self, name: str, value: Text | None) -> dict[str, Any]:
        if not isinstance(value, Reference):
            return {name: value}
        text = expression(value, self._variables)
        # a Fail state takes paths into its input, and intrinsic functions
        direct = isinstance(value, CaughtValue) or text.startswith("States.")
        return {f"{name}Path": text if direct else f"States.Format('{{}}', {text})"}


def _retry(retry: Retry) -> dict[str, Any]:
    document = {
        "ErrorEquals": list(retry.errors),
        "IntervalSeconds": retry.interval_seconds,
        "MaxAttempts": retry.max_attempts,
        "BackoffRate": retry.backoff_rate,
        "MaxDelaySeconds": retry.max_delay_seconds,
        "JitterStrategy": "FULL" if retry.full_jitter else None,
    }
    return _present(document)


def _catch(catcher: Catch) -> dict[str, Any]:
    return {"ErrorEquals": list(catcher.errors), "Next": catcher.next_step.name}


def _transition(following: str | None) -> dict[str, Any]:
    return {"End": True} if following is None else {"Next": following}


def _present(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not None}
