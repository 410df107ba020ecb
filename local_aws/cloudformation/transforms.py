"""Template macros: the language extensions (Fn::ForEach); every other macro is refused."""

import re
from collections.abc import Mapping
from typing import Any

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.template import transforms_of

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"


def expand(document: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its macros carried out.

    Args:
        document: as it was loaded.
        parameters: resolved values, for loops over a list parameter.

    Raises:
        ValidationError: a macro that the local AWS does not have, or a malformed loop.
    """
    names = transforms_of(document)
    others = [name for name in names if name != LANGUAGE_EXTENSIONS]
    if others:
        raise ValidationError(
            f"the local AWS does not offer the transform(s) {', '.join(others)}; they work on AWS only"
        )
    if _has_transform_function(document):
        raise ValidationError("the local AWS does not offer Fn::Transform; it works on AWS only")
    if LANGUAGE_EXTENSIONS not in names:
        return dict(document)
    mappings = document.get("Mappings", {})
    return {
        key: _unroll(value, parameters, mappings) if key in {"Resources", "Conditions", "Outputs"} else value
        for key, value in document.items()
    }


def _has_transform_function(node: Any) -> bool:
    if isinstance(node, dict):
        return "Fn::Transform" in node or any(_has_transform_function(value) for value in node.values())
    return isinstance(node, list) and any(_has_transform_function(item) for item in node)


def _unroll(node: Any, parameters: Mapping[str, Any], mappings: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_unroll(item, parameters, mappings) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if not isinstance(key, str) or not key.startswith(_LOOP):
            result[key] = _unroll(value, parameters, mappings)
            continue
        identifier, items, body = _loop(key, value, parameters, mappings)
        for item in items:
            for inner_key, inner in _unroll(_substitute(body, identifier, item), parameters, mappings).items():
                if inner_key in result:
                    raise ValidationError(f"Template error: {key} produces {inner_key} twice")
                result[inner_key] = inner
    return result


def _loop(
    key: str, value: Any, parameters: Mapping[str, Any], mappings: Mapping[str, Any]
) -> tuple[str, list[str], dict[str, Any]]:
    if (
        not isinstance(value, list)
        or len(value) != 3
        or not isinstance(value[0], str)
        or not isinstance(value[2], dict)
    ):
        raise ValidationError(f"Template error: {key} needs an identifier, a collection and an output object")
    identifier, collection, body = value
    if isinstance(collection, dict) and set(collection) == {"Ref"}:
        collection = parameters.get(str(collection["Ref"]))
    elif isinstance(collection, dict) and set(collection) == {"Fn::FindInMap"}:
        name, top, second = (str(part) for part in collection["Fn::FindInMap"][:3])
        collection = mappings.get(name, {}).get(top, {}).get(second)
    if not isinstance(collection, list) or not all(isinstance(item, str) for item in collection):
        raise ValidationError(f"Template error: the collection of {key} must be a list of strings known beforehand")
    return identifier, collection, body


def _substitute(node: Any, identifier: str, item: str) -> Any:
    if isinstance(node, dict):
        if node == {"Ref": identifier}:
            return item
        return {_replace(key, identifier, item): _substitute(value, identifier, item) for key, value in node.items()}
    if isinstance(node, list):
        return [_substitute(part, identifier, item) for part in node]
    return _replace(node, identifier, item) if isinstance(node, str) else node


def _replace(text: str, identifier: str, item: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9]", "", item)
    return text.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", plain)
