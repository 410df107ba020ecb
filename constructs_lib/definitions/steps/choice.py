"""The step that chooses how the workflow goes on."""

from collections.abc import Sequence
from typing import Any, ClassVar

from attrs import evolve, frozen

from constructs_lib.definitions.conditions import Condition
from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.steps.base import Block, Step


@frozen(kw_only=True, eq=False, field_transformer=freeze_fields)
class ChoiceRule:
    """A way that a Choice takes.

    Args:
        condition: when it is taken.
        steps: what runs then; afterwards the workflow goes on behind the Choice, unless they end with a `FailStep` or
            `SucceedStep`. An empty list goes on at once.
    """

    condition: Condition
    steps: Sequence[Step] = ()


@frozen(kw_only=True, eq=False, field_transformer=freeze_fields)
class ChoiceStep(Step):
    """Goes the way of the first rule whose condition is true.

    Args:
        rules: at least one; looked at in this order.
        otherwise: what runs where no condition is true; an empty list goes on behind the Choice.

    Example:
        >>> from constructs_lib.definitions import ExecutionInput, FailStep, equal
        >>> stop = ChoiceRule(condition=equal(ExecutionInput("Mode"), "dry run"), steps=[FailStep(name="Dry run")])
        >>> ChoiceStep(name="Which mode?", rules=[stop], otherwise=[]).name
        'Which mode?'
    """

    kind: ClassVar[str] = "Choice"

    rules: Sequence[ChoiceRule]
    otherwise: Sequence[Step]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The ways."""
        ways = [(f"rules[{number}].steps", rule.steps) for number, rule in enumerate(self.rules)]
        ways.append(("otherwise", self.otherwise))
        return tuple(Block(path=path, steps=steps, own_scope=False) for path, steps in ways)

    def with_blocks(self, blocks: Sequence[Sequence[Step]]) -> "ChoiceStep":
        """The same step with other steps inside."""
        rules = [evolve(rule, steps=steps) for rule, steps in zip(self.rules, blocks[:-1], strict=True)]
        return evolve(self, rules=rules, otherwise=blocks[-1])

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references."""
        return tuple(rule.condition.values for rule in self.rules)
