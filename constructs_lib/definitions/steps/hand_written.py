"""The step that is a state of somebody's own."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import field, frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.needs import Calls, Need
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import FallibleStep
from constructs_lib.definitions.steps.calls import Allowed


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class StateStep(FallibleStep):
    """A state in the Amazon States Language, written by hand, among the steps of a workflow.

    The state's data is the execution's input, and its result does not replace it unless the state says so by a
    ``ResultPath``. Its output is its result: ``step.output("any.member")``.

    Args:
        state: the state in JSONPath, without ``Next`` and ``End``, ``Retry`` and ``Catch``: those the step has itself.
            References are not looked for in it.
        allowed: what the engine must be allowed to do for it. Default: nothing.
    """

    kind: ClassVar[str] = "State"

    state: Mapping[str, Any]
    allowed: Sequence[Allowed] = field(default=())

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return DeclaredOutput(members={"*": "document"})

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return tuple(
            Calls(actions=found.actions, resources=found.resources, reason=found.reason) for found in self.allowed
        )
