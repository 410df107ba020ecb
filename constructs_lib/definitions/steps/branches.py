"""Steps that run other steps side by side: Parallel and Map."""

from collections.abc import Sequence
from typing import Any, ClassVar

from attrs import evolve, frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import Block, FallibleStep, Step
from constructs_lib.definitions.values import Reference


@frozen(kw_only=True, eq=False, field_transformer=freeze_fields)
class ParallelStep(FallibleStep):
    """Runs branches side by side and goes on when all have ended.

    Where one branch fails, the others are stopped and the step fails with the branch's error. Outputs of the steps
    inside can be read by later steps, as if they had run one after the other. A Catch inside a branch ends that branch.

    Args:
        branches: lists of steps; at least one.
    """

    kind: ClassVar[str] = "Parallel"

    branches: Sequence[Sequence[Step]]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The branches."""
        return tuple(
            Block(path=f"branches[{number}]", steps=steps, own_scope=True) for number, steps in enumerate(self.branches)
        )

    def with_blocks(self, blocks: Sequence[Sequence[Step]]) -> "ParallelStep":
        """The same step with other steps inside."""
        return evolve(self, branches=blocks)


@frozen(kw_only=True, eq=False, field_transformer=freeze_fields)
class MapStep(FallibleStep):
    """Runs the same steps for each item of a list.

    The steps read the item by `MapItem` and its number by `MAP_INDEX`. What is read of them after the Map is `result`
    alone, as a list in the order of the items: ``step.output("Results")``. A Catch inside ends the iteration, whose
    result then is null.

    Args:
        items: the list: an execution input or output of a step of any JSON, or a list of plain values.
        steps: what runs for each item; names of jobs must differ between items, as by `MAP_INDEX`.
        max_concurrency: how many items at the same time; 0 to 40. Default: as many as Step Functions allows.
        result: what of an iteration is kept, such as an output of one of the steps. Default: nothing.
    """

    kind: ClassVar[str] = "Map"

    items: Reference | Sequence[Any]
    steps: Sequence[Step]
    max_concurrency: int = 0
    result: Reference | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The steps of an iteration."""
        return (Block(path="steps", steps=self.steps, own_scope=True),)

    def with_blocks(self, blocks: Sequence[Sequence[Step]]) -> "MapStep":
        """The same step with other steps inside."""
        return evolve(self, steps=blocks[0])

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references; `result` is read at the end of an iteration."""
        return self.items

    @property
    def response(self) -> Output | None:
        """What the step gives back."""
        return None if self.result is None else DeclaredOutput(members={"Results": "document"})
