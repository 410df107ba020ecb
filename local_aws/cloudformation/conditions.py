"""Conditions and rules of a template."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, field

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.intrinsics import Resolver, function_of, text_of


@define(eq=False)
class Conditions:
    """The truth of a template's conditions, each evaluated once.

    Args:
        definitions: the template's Conditions.
        make_resolver: builds the resolver for values within conditions, given this object's `holds`.
    """

    definitions: Mapping[str, Any]
    make_resolver: Callable[[Callable[[str], bool]], Resolver]
    _known: dict[str, bool] = field(factory=dict)
    _active: list[str] = field(factory=list)
    _resolver: Resolver = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._resolver = self.make_resolver(self.holds)

    def holds(self, name: str) -> bool:
        """Whether a condition is true.

        Raises:
            ValidationError: there is no such condition, it refers to itself, or it is malformed.
        """
        if name in self._known:
            return self._known[name]
        if name not in self.definitions:
            raise ValidationError(f"Template format error: Unresolved condition dependency {name} in the template")
        if name in self._active:
            raise ValidationError(f"Circular dependency between conditions: [{', '.join(self._active)}]")
        self._active.append(name)
        try:
            self._known[name] = self.evaluate(self.definitions[name])
        finally:
            self._active.pop()
        return self._known[name]

    def evaluate(self, node: Any) -> bool:
        """The truth of a condition's expression."""
        if isinstance(node, bool):
            return node
        if isinstance(node, dict) and len(node) == 1:
            (name, argument), *_ = node.items()
            if name == "Condition":
                return self.holds(str(argument))
            if name == "Fn::Equals":
                return self._equals(argument)
            if name in {"Fn::And", "Fn::Or"}:
                if not isinstance(argument, list) or not 1 <= len(argument) <= 10:
                    raise ValidationError(
                        f"Template error: every {name} object requires a list of at least 2 and at most 10 boolean "
                        "parameters."
                    )
                truths = [self.evaluate(item) for item in argument]
                return all(truths) if name == "Fn::And" else any(truths)
            if name == "Fn::Not":
                if not isinstance(argument, list) or len(argument) != 1:
                    raise ValidationError("Template error: Fn::Not requires a list argument with one element")
                return not self.evaluate(argument[0])
            rule = _RULE_FUNCTIONS.get(name)
            if rule is not None:
                return rule([self._resolver.resolve(item) for item in argument])
            if function_of(node) is not None:
                return text_of(self._resolver.resolve(node)) == "true"
        raise ValidationError(
            "Template format error: Every Conditions member must be a condition function (Fn::And, Fn::Equals, "
            f"Fn::Not, Fn::Or) or a Condition, got {node!r}"
        )

    def _equals(self, argument: Any) -> bool:
        if not isinstance(argument, list) or len(argument) != 2:
            raise ValidationError("Template error: Fn::Equals requires a list argument with two elements")
        left, right = (self._resolver.resolve(item) for item in argument)
        if isinstance(left, list) or isinstance(right, list):
            return bool(left == right)
        return text_of(left) == text_of(right)

    def rule_problems(self, rules: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        """Each assertion of the template's Rules that does not hold."""
        for name, rule in rules.items():
            applies = rule.get("RuleCondition")
            if applies is not None and not self.evaluate(applies):
                continue
            for assertion in rule.get("Assertions", []):
                if not self.evaluate(assertion["Assert"]):
                    text = assertion.get("AssertDescription", "assertion failed")
                    yield f"Template validation error: Rule {name}: {text}"


def _as_list(value: Any) -> list[str]:
    return [text_of(item) for item in value] if isinstance(value, list) else [text_of(value)]


def _contains(arguments: list[Any]) -> bool:
    return text_of(arguments[1]) in _as_list(arguments[0])


def _each_equals(arguments: list[Any]) -> bool:
    return all(item == text_of(arguments[1]) for item in _as_list(arguments[0]))


def _each_in(arguments: list[Any]) -> bool:
    return set(_as_list(arguments[0])) <= set(_as_list(arguments[1]))


_RULE_FUNCTIONS: dict[str, Callable[[list[Any]], bool]] = {
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_equals,
    "Fn::EachMemberIn": _each_in,
}
