"""The step that chooses how the workflow goes on."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from attrs import evolve, frozen

from constructs_lib.definitions.conditions import AllOf, Condition
from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.steps.base import Block, Step


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ChoiceRule:
    """A way that a Choice takes.

    Args:
        condition: when it is taken.
        steps: what runs then; afterwards the workflow goes on behind the Choice, unless they end with a `FailStep` or
            `SucceedStep`. An empty list goes on at once.
    """

    condition: Condition
    steps: Sequence[Step] = ()


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ChoiceStep(Step):
    """Goes the way of the first rule whose condition is true.

    In SageMaker Pipelines it is a Condition step, which has exactly one rule; `if_else` makes it in those words.

    Args:
        rules: at least one; looked at in this order.
        otherwise: what runs where no condition is true; an empty list goes on behind the Choice.

    Examples:
        >>> from constructs_lib.definitions import ExecutionInput, FailStep, equal
        >>> stop = ChoiceRule(condition=equal(ExecutionInput("Mode"), "dry run"), steps=[FailStep(name="Dry run")])
        >>> ChoiceStep(name="Which mode?", rules=[stop], otherwise=[]).name
        'Which mode?'
    """

    kind: ClassVar[str] = "Choice"
    pipeline_type: ClassVar[str | None] = "Condition"

    rules: Sequence[ChoiceRule]
    otherwise: Sequence[Step]

    @classmethod
    def if_else(
        cls,
        *,
        name: str,
        conditions: Sequence[Condition],
        if_steps: Sequence[Step] = (),
        else_steps: Sequence[Step] = (),
        depends_on: Sequence[Step | str] = (),
        display_name: str | None = None,
        comment: str | None = None,
    ) -> Self:
        """A Choice of two ways, as SageMaker Pipelines' Condition step has them.

        Args:
            name: of the step.
            conditions: all must be true; at least one.
            if_steps: what runs where they are. Default: nothing.
            else_steps: what runs where they are not. Default: nothing.
            depends_on: as of every step.
            display_name: as of every step.
            comment: as of every step.
        """
        condition = conditions[0] if len(conditions) == 1 else AllOf(conditions)
        rule = ChoiceRule(condition=condition, steps=if_steps)
        return cls(
            name=name,
            rules=[rule],
            otherwise=else_steps,
            depends_on=depends_on,
            display_name=display_name,
            comment=comment,
        )

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
