"""The input of an execution: what the deployed workflow says it must be, and whether it is that."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.target import Target

METADATA = "ExecutionInputSchema"
"""The metadata of the state machine, in its stack's template, that holds the JSON Schema."""

_UNKNOWN = object()


def published_schema(target: Target, state_machine: str) -> dict[str, Any] | None:
    """The JSON Schema of a state machine's input; None where its template has none, or there is no template."""
    cloudformation = target.client("cloudformation")
    try:
        found = cloudformation.describe_stack_resources(PhysicalResourceId=state_machine)["StackResources"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ValidationError", "AccessDenied"):  # no stack's, or not to be seen
            return None
        raise
    resource = next(each for each in found if each.get("PhysicalResourceId") == state_machine)
    described = cloudformation.describe_stack_resource(
        StackName=resource["StackName"], LogicalResourceId=resource["LogicalResourceId"]
    )["StackResourceDetail"]
    schema: dict[str, Any] | None = json.loads(described.get("Metadata") or "{}").get(METADATA)
    return schema


def checked(schema: Mapping[str, Any], given: Mapping[str, str], execution: str) -> dict[str, Any]:
    """The input of an execution; members that name something and must be there are named after it.

    Raises:
        CliError: the input is not what the schema asks for, with all that is wrong.
    """
    properties: Mapping[str, Any] = schema.get("properties", {})
    named = {
        member: named_after(execution, member)
        for member in schema.get("required", ())
        if member.endswith("Name") and properties.get(member, {}).get("type") in (None, "string")
    }
    values = typed(schema, {**named, **given})
    found = problems(schema, values)
    if found:
        missing = [member for member in schema.get("required", ()) if member not in values]
        count = f"{len(found)} problem" + ("s" if len(found) > 1 else "")
        raise CliError(
            "\n".join([f"the input is not valid, {count}:", *found]),
            hint=f"give it with --input {missing[0]}=VALUE" if missing else None,
            exit_code=BAD_INPUT,
        )
    return values


def typed(schema: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Texts as the values that a schema asks for; those that cannot be such stay texts, for `problems` to name."""
    properties = schema.get("properties", {})
    return {name: _typed(text, properties.get(name, {}).get("type")) for name, text in given.items()}


def _typed(text: str, kind: str | None) -> Any:
    if kind == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def named_after(execution: str, member: str) -> str:
    """What a member that names something is, where it is not given: the execution's name.

    A job of several (``TrainingJobName``) adds which one it is, as two of one kind cannot have the same name.
    """
    kind = member.removesuffix("JobName") if member.endswith("JobName") else ""
    return "-".join([execution, *(word.lower() for word in re.findall("[A-Z][a-z0-9]*", kind))])


def problems(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """What is wrong with an input, a line for each member: got and expected."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    found = [
        f"{name}: missing, expected {_described(properties.get(name, {}))}"
        for name in schema.get("required", ())
        if name not in values
    ]
    for name, value in values.items():
        rules = properties.get(name, _UNKNOWN)
        if rules is _UNKNOWN:
            if schema.get("additionalProperties") is False:
                found.append(f"{name}: unknown, expected {', '.join(properties) or 'no input'}")
        else:
            found += [f"{name}: got {value!r}, expected {expected}" for expected in _broken(value, rules)]
    return found


_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_WORDS = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}


def _described(rules: Mapping[str, Any]) -> str:
    described = _WORDS.get(rules.get("type", ""), "any JSON")
    return f"{described}: {rules['description']}" if "description" in rules else described


def _broken(value: Any, rules: Mapping[str, Any]) -> Iterator[str]:
    """The rules of one member that a value breaks; the keywords are those that definitions publish."""
    kind = rules.get("type")
    if kind is not None and (not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield _WORDS[kind]
        return
    if isinstance(value, str):
        low, high = rules.get("minLength", 0), rules.get("maxLength")
        if len(value) < low or (high is not None and len(value) > high):
            yield f"at least {low} characters" if high is None else f"{low} to {high} characters"
        patterns = [rules.get("pattern"), *(rule.get("pattern") for rule in rules.get("allOf", ()))]
        yield from (
            f"a text that matches {text}" for text in patterns if text is not None and not re.search(text, value)
        )
    if "enum" in rules and value not in rules["enum"]:
        yield f"one of {', '.join(map(str, rules['enum']))}"
    if isinstance(value, int | float) and not rules.get("minimum", value) <= value <= rules.get("maximum", value):
        bounds = [f"at least {rules['minimum']}"] if "minimum" in rules else []
        bounds += [f"at most {rules['maximum']}"] if "maximum" in rules else []
        yield " and ".join(bounds)
