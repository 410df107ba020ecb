"""A workflow as plain data."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.failures import Catch, Retry
from constructs_lib.definitions.flow import Flow
from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.steps.base import FallibleStep, JobStep, Step
from constructs_lib.definitions.values import ExecutionInput, Text


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class WorkflowDefinition:
    """A workflow: a graph of typed steps that cannot be changed, checked as a whole when it is made.

    It is plain data: making one needs no AWS account, no credentials and no network. The state machine, the IAM
    statements and the picture are made from it.

    Args:
        name: of the workflow: 1 to 80 letters, digits, ``-`` and ``_``.
        steps: run in this order, unless `depends_on` of one of them says otherwise: then `depends_on` and the use of
            outputs decide, and steps that do not depend on each other run side by side.
        description: for the people who run it. Default: none.
        timeout_seconds: the execution fails after that time; 1 to 99999999. Default: no limit but Step Functions'
            own of one year.
        default_retry: when steps are run again that say nothing of it; each step gets those that can apply to it.
            ``Retry(max_attempts=0)`` on a step says never. Default: nothing is retried.
        default_catch: where steps lead when they have failed, that say nothing of it. Default: the execution fails.

    Raises:
        DefinitionError: all problems together, each with its step and where in it.

    Examples:
        >>> hello = LambdaStep(name="Hello", function_arn="arn:aws:lambda:eu-west-1:111122223333:function:hello")
        >>> [step.name for step in WorkflowDefinition(name="greeting", steps=[hello]).chain]
        ['Hello']
    """

    name: str
    steps: Sequence[Step]
    description: str | None = None
    timeout_seconds: int | None = None
    default_retry: Sequence[Retry] = ()
    default_catch: Sequence[Catch] = ()
    flow: Flow = field(init=False, repr=False)
    """How the steps run: in sequence, side by side, in branches."""

    def __attrs_post_init__(self) -> None:
        # the checks stand above the definitions; a definition asks them once, when it is made
        from constructs_lib.checks import check

        problems = check(self)
        if problems:
            raise DefinitionError(self.name, problems)
        object.__setattr__(self, "flow", Flow(self.steps, self.default_retry, self.default_catch))

    @property
    def chain(self) -> tuple[Step, ...]:
        """The steps as they run, those inside of others too; those side by side one after the other."""
        return tuple(self.flow.listed)

    @property
    def handlers(self) -> tuple[Step, ...]:
        """The steps that only a Catch leads to, in the order in which the steps name them."""
        return self.flow.all_handlers

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """The chain, and the steps that only a Catch leads to."""
        return self.flow.all_steps

    def step(self, name: str) -> Step:
        """A step by its name.

        Raises:
            KeyError: there is none of that name.
        """
        return {step.name: step for step in self.all_steps}[name]

    @property
    def execution_inputs(self) -> tuple[ExecutionInput, ...]:
        """The parameters of an execution that the steps read, in the order in which they are first read."""
        found: dict[str, ExecutionInput] = {}
        for step in self.all_steps:
            for value in step.references:
                if isinstance(value, ExecutionInput):
                    found.setdefault(value.name, value)
        return tuple(found.values())

    def execution_input_schema(self) -> dict[str, Any]:
        """What an execution's input must be, as a JSON Schema (draft 2020-12).

        A member that goes into a request as it is has the rules of the request, such as those for a job's name.
        """
        from constructs_lib.checks.execution_input import schema  # as above: checks stand above definitions

        return schema(self)

    @property
    def steps_without_role(self) -> tuple[JobStep, ...]:
        """The steps that still need a role before the workflow can be rendered."""
        return tuple(step for step in self.all_steps if isinstance(step, JobStep) and step.role is None)

    def with_roles(self, roles: Mapping[str, Text]) -> "WorkflowDefinition":
        """The same workflow with roles for steps that have none.

        Args:
            roles: ARNs of roles by name of the step.

        Raises:
            DefinitionError: a name is none of a step that still needs a role.
        """
        wanted = {step.name for step in self.steps_without_role}
        expected = ", ".join(sorted(wanted)) or "none: every step has its role"
        problems = tuple(
            Problem(step=name, path="role", message=f"got a role for {name!r}, expected one for: {expected}")
            for name in roles
            if name not in wanted
        )
        if problems:
            raise DefinitionError(self.name, problems)
        replaced: dict[int, Step] = {}

        def with_role(step: Step) -> Step:
            if id(step) not in replaced:
                new = step.with_role(roles[step.name]) if isinstance(step, JobStep) and step.name in roles else step
                if isinstance(new, FallibleStep) and new.catch:
                    new = evolve(new, catch=caught(new.catch))
                if new.blocks:
                    new = new.with_blocks([[with_role(inner) for inner in block.steps] for block in new.blocks])
                replaced[id(step)] = new
            return replaced[id(step)]

        def caught(catch: Sequence[Catch]) -> list[Catch]:
            return [evolve(found, next_step=with_role(found.next_step)) for found in catch]

        return evolve(self, steps=[with_role(step) for step in self.steps], default_catch=caught(self.default_catch))
