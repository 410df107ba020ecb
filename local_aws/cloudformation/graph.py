"""What refers to what: references within values, dependencies between resources, cycles."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from attrs import frozen

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.intrinsics import SUB_VARIABLE, function_of, split_attribute, split_sub


@frozen
class Reference:
    """A Ref (attribute None) or an Fn::GetAtt (attribute is its name, or "" where a function gives the name)."""

    name: str
    attribute: str | None = None


def references(node: Any, condition: Callable[[str], bool] | None = None) -> Iterator[Reference]:
    """Every reference within a value.

    Args:
        node: a value of the template.
        condition: tells which branch of an Fn::If is taken. Default: both are walked.

    Raises:
        ValidationError: a malformed Fn::GetAtt or Fn::Sub.
    """
    if isinstance(node, list):
        for item in node:
            yield from references(item, condition)
        return
    if not isinstance(node, dict):
        return
    name = function_of(node)
    argument = node[name] if name is not None else None
    if name == "Ref":
        if isinstance(argument, str):
            yield Reference(argument)
    elif name == "Fn::GetAtt":
        logical_id, attribute = split_attribute(argument)
        yield Reference(logical_id, attribute if isinstance(attribute, str) else "")
        yield from references(attribute, condition)
    elif name == "Fn::Sub":
        yield from _sub_references(argument, condition)
    elif name == "Fn::If" and condition is not None and isinstance(argument, list) and len(argument) == 3:
        yield from references(argument[1] if condition(str(argument[0])) else argument[2], condition)
    else:
        for value in node.values():
            yield from references(value, condition)


def _sub_references(argument: Any, condition: Callable[[str], bool] | None) -> Iterator[Reference]:
    text, variables = split_sub(argument)
    for match in SUB_VARIABLE.finditer(text):
        if match.group(1) is None:
            continue
        name = match.group(1).strip()
        if name in variables:
            continue
        logical_id, dot, attribute = name.partition(".")
        yield Reference(logical_id, attribute) if dot else Reference(name)
    for value in variables.values():
        yield from references(value, condition)


def condition_names(node: Any) -> Iterator[str]:
    """Every condition that the Fn::If functions within a value name."""
    if isinstance(node, list):
        for item in node:
            yield from condition_names(item)
    elif isinstance(node, dict):
        argument = node.get("Fn::If") if len(node) == 1 else None
        if isinstance(argument, list) and argument:
            yield str(argument[0])
        for value in node.values():
            yield from condition_names(value)


def check_cycles(dependencies: Mapping[str, Collection[str]]) -> None:
    """Refuses circular dependencies.

    Args:
        dependencies: node to the nodes that it needs.

    Raises:
        ValidationError: ``Circular dependency between resources: […]`` with the resources of all circles.
    """
    left = {node: set(needs) & set(dependencies) for node, needs in dependencies.items()}
    while True:
        free = [node for node, needs in left.items() if not needs]
        if not free:
            break
        for node in free:
            del left[node]
        for needs in left.values():
            needs.difference_update(free)
    # what is left leads into a circle; without those that nothing in it needs, the circles alone remain
    while True:
        needed = set().union(*left.values()) if left else set()
        outside = [node for node in left if node not in needed]
        if not outside:
            break
        for node in outside:
            del left[node]
    if left:
        raise ValidationError(f"Circular dependency between resources: [{', '.join(left)}]")


def reverse(dependencies: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """The graph turned around: node to the nodes that need it."""
    turned: dict[str, set[str]] = {node: set() for node in dependencies}
    for node, needs in dependencies.items():
        for need in needs:
            if need in turned:
                turned[need].add(node)
    return turned
