"""What a reference will be when the workflow runs."""

from constructs_lib.checks.rules import Steps
from constructs_lib.definitions.pipeline_values import JsonGet
from constructs_lib.definitions.values import (
    ContextValue,
    ExecutionInput,
    MapBatch,
    MapIndex,
    MapItem,
    Reference,
    StepOutput,
    ValueType,
)


def value_type(value: Reference, subject: Steps) -> ValueType | None:
    """What a reference will be when the workflow runs; None where that is not known."""
    if isinstance(value, ExecutionInput | ContextValue):
        return value.type
    if isinstance(value, StepOutput):
        source = subject.by_name.get(value.step)
        found = None if source is None else subject.output_type(source, value.path)
        return found.type if found is not None and found.problem is None else None
    if isinstance(value, MapItem | MapBatch):
        return "document"
    if isinstance(value, JsonGet):
        return None
    return "integer" if isinstance(value, MapIndex) else "string"
