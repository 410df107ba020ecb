"""The fields of Map states: what each iteration gets, how many run at once, and for distributed ones all the rest."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from constructs_lib.definitions.map_items import ItemReader
from constructs_lib.definitions.members import present
from constructs_lib.definitions.steps.branches import DistributedMapStep, IteratingStep
from constructs_lib.definitions.values import MapIndex, MapItem, Reference
from constructs_lib.rendering.expressions import payload
from constructs_lib.rendering.variables import View

_INDEX = {"Index.$": "$$.Map.Item.Index"}
_VALUE = {"Value.$": "$$.Map.Item.Value"}


def processor_config(step: IteratingStep) -> dict[str, Any]:
    """Where the iterations of a Map run."""
    if isinstance(step, DistributedMapStep):
        return {"Mode": "DISTRIBUTED", "ExecutionType": step.execution_type}
    return {"Mode": "INLINE"}


def map_fields(
    step: IteratingStep,
    *,
    read: AbstractSet[type[Reference]],
    outside: Mapping[str, Any],
    view: View,
    partition: str,
) -> dict[str, Any]:
    """The fields of a Map's state but for its items' path, its processor, and what comes after it.

    Args:
        step: the Map.
        read: how its steps read the items.
        outside: what executions of a distributed Map are given besides their items; a payload template.
        view: of the variables, from the state.
        partition: of AWS.
    """
    if isinstance(step, DistributedMapStep):
        return present(_distributed_fields(step, read, outside, view, partition))
    return {**({"ItemSelector": _INDEX | _VALUE} if read else {}), "MaxConcurrency": step.max_concurrency}


def _distributed_fields(
    step: DistributedMapStep,
    read: AbstractSet[type[Reference]],
    outside: Mapping[str, Any],
    view: View,
    partition: str,
) -> dict[str, Any]:
    index = _INDEX if MapIndex in read else {}
    if step.batch is None:
        selector = {**index, **(_VALUE if MapItem in read else {}), **({"Outside": outside} if outside else {})}
        batcher = None
    else:  # what is given besides the items is given once a batch
        selector = {**index, **_VALUE} if index else {}
        limits = {"MaxItemsPerBatch": step.batch.max_items, "MaxInputBytesPerBatch": step.batch.max_bytes}
        batcher = present({**limits, "BatchInput": outside or None})
    return {
        "ItemReader": _reader(step.items, view, partition) if isinstance(step.items, ItemReader) else None,
        "ItemSelector": selector or None,
        "ItemBatcher": batcher,
        "MaxConcurrency": step.max_concurrency,
        "ToleratedFailureCount": step.tolerated_failure_count,
        "ToleratedFailurePercentage": step.tolerated_failure_percentage,
        "Label": step.label,
        "ResultWriter": _writer(step, view, partition),
    }


def _reader(reader: ItemReader, view: View, partition: str) -> dict[str, Any]:
    config = present({**reader.config, "MaxItems": reader.max_items})
    return present(
        {
            "Resource": f"arn:{partition}:states:::s3:{reader.action}",
            "ReaderConfig": config or None,
            "Parameters": payload(reader.request, view),
        }
    )


def _writer(step: DistributedMapStep, view: View, partition: str) -> dict[str, Any] | None:
    writer = step.results
    if writer is None:
        return None
    config = {"OutputType": writer.output_type, "Transformation": writer.transformation}
    plain = config == {"OutputType": "JSON", "Transformation": "NONE"}
    return present(
        {
            "Resource": f"arn:{partition}:states:::s3:putObject",
            "Parameters": payload(writer.request, view),
            "WriterConfig": None if plain else config,
        }
    )
