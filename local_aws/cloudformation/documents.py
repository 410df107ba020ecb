"""Template texts: JSON and YAML (with the functions' short forms) into plain dictionaries."""

import json
from typing import Any

import yaml

from local_aws.cloudformation.errors import ValidationError

MAX_BODY_BYTES = 51_200
MAX_URL_BYTES = 1_000_000

_SHORT_FORMS = {
    "And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap", "GetAZs",
    "GetStackOutput", "If", "ImportValue", "Join", "Length", "Not", "Or", "RefAll", "Select", "Split", "Sub",
    "ToJsonString", "Transform", "ValueOf", "ValueOfAll",
}  # fmt: skip


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as CloudFormation reads it: dates stay strings, tags are functions."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _construct_short_form(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in {"Ref", "Condition"}:
        return {suffix: value}
    if suffix == "GetAtt":
        return {"Fn::GetAtt": value.split(".", 1) if isinstance(value, str) else value}
    if suffix in _SHORT_FORMS:
        return {f"Fn::{suffix}": value}
    raise yaml.constructor.ConstructorError(None, None, f"unknown tag !{suffix}", node.start_mark)


_Loader.add_multi_constructor("!", _construct_short_form)


def load_document(text: str) -> dict[str, Any]:
    """A template's text as a dictionary.

    Raises:
        ValidationError: the text is neither JSON nor YAML, or not an object.
    """
    stripped = text.lstrip()
    try:
        document = json.loads(text) if stripped.startswith("{") else yaml.load(text, Loader=_Loader)  # noqa: S506
    except json.JSONDecodeError as error:
        if not _is_flow_yaml(text):
            raise ValidationError(
                f"Template format error: JSON not well-formed. (line {error.lineno}, column {error.colno})"
            ) from error
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        raise ValidationError(f"Template format error: YAML not well-formed.{place}") from error
    if not isinstance(document, dict):
        raise ValidationError("Template format error: unsupported structure.")
    return document


def _is_flow_yaml(text: str) -> bool:
    try:
        return isinstance(yaml.load(text, Loader=_Loader), dict)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError:
        return False
