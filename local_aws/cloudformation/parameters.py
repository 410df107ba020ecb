"""Template parameters: types, constraints, and the values of one stack operation."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from local_aws.cloudformation.errors import ValidationError

_SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>\Z")
_LIST = re.compile(r"List<(.+)>\Z")
_KEYS = {
    "AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description", "MaxLength", "MaxValue",
    "MinLength", "MinValue", "NoEcho", "Type",
}  # fmt: skip
MASK = "****"


@frozen(kw_only=True)
class ParameterValue:
    """A parameter's value in one stack operation.

    Attributes:
        text: as it was given, or the default.
        value: what Ref gives: a string, or a list of strings.
        no_echo: hidden in answers.
        looked_up: the value came from the SSM parameter that `text` names.
    """

    name: str
    text: str
    value: str | list[str]
    no_echo: bool = False
    looked_up: bool = False

    def answer(self) -> dict[str, Any]:
        """As DescribeStacks shows it."""
        shown: dict[str, Any] = {"ParameterKey": self.name, "ParameterValue": MASK if self.no_echo else self.text}
        if self.looked_up:
            shown["ResolvedValue"] = self.value if isinstance(self.value, str) else ",".join(self.value)
        return shown


def resolve_parameters(
    definitions: Mapping[str, Mapping[str, Any]],
    given: Iterable[Mapping[str, Any]],
    previous: Mapping[str, ParameterValue],
    look_up: Callable[[str], str],
) -> dict[str, ParameterValue]:
    """The values of a stack operation.

    Args:
        definitions: the template's Parameters.
        given: the request's Parameters (ParameterKey, and ParameterValue or UsePreviousValue).
        previous: the values of the stack before this operation; empty when it is created.
        look_up: gives an SSM parameter's value by its name; raises ValidationError where there is none.

    Raises:
        ValidationError: every parameter that is unknown, missing or against its constraints, together.
    """
    problems = list(definition_problems(definitions))
    if problems:
        raise ValidationError.of(problems)
    texts: dict[str, str] = {}
    for entry in given:
        name = entry["ParameterKey"]
        if entry.get("UsePreviousValue"):
            if name in previous:
                texts[name] = previous[name].text
            elif name in definitions:
                problems.append(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter "
                    "key not in the previous template"
                )
        else:
            texts[name] = str(entry.get("ParameterValue", ""))
    unknown = [name for name in texts if name not in definitions]
    if unknown:
        problems.append(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, definition in definitions.items() if name not in texts and "Default" not in definition]
    if missing:
        problems.append(f"Parameters: [{', '.join(missing)}] must have values")
    values: dict[str, ParameterValue] = {}
    for name, definition in definitions.items():
        if name in missing:
            continue
        text = texts.get(name)
        if text is None:
            text = _default_text(definition["Default"])
        faults = list(_value_problems(name, text, definition))
        problems.extend(faults)
        if not faults:
            try:
                values[name] = _value(name, text, definition, look_up)
            except ValidationError as error:
                problems.append(error.message)
    if problems:
        raise ValidationError.of(problems)
    return values


def definition_problems(definitions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with a template's Parameters section."""
    for name, definition in definitions.items():
        if not name.isalnum():
            yield f"Template format error: Parameter name {name} is non alphanumeric."
        for key in sorted(set(definition) - _KEYS):
            yield f"Invalid template parameter property '{key}'"
        kind = definition.get("Type")
        if kind is None:
            yield f"Template format error: Every Parameters object must contain a Type member: {name}"
        elif not _is_type(str(kind)):
            yield f"Template format error: Unrecognized parameter type: {kind}"
        elif "Default" in definition and not _SSM_VALUE.match(str(kind)):
            yield from _value_problems(name, _default_text(definition["Default"]), definition)


def _is_type(kind: str) -> bool:
    if kind in {"String", "Number", "CommaDelimitedList", "AWS::SSM::Parameter::Name"}:
        return True
    inner = _SSM_VALUE.match(kind)
    if inner is not None:
        return _is_type(inner.group(1)) or inner.group(1) == "List<String>"
    items = _LIST.match(kind)
    if items is not None:
        return items.group(1) in {"Number", "String"} or items.group(1).startswith(("AWS::EC2::", "AWS::Route53::"))
    return kind.startswith(("AWS::EC2::", "AWS::Route53::"))


def is_list(kind: str) -> bool:
    """Whether a parameter of this type gives a list."""
    inner = _SSM_VALUE.match(kind)
    kind = inner.group(1) if inner is not None else kind
    return kind == "CommaDelimitedList" or _LIST.match(kind) is not None


def _default_text(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    return str(default)


def _value(name: str, text: str, definition: Mapping[str, Any], look_up: Callable[[str], str]) -> ParameterValue:
    kind = str(definition["Type"])
    looked_up = _SSM_VALUE.match(kind) is not None
    content = look_up(text) if looked_up else text
    value: str | list[str] = content
    if is_list(kind):
        value = [item.strip() for item in content.split(",")] if content else []
    no_echo = str(definition.get("NoEcho", "false")).lower() == "true"
    return ParameterValue(name=name, text=text, value=value, no_echo=no_echo, looked_up=looked_up)


def _value_problems(name: str, text: str, definition: Mapping[str, Any]) -> Iterator[str]:
    kind = str(definition["Type"])
    explanation = definition.get("ConstraintDescription")

    def say(rule: str) -> str:
        return f"Parameter {name} failed to satisfy constraint: {explanation}" if explanation else rule

    allowed = definition.get("AllowedValues")
    items = [item.strip() for item in text.split(",")] if is_list(kind) and not _SSM_VALUE.match(kind) else [text]
    if allowed is not None:
        texts = [_default_text(value) for value in allowed]
        if any(item not in texts for item in items):
            yield say(f"Parameter '{name}' must be one of AllowedValues")
    pattern = definition.get("AllowedPattern")
    if pattern is not None and any(re.fullmatch(str(pattern), item) is None for item in items):
        yield say(f"Parameter '{name}' must match pattern {pattern}")
    if kind in {"Number", "List<Number>"}:
        yield from (say(problem) for problem in _number_problems(name, items, definition))
    for item in items:
        if "MinLength" in definition and len(item) < int(definition["MinLength"]):
            yield say(f"Parameter '{name}' must contain at least {definition['MinLength']} characters")
        if "MaxLength" in definition and len(item) > int(definition["MaxLength"]):
            yield say(f"Parameter '{name}' must contain at most {definition['MaxLength']} characters")


def _number_problems(name: str, items: list[str], definition: Mapping[str, Any]) -> Iterator[str]:
    for item in items:
        try:
            number = float(item)
        except ValueError:
            yield f"Parameter '{name}' must be a number."
            continue
        if "MinValue" in definition and number < float(definition["MinValue"]):
            yield f"Parameter '{name}' must be a number not less than {definition['MinValue']}"
        if "MaxValue" in definition and number > float(definition["MaxValue"]):
            yield f"Parameter '{name}' must be a number not greater than {definition['MaxValue']}"
