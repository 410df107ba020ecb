"""What a pipeline's definition refers to: ``{"Get": ...}`` and the functions ``Std:Join`` and ``Std:JsonGet``."""

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from local_aws.sagemaker.pipelines.paths import Part, PathError, parse_path

GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
VARIABLES = frozenset(
    {
        "StartDateTime",
        "CurrentDateTime",
        "PipelineName",
        "PipelineArn",
        "PipelineExecutionId",
        "PipelineExecutionArn",
        "TrainingJobName",
        "ProcessingJobName",
    }
)
_ROOTS = ("Parameters", "Steps", "Execution")
_PROPERTY_FILES = "PropertyFiles"


class MalformedReferenceError(Exception):
    """A reference that cannot be read."""


@frozen
class Get:
    """``{"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}``.

    Attributes:
        root: ``Parameters``, ``Steps`` or ``Execution``.
        name: of the parameter, the step or the variable.
        path: into the step's properties; empty for the others.
    """

    root: str
    name: str
    path: tuple[Part, ...] = ()


@frozen
class JsonGet:
    """``{"Std:JsonGet": ...}``: a member of a JSON file.

    Attributes:
        path: of the member.
        step: whose property file it is; None where the file is named by its address.
        property_file: its name.
        s3_uri: the address, an expression.
    """

    path: tuple[Part, ...]
    step: str | None = None
    property_file: str | None = None
    s3_uri: Any = None


def parse_get(text: Any) -> Get:
    """Reads what stands behind ``Get``.

    Raises:
        MalformedReferenceError: it is no reference.
    """
    root, _, rest = text.partition(".") if isinstance(text, str) else ("", "", "")
    if root not in _ROOTS or not rest:
        raise MalformedReferenceError(
            f"invalid reference {text!r}: expected Parameters.NAME, Steps.NAME.PATH or Execution.NAME"
        )
    if root != "Steps":
        return Get(root, rest)
    name, _, path = rest.partition(".")
    if not path:
        raise MalformedReferenceError(f"invalid reference {text!r}: expected a property of the step")
    try:
        return Get(root, name, parse_path(path))
    except PathError as error:
        raise MalformedReferenceError(f"invalid reference {text!r}: {error}") from error


def parse_json_get(function: Any) -> JsonGet:
    """Reads what stands behind ``Std:JsonGet``.

    Raises:
        MalformedReferenceError: it is not what the function takes.
    """
    if not isinstance(function, dict) or not isinstance(function.get("Path"), str):
        raise MalformedReferenceError(f"{JSON_GET} needs a Path that is a text")
    try:
        # of a JSONPath's root nothing is lost: every path begins there
        path = parse_path(re.sub(r"^\$\.?(?=.)", "", function["Path"]))
    except PathError as error:
        raise MalformedReferenceError(f"{JSON_GET}: {error}") from error
    if "S3Uri" in function:
        return JsonGet(path, s3_uri=function["S3Uri"])
    named = function.get("PropertyFile")
    found = parse_get(named.get(GET)) if isinstance(named, dict) else None
    if found is None or found.root != "Steps" or len(found.path) != 2 or found.path[0] != _PROPERTY_FILES:
        raise MalformedReferenceError(
            f'{JSON_GET} needs a PropertyFile {{"Get": "Steps.NAME.PropertyFiles.FILE"}} or an S3Uri'
        )
    return JsonGet(path, step=found.name, property_file=str(found.path[1]))


def function_of(value: Any) -> str | None:
    """The function that an expression calls; None for a plain value."""
    if isinstance(value, dict) and len(value) == 1:
        name = str(next(iter(value)))
        if name == GET or name.startswith("Std:"):
            return name
    return None


def references(value: Any) -> Iterator[Get | JsonGet]:
    """Every reference in a document, at any depth.

    Raises:
        MalformedReferenceError: one of them cannot be read.
    """
    function = function_of(value)
    if function == GET:
        yield parse_get(value[GET])
    elif function == JSON_GET:
        found = parse_json_get(value[JSON_GET])
        yield found
        yield from references(found.s3_uri)
    elif function == JOIN:
        yield from references(_join_values(value[JOIN]))
    elif function is not None:
        raise MalformedReferenceError(f"unknown function {function!r}")
    elif isinstance(value, dict):
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _join_values(function: Any) -> list[Any]:
    values = function.get("Values") if isinstance(function, dict) else None
    if not isinstance(values, list) or not isinstance(function.get("On", ""), str):
        raise MalformedReferenceError(f"{JOIN} needs On, a text, and Values, a list")
    return values
