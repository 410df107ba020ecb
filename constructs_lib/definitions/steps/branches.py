"""Steps that run other steps side by side: Parallel and Map."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from attrs import Factory, evolve, frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.map_items import ItemBatch, ItemReader, ResultWriter
from constructs_lib.definitions.needs import Need
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import Block, FallibleStep, Step, name_from
from constructs_lib.definitions.values import Reference


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
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


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class IteratingStep(FallibleStep, ABC):
    """A step that runs the same steps for each item of something.

    What is read of them after it is `result` alone, as a list in the order of the items: ``step.output("Results")``.
    A Catch inside ends the iteration, whose result then is null.

    Args:
        steps: what runs for each item. Names of jobs must differ between items, as by `MAP_INDEX`.
        max_concurrency: how many at the same time. Default: as many as Step Functions allows.
        result: what of an iteration is kept, such as an output of one of the steps. Default: nothing.
    """

    steps: Sequence[Step]
    max_concurrency: int = 0
    result: Reference | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The steps of an iteration."""
        return (Block(path="steps", steps=self.steps, own_scope=True),)

    def with_blocks(self, blocks: Sequence[Sequence[Step]]) -> Self:
        """The same step with other steps inside."""
        return evolve(self, steps=blocks[0])

    @property
    @abstractmethod
    def listed_items(self) -> Reference | Sequence[Any] | None:
        """The list of its items; None where they are read from elsewhere."""

    @property
    def response(self) -> Output | None:
        """What the step gives back."""
        return None if self.result is None else DeclaredOutput(members={"Results": "document"})


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class MapStep(IteratingStep):
    """Runs the same steps for each item of a list, within the workflow's execution.

    The steps read the item by `MapItem` and its number by `MAP_INDEX`.

    Args:
        items: the list: an execution input or output of a step of any JSON, or a list of plain values.
        max_concurrency: how many items at the same time; 0 to 40. Default: as many as Step Functions allows.
    """

    kind: ClassVar[str] = "Map"

    items: Reference | Sequence[Any]

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references; `result` is read at the end of an iteration."""
        return self.items

    @property
    def listed_items(self) -> Reference | Sequence[Any] | None:
        """The list of its items."""
        return self.items


def _label(step: "DistributedMapStep") -> str:
    return name_from(step.name)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class DistributedMapStep(IteratingStep):
    """Runs the same steps for each item, or batch of items, in executions of their own: thousands at the same time.

    The steps read the item by `MapItem` and its number by `MAP_INDEX`; with batches, all items by `MAP_BATCH`. They
    may read other steps and the execution's input like any step: the state passes those values on to each execution,
    whose whole input may have 256 KiB. `EXECUTION_ARN` and its like mean the workflow's own execution, everywhere.

    Args:
        items: a list as in `MapStep`, or what reads them from S3: `S3Objects`, `CsvItems`, `JsonItems`,
            `JsonLinesItems`, `InventoryItems`.
        batch: how many items go into one execution. Default: one.
        max_concurrency: how many executions at the same time; 0 to 10000. Default: as many as Step Functions allows.
        tolerated_failure_count: how many items may fail before the step does. Default: none, or `_percentage` says.
        tolerated_failure_percentage: how many of a hundred may; 0 to 100. The step fails when either is exceeded.
            Default: none, or `_count` says.
        execution_type: ``EXPRESS`` executions last five minutes at most, wait for no job, and are cheaper. Default:
            standard ones.
        results: where the results go; the step's output is then ``ResultWriterDetails.Bucket`` and
            ``ResultWriterDetails.Key`` of their manifest. Default: `result` of all iterations must fit into the
            workflow's state, and so must one ``null`` each where nothing is kept: some 50,000.
        label: part of the executions' ARNs: 1 to 40 letters, digits, ``-`` and ``_``; no two Maps of a workflow have
            the same. Default: made of the step's name.
    """

    kind: ClassVar[str] = "Distributed Map"

    items: Reference | Sequence[Any] | ItemReader
    batch: ItemBatch | None = None
    tolerated_failure_count: int | None = None
    tolerated_failure_percentage: int | None = None
    execution_type: Literal["STANDARD", "EXPRESS"] = "STANDARD"
    results: ResultWriter | None = None
    label: str = Factory(_label, takes_self=True)

    @property
    def listed_items(self) -> Reference | Sequence[Any] | None:
        """The list of its items; None where they are read from S3."""
        return None if isinstance(self.items, ItemReader) else self.items

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references; `result` is read at the end of an iteration."""
        items = self.items.request if isinstance(self.items, ItemReader) else self.items
        return (items, () if self.results is None else self.results.request)

    @property
    def response(self) -> Output | None:
        """What the step gives back."""
        if self.results is not None:
            return DeclaredOutput(members={"MapRunArn": "string", "ResultWriterDetails": "document"})
        return super().response

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do, besides what concerns its own executions."""
        read = self.items.needs if isinstance(self.items, ItemReader) else ()
        return (*read, *(() if self.results is None else self.results.needs))
