"""Steps of this library in hand-written chains of aws_stepfunctions, and the other way round."""

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from constructs_lib.definitions import Allowed, DefinitionError, Problem, StateStep, WorkflowDefinition
from constructs_lib.definitions.steps import TaskStep
from constructs_lib.permissions import Statement, engine_statements
from constructs_lib.rendering import render_states
from constructs_lib.state_machines.job_roles import define_job_roles

_OWN = ("Assign", "Catch", "End", "Next", "QueryLanguage", "Retry")


class StepState(Construct):
    """A step of this library as a state of aws_stepfunctions, for a hand-written chain.

    Where the step takes several states, such as one that waits for an endpoint, the state is a Parallel of one branch,
    whose result is under ``Result``. Roles for the step's job are made as in a `StepFunctionsWorkflow`.

    Examples:
        >>> from aws_cdk import App
        >>> from constructs_lib.definitions import LambdaStep
        >>> stack = Stack(App(), "Own")
        >>> hello = LambdaStep(name="Hello", function_arn="arn:aws:lambda:eu-west-1:111122223333:function:hello")
        >>> taken = StepState(stack, "Hello", step=hello)
        >>> chain = taken.state.next(stepfunctions.Succeed(stack, "Done"))
        >>> machine = stepfunctions.StateMachine(
        ...     stack, "Machine", definition_body=stepfunctions.DefinitionBody.from_chainable(chain)
        ... )
        >>> taken.grant(machine)
    """

    def __init__(self, scope: Construct, construct_id: str, *, step: TaskStep, result_path: str = "$") -> None:
        """Defines the state.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            step: reads execution inputs, but no outputs of other steps. Catches are added to the state.
            result_path: where in the state's data the result goes. Default: it takes its place.

        Raises:
            DefinitionError: the step has a Catch, reads another step, or is not valid.
        """
        super().__init__(scope, construct_id)
        if step.catch:
            message = "got catches, expected none: add_catch of the state leads to states of the chain"
            raise DefinitionError(step.name, (Problem(step=step.name, path="catch", message=message),))
        definition = WorkflowDefinition(name="state", steps=[step])
        stack = Stack.of(self)
        roles = define_job_roles(self, definition)
        definition = definition.with_roles({name: role.role_arn for name, role in roles.items()})
        self.statements: tuple[Statement, ...] = engine_statements(
            definition, partition=stack.partition, region=stack.region, account=stack.account
        )
        """What the state machine's role must be allowed to do."""
        machine = render_states(definition, partition=stack.partition)
        self.state = stepfunctions.CustomState(
            self, step.name, state_json=_single_state(machine, step.name) | {"ResultPath": result_path}
        )
        """The state."""

    def grant(self, state_machine: stepfunctions.StateMachine) -> None:
        """Lets a state machine's role do what the state does."""
        for statement in self.statements:
            state_machine.add_to_role_policy(iam.PolicyStatement.from_json(statement.to_dict()))


def hand_written(state: stepfunctions.State, *, allowed: Sequence[Allowed] = ()) -> StateStep:
    """A single state of aws_stepfunctions as a step of a workflow.

    Args:
        state: of any kind but Choice, Succeed and Fail; what it leads to is left out, and so are its retries and
            catches: the step says those.
        allowed: what the engine must be allowed to do for it. Default: nothing.
    """
    document: Any = Stack.of(state).resolve(state.to_state_json())
    plain = json.loads(json.dumps(document))
    return StateStep(
        name=state.state_id,
        state={name: member for name, member in plain.items() if name not in _OWN},
        allowed=allowed,
    )


def _single_state(machine: dict[str, Any], name: str) -> dict[str, Any]:
    """One state that does what a machine does, without what comes next."""
    states = machine["States"]
    if len(states) == 1:
        return {key: member for key, member in states[name].items() if key not in ("End", "ResultPath")}
    branch = {"StartAt": machine["StartAt"], "States": states}
    return {"Type": "Parallel", "Branches": [branch], "ResultSelector": {"Result.$": "$[0]"}}
