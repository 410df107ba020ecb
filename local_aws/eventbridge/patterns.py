"""Event patterns: which events a rule wants.

A pattern is compiled once and matched many times. The language is that of the EventBridge user guide: exact values,
prefix, suffix, anything-but, numeric, exists, cidr, wildcard, equals-ignore-case, and ``$or``.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from local_aws.eventbridge.matchers import ABSENT, InvalidPatternError, Matcher, is_matcher, matcher
from local_aws.gateway.errors import AwsError

_OR = "$or"
_LIMIT = 4096
_COMBINATIONS = 1000

Predicate = Callable[[Any], bool]


@frozen
class EventPattern:
    """A compiled pattern.

    Attributes:
        text: the JSON it was made from.
    """

    text: str
    _matches: Predicate

    @classmethod
    def compile(cls, text: str) -> "EventPattern":
        """Reads a pattern.

        Raises:
            AwsError: ``InvalidEventPatternException`` with the reason.
        """
        try:
            return cls(text, _object(_parse(text)))
        except InvalidPatternError as error:
            raise AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}") from error

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether an event fits."""
        return self._matches(event)


def _parse(text: str) -> dict[str, Any]:
    if len(text) > _LIMIT:
        raise InvalidPatternError(f"Event pattern is larger than {_LIMIT} characters: it has {len(text)}")
    try:
        pattern = json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise InvalidPatternError(str(error)) from error
    if not isinstance(pattern, dict):
        raise InvalidPatternError("Filter is not an object")
    if _combinations(pattern) > _COMBINATIONS:
        raise InvalidPatternError(f"$or leads to more than {_COMBINATIONS} combinations")
    return pattern


def _no_constant(text: str) -> None:
    raise ValueError(f"Unrecognized token '{text}'")


def _object(pattern: dict[str, Any]) -> Predicate:
    """All members must match; of an array of objects in the event, one element must match them all."""
    if not pattern:
        raise InvalidPatternError("Empty objects are not allowed")
    fields: list[tuple[str, Predicate]] = []
    choices: list[list[Predicate]] = []
    for key, value in pattern.items():
        if key == _OR and _is_or(value):
            choices.append([_object(choice) for choice in value])
        elif isinstance(value, dict):
            fields.append((key, _object(value)))
        elif isinstance(value, list):
            fields.append((key, _leaf(value)))
        else:
            raise InvalidPatternError(f'"{key}" must be an object or an array')

    def matches_members(members: Mapping[str, Any]) -> bool:
        return all(predicate(members.get(key, ABSENT)) for key, predicate in fields) and all(
            any(choice(members) for choice in options) for options in choices
        )

    def matches(value: Any) -> bool:
        if isinstance(value, Mapping):
            return matches_members(value)
        if isinstance(value, list):
            elements = [element for element in value if isinstance(element, Mapping | list)]
            return any(matches(element) for element in elements) or (not elements and matches_members({}))
        # a value that is no object has none of the members: only what asks for their absence matches
        return matches_members({})

    return matches


def _is_or(value: Any) -> bool:
    """``$or`` is a field's name like any other unless it holds two or more objects of fields."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(choice, dict) and choice and not is_matcher(choice) for choice in value)
    )


def _leaf(values: list[Any]) -> Predicate:
    if not values:
        raise InvalidPatternError("Empty arrays are not allowed")
    matchers: list[Matcher] = [matcher(value) for value in values]

    def matches(value: Any) -> bool:
        found = list(_leaves(value)) or [ABSENT]
        return any(one(candidate) for candidate in found for one in matchers)

    return matches


def _leaves(value: Any) -> Any:
    """The values at the end of a path: an array stands for its elements, an object is no value."""
    if isinstance(value, list):
        for element in value:
            yield from _leaves(element)
    elif value is not ABSENT and not isinstance(value, Mapping):
        yield value


def _combinations(pattern: Any) -> int:
    if not isinstance(pattern, dict):
        return 1
    product = 1
    for key, value in pattern.items():
        if key == _OR and _is_or(value):
            product *= sum(_combinations(choice) for choice in value)
        else:
            product *= _combinations(value)
    return product
