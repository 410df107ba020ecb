"""What a reference will be when the workflow runs."""

from constructs_lib.checks.output_types import output_type
from constructs_lib.checks.rules import Subject
from constructs_lib.definitions.values import (
    ContextValue,
    ExecutionInput,
    MapIndex,
    MapItem,
    Reference,
    StepOutput,
    ValueType,
)


def value_type(value: Reference, subject: Subject) -> ValueType | None:
    """What a reference will be when the workflow runs; None where that is not known."""
    if isinstance(value, ExecutionInput | ContextValue):
        return value.type
    if isinstance(value, StepOutput):
        source = subject.by_name.get(value.step)
        if source is None or source.response is None:
            return None
        found = output_type(source.response, value.path)
        return found.type if found.problem is None else None
    if isinstance(value, MapItem):
        return "document"
    return "integer" if isinstance(value, MapIndex) else "string"
