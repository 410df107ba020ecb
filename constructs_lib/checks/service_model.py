"""botocore's descriptions of the services' APIs."""

import gzip
import json
import re
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attrs import frozen

_PROPERTIES = {
    "Alnum": "A-Za-z0-9",
    "ASCII": r"\x00-\x7f",
    "L": "A-Za-z\u0080-\U0010ffff",
    "M": "\u0080-\U0010ffff",
    "N": "0-9\u0080-\U0010ffff",
    "P": r"!-#%-*,-/:;?@\[-\]_{}" + "\u0080-\U0010ffff",
    "S": r"$+<=>\^`|~" + "\u0080-\U0010ffff",
    "Z": " \u0080-\U0010ffff",
}
"""Unicode's classes of characters, exact in ASCII and open beyond it: Python's `re` does not know them."""


_NAMES = {
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}
"""What botocore calls services that Step Functions calls otherwise."""


class Shape:
    """A type of an API: what botocore's `Shape` is, with as much of it as is looked at here.

    botocore itself takes a tenth of a second to import, most of it for HTTP; its descriptions are plain JSON.

    Attributes:
        name: such as ``CreateModelInput``.
        type_name: such as ``structure``.
        metadata: limits and patterns, among all else that is said of it.
        required_members: the names of those.
        enum: the allowed texts; empty where any is.
        is_tagged_union: whether exactly one of the members is given.
    """

    def __init__(self, reference: Mapping[str, Any], shapes: Mapping[str, Any]) -> None:
        self.name: str = reference["shape"]
        self.metadata: Mapping[str, Any] = {**shapes[self.name], **reference}
        self.type_name: str = self.metadata["type"]
        self.required_members: list[str] = self.metadata.get("required", [])
        self.enum: list[str] = self.metadata.get("enum", [])
        self.is_tagged_union: bool = self.metadata.get("union", False)
        self._shapes = shapes

    @cached_property
    def members(self) -> dict[str, "Shape"]:
        """Of a structure."""
        return {name: Shape(found, self._shapes) for name, found in self.metadata["members"].items()}

    @cached_property
    def member(self) -> "Shape":
        """An element of a list."""
        return Shape(self.metadata["member"], self._shapes)

    @cached_property
    def key(self) -> "Shape":
        """A name in a map."""
        return Shape(self.metadata["key"], self._shapes)

    @cached_property
    def value(self) -> "Shape":
        """A value in a map."""
        return Shape(self.metadata["value"], self._shapes)


@frozen(kw_only=True)
class Operation:
    """What an operation takes and gives; None where that is nothing."""

    input_shape: Shape | None
    output_shape: Shape | None


@cache
def _services() -> Mapping[str, Path]:
    """The folders of the services, by botocore's names of them."""
    found = find_spec("botocore")
    folders = () if found is None else found.submodule_search_locations or ()
    return {path.name: path for folder in folders for path in Path(folder, "data").iterdir() if path.is_dir()}


@cache
def service(name: str) -> Mapping[str, Any]:
    """The description of a service, empty where there is none; read once, some 40 ms for SageMaker."""
    folder = _services().get(_NAMES.get(name, name))
    versions = [] if folder is None else sorted(folder.glob("*/service-2.json*"))
    if not versions:
        return {}
    content = versions[-1].read_bytes()
    model: dict[str, Any] = json.loads(gzip.decompress(content) if versions[-1].suffix == ".gz" else content)
    return model


@cache
def is_known(service_name: str, operation_name: str) -> bool:
    """Whether there is such a service, with such an operation."""
    return operation_name in service(service_name).get("operations", ())


@cache
def operation(service_name: str, name: str) -> Operation:
    """The model of an operation."""
    model = service(service_name)
    described = model["operations"][name]
    given, gives = (described.get(part) for part in ("input", "output"))
    return Operation(
        input_shape=None if given is None else Shape(given, model["shapes"]),
        output_shape=None if gives is None else Shape(gives, model["shapes"]),
    )


@cache
def pattern(text: str) -> re.Pattern[str] | None:
    """A pattern of a service model for Python; None where it cannot be written for it, so that nothing is checked."""
    translated = re.sub(r"\\p\{(\w+)\}", lambda found: _PROPERTIES.get(found[1], found[0]), text)
    try:
        return re.compile(translated)
    except re.error:
        return None
