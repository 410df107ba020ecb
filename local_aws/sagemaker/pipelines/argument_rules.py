"""Arguments held against the request that they become: what can be seen of it before there are values."""

from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_aws.gateway.wire import get_service_model
from local_aws.sagemaker.pipelines.references import GET, function_of
from local_aws.sagemaker.pipelines.service_steps import ServiceStep


def argument_faults(kind: ServiceStep, arguments: dict[str, Any]) -> Iterator[str]:
    """Which parts of a step's Arguments can never be of its request, in the words of CreatePipeline.

    Args:
        kind: what the step calls.
        arguments: of the step, references and all.
    """
    shape = get_service_model("sagemaker").operation_model(kind.create).input_shape
    if shape is not None:
        yield from _faults(shape, arguments, "Arguments")


def _faults(shape: Shape, value: Any, where: str) -> Iterator[str]:
    if value is None or _may_be_a_document(value):
        return
    if isinstance(shape, ListShape):
        yield from _list_faults(shape, value, where)
    elif isinstance(shape, (StructureShape, MapShape)):
        if not isinstance(value, dict) or function_of(value) is not None:
            yield f"{where}: Expecting start of Json Object, got {value!r}"
            return
        for name, inner in value.items():
            if isinstance(shape, MapShape):
                yield from _faults(shape.value, inner, f"{where}.{name}")
            elif name in shape.members:
                yield from _faults(shape.members[name], inner, f"{where}.{name}")
            else:
                yield f"{where}: Unknown Argument member '{name}'"


def _list_faults(shape: ListShape, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where}: Expecting start of Json Array, got {value!r}"
        return
    least = shape.metadata.get("min", 0)
    if len(value) < least:
        yield f"Model Validation failed: Length of container {where}={len(value)} cannot be less than min={least}"
    for number, inner in enumerate(value):
        yield from _faults(shape.member, inner, f"{where}[{number}]")


def _may_be_a_document(value: Any) -> bool:
    """Whether it is a property of a step: parameters, variables and functions are single values."""
    return function_of(value) == GET and str(value[GET]).startswith("Steps.")
