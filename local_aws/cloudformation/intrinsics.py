"""The intrinsic functions: a template's values, resolved against parameters, conditions, exports and resources."""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from attrs import define, field, frozen

from local_aws.cloudformation.errors import ValidationError


class _NoValue:
    """What ``AWS::NoValue`` stands for: the property is left out."""

    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE: Final = _NoValue()


@frozen
class Pending:
    """A value that is known only once a resource has been made."""

    logical_id: str
    attribute: str | None = None

    def __str__(self) -> str:
        return f"${{{self.logical_id}{'.' + self.attribute if self.attribute else ''}}}"


class ResourceValues(Protocol):
    """Where Ref and Fn::GetAtt of resources are answered."""

    def ref(self, logical_id: str) -> Any:
        """The physical id (or whatever Ref gives for the type), or a `Pending`."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """An attribute's value, or a `Pending`."""


class OutputReader(Protocol):
    """Where Fn::GetStackOutput is answered."""

    def __call__(self, stack: str, output: str, *, region: str | None, role_arn: str | None) -> str:
        """The value; raises ValidationError where there is no such stack or output."""


class NoResources:
    """For the places where resources cannot be referred to: conditions, rules, parameters."""

    def ref(self, logical_id: str) -> Any:
        """Refuses."""
        raise ValidationError(
            f"Template format error: Unresolved dependencies [{logical_id}]. "
            "Cannot reference resources in the Conditions block of the template"
        )

    def attribute(self, logical_id: str, name: str) -> Any:  # noqa: ARG002
        """Refuses."""
        return self.ref(logical_id)


SUB_VARIABLE = re.compile(r"\$\{([^!][^}]*)\}|\$\{!([^}]*)\}")
CONDITION_FUNCTIONS = frozenset({"Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"})
EXTENDED_FUNCTIONS = frozenset({"Fn::ToJsonString", "Fn::Length"})
_OUTPUT_MEMBERS = frozenset({"OutputName", "Region", "RoleArn", "StackName"})


def function_of(node: Any) -> str | None:
    """The function's name where a node is a function call, else None."""
    if isinstance(node, dict) and len(node) == 1:
        name = next(iter(node))
        if isinstance(name, str) and (name.startswith("Fn::") or name == "Ref"):
            return name
    return None


def has_pending(value: Any) -> bool:
    """Whether any part of a resolved value waits for a resource."""
    if isinstance(value, dict):
        return any(has_pending(item) for item in value.values())
    if isinstance(value, list):
        return any(has_pending(item) for item in value)
    return isinstance(value, Pending)


def text_of(value: Any) -> str:
    """A scalar as CloudFormation writes it into a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ",".join(text_of(item) for item in value)
    return str(value)


def _no_zones(region: str) -> list[str]:
    raise ValidationError(f"Template error: Fn::GetAZs cannot be used here (region {region})")


def _literal(text: str) -> str:
    return text


@define(kw_only=True, eq=False)
class Resolver:
    """Resolves values of one template in one stack operation.

    Args:
        mappings: the template's Mappings.
        parameters: parameter name to resolved value (a string, or a list of strings).
        pseudo: pseudo parameter (``AWS::Region`` …) to value.
        condition: tells whether a condition of the template holds.
        resources: answers Ref and Fn::GetAtt.
        exported: gives an export's value by name; raises ValidationError where there is none.
        stack_output: gives an output of another stack.
        zones: availability zones of a region, for Fn::GetAZs.
        dynamic: resolves dynamic references within a string. Default: strings stay as they are.
        extended: whether the template has the transform ``AWS::LanguageExtensions``.
    """

    mappings: Mapping[str, Any] = field(factory=dict)
    parameters: Mapping[str, Any] = field(factory=dict)
    pseudo: Mapping[str, Any] = field(factory=dict)
    condition: Callable[[str], bool]
    resources: ResourceValues = field(factory=NoResources)
    exported: Callable[[str], Any]
    stack_output: OutputReader
    zones: Callable[[str], list[str]] = _no_zones
    dynamic: Callable[[str], str] = _literal
    extended: bool = False

    def resolve(self, node: Any) -> Any:
        """A node of the template with every function carried out.

        Raises:
            ValidationError: a function's arguments are wrong, in AWS's words where they are known.
        """
        name = function_of(node)
        if name is not None:
            function = _FUNCTIONS.get(name)
            if function is None or (name in EXTENDED_FUNCTIONS and not self.extended):
                raise ValidationError(unsupported_function(name, extended=self.extended))
            return function(self, node[name])
        if isinstance(node, dict):
            items = ((key, self.resolve(value)) for key, value in node.items())
            return {key: value for key, value in items if value is not NO_VALUE}
        if isinstance(node, list):
            return [value for value in map(self.resolve, node) if value is not NO_VALUE]
        if isinstance(node, str):
            return self.dynamic(node) if "{{resolve:" in node else node
        return node

    def reference(self, name: str) -> Any:
        """What ``Ref`` gives for a parameter, a pseudo parameter or a resource."""
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        return self.resources.ref(name)


def unsupported_function(name: str, *, extended: bool) -> str:
    """AWS's words for a function that it does not have."""
    supported = sorted(
        function.removeprefix("Fn::") for function in _FUNCTIONS if extended or function not in EXTENDED_FUNCTIONS
    )
    return f"Template error: Encountered unsupported function: {name} Supported functions are: [{', '.join(supported)}]"


def _ref(resolver: Resolver, argument: Any) -> Any:
    if not isinstance(argument, str):
        raise ValidationError("Template format error: Ref must be the name of a parameter or resource")
    return resolver.reference(argument)


def split_attribute(argument: Any) -> tuple[str, Any]:
    """Resource and attribute of an Fn::GetAtt, in its list or dotted form.

    Raises:
        ValidationError: neither form.
    """
    if isinstance(argument, str):
        logical_id, dot, attribute = argument.partition(".")
        if dot and logical_id and attribute:
            return logical_id, attribute
        raise ValidationError(
            "Template error: if specifying one argument to Fn::GetAtt, that argument must be a non-empty string in "
            "format <LogicalId>.<Attribute>"
        )
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str) and all(argument):
        return argument[0], argument[1]
    raise ValidationError(
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
        "resource attribute"
    )


def _get_att(resolver: Resolver, argument: Any) -> Any:
    logical_id, attribute = split_attribute(argument)
    name = resolver.resolve(attribute)
    if not isinstance(name, str):
        raise ValidationError("Template error: the attribute name of Fn::GetAtt must be a string")
    return resolver.resources.attribute(logical_id, name)


def _join(resolver: Resolver, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):
        raise ValidationError(
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
            "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
        )
    values = resolver.resolve(argument[1])
    if isinstance(values, Pending):
        return values
    if not isinstance(values, list) or any(isinstance(value, dict) for value in values):
        raise ValidationError("Template error: every Fn::Join object requires a list of strings to be joined")
    return _pending_in(values) or argument[0].join(text_of(value) for value in values)


def _pending_in(values: list[Any]) -> Pending | None:
    return next((value for value in values if isinstance(value, Pending)), None)


def split_sub(argument: Any) -> tuple[str, dict[str, Any]]:
    """Text and variables of an Fn::Sub, in its string or list form.

    Raises:
        ValidationError: neither form.
    """
    if isinstance(argument, str):
        return argument, {}
    if (
        isinstance(argument, list)
        and len(argument) == 2
        and isinstance(argument[0], str)
        and isinstance(argument[1], dict)
    ):
        return argument[0], argument[1]
    raise ValidationError(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string "
        "as first argument, and an optional second argument to specify a mapping of values to replace in the string"
    )


def _sub(resolver: Resolver, argument: Any) -> Any:
    text, variables = split_sub(argument)
    own = {name: resolver.resolve(value) for name, value in variables.items()}
    pending: list[Pending] = []

    def replace(match: re.Match[str]) -> str:
        if match.group(1) is None:
            return f"${{{match.group(2)}}}"
        name = match.group(1).strip()
        if name in own:
            value = own[name]
        elif "." in name and name not in resolver.parameters:
            logical_id, _, attribute = name.partition(".")
            value = resolver.resources.attribute(logical_id, attribute)
        else:
            value = resolver.reference(name)
        if isinstance(value, Pending):
            pending.append(value)
            return ""
        if isinstance(value, dict | list):
            raise ValidationError(f"Template error: Fn::Sub expected a string for variable {name}")
        return "" if value is NO_VALUE else text_of(value)

    result = SUB_VARIABLE.sub(replace, text)
    if pending:
        return pending[0]
    return resolver.dynamic(result) if "{{resolve:" in result else result


def _select(resolver: Resolver, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) != 2:
        raise ValidationError("Template error: Fn::Select requires a list argument with two elements: an index, a list")
    index, values = resolver.resolve(argument[0]), resolver.resolve(argument[1])
    for value in (index, values):
        if isinstance(value, Pending):
            return value
    if not isinstance(values, list):
        raise ValidationError("Template error: Fn::Select requires a list argument with a valid index value")
    try:
        position = int(index)
    except (TypeError, ValueError):
        position = -1
    if not 0 <= position < len(values):
        raise ValidationError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return values[position]


def _split(resolver: Resolver, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):
        raise ValidationError(
            "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string "
            "to be split or a function that returns a string to be split."
        )
    text = resolver.resolve(argument[1])
    return text if isinstance(text, Pending) else text_of(text).split(argument[0])


def _if(resolver: Resolver, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        raise ValidationError("Template error: Fn::If requires a list argument with three elements")
    return resolver.resolve(argument[1] if resolver.condition(argument[0]) else argument[2])


def _base64(resolver: Resolver, argument: Any) -> Any:
    text = resolver.resolve(argument)
    return text if isinstance(text, Pending) else base64.b64encode(text_of(text).encode()).decode()


def _find_in_map(resolver: Resolver, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) not in {3, 4}:
        raise ValidationError(
            "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the "
            "attribute for return value"
        )
    keys = [resolver.resolve(key) for key in argument[:3]]
    if pending := _pending_in(keys):
        return pending
    name, top, second = map(text_of, keys)
    found = resolver.mappings.get(name, {})
    found = found.get(top, {}) if isinstance(found, dict) else {}
    if isinstance(found, dict) and second in found:
        return found[second]
    if len(argument) == 4 and resolver.extended and isinstance(argument[3], dict) and "DefaultValue" in argument[3]:
        return resolver.resolve(argument[3]["DefaultValue"])
    raise ValidationError(f"Template error: Unable to get mapping for {name}::{top}::{second}")


def _get_azs(resolver: Resolver, argument: Any) -> Any:
    region = resolver.resolve(argument)
    if isinstance(region, Pending):
        return region
    return resolver.zones(text_of(region) or text_of(resolver.pseudo.get("AWS::Region", "")))


def _import_value(resolver: Resolver, argument: Any) -> Any:
    name = resolver.resolve(argument)
    if isinstance(name, Pending):
        raise ValidationError("Template error: the name of Fn::ImportValue must not depend on a resource")
    return resolver.exported(text_of(name))


def _get_stack_output(resolver: Resolver, argument: Any) -> Any:
    if not isinstance(argument, dict) or not {"OutputName", "StackName"} <= set(argument) <= _OUTPUT_MEMBERS:
        raise ValidationError(
            "Template error: Fn::GetStackOutput requires StackName and OutputName, and takes Region and RoleArn"
        )
    members = resolver.resolve(argument)
    if pending := _pending_in(list(members.values())):
        return pending
    texts = {name: text_of(value) for name, value in members.items()}
    return resolver.stack_output(
        texts["StackName"], texts["OutputName"], region=texts.get("Region"), role_arn=texts.get("RoleArn")
    )


def _cidr(resolver: Resolver, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) not in {2, 3}:
        raise ValidationError("Template error: Fn::Cidr requires (1) an ip block, (2) a count and (3) optional bits")
    block, count, bits = (*map(resolver.resolve, argument), "5")[:3]
    if pending := _pending_in([block, count, bits]):
        return pending
    try:
        network = ipaddress.ip_network(text_of(block), strict=False)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        found = [str(subnet) for subnet, _ in zip(subnets, range(int(count)), strict=False)]
    except ValueError as error:
        raise ValidationError(f"Template error: Fn::Cidr: {error}") from error
    if len(found) < int(count):
        raise ValidationError(f"Template error: Fn::Cidr: {block} has no {count} blocks of {bits} bits")
    return found


def _to_json_string(resolver: Resolver, argument: Any) -> Any:
    value = resolver.resolve(argument)
    if has_pending(value):
        return Pending("Fn::ToJsonString")
    return json.dumps(value, separators=(",", ":"))


def _length(resolver: Resolver, argument: Any) -> Any:
    values = resolver.resolve(argument)
    if isinstance(values, Pending):
        return values
    if not isinstance(values, list):
        raise ValidationError("Template error: Fn::Length needs a list")
    return len(values)


def _not_in_values(name: str) -> Callable[[Resolver, Any], Any]:
    def refuse(resolver: Resolver, argument: Any) -> Any:  # noqa: ARG001
        raise ValidationError(f"Template error: {name} can be used in the Conditions block only")

    return refuse


_FUNCTIONS: dict[str, Callable[[Resolver, Any], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Join": _join,
    "Fn::Sub": _sub,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::If": _if,
    "Fn::Base64": _base64,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::ImportValue": _import_value,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::Cidr": _cidr,
    "Fn::ToJsonString": _to_json_string,
    "Fn::Length": _length,
    **{name: _not_in_values(name) for name in sorted(CONDITION_FUNCTIONS)},
}

KNOWN_FUNCTIONS = frozenset(_FUNCTIONS)
