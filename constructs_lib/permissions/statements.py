"""An IAM statement as plain data."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from constructs_lib.definitions.freezing import freeze_fields


@frozen(kw_only=True, field_transformer=freeze_fields)
class Statement:
    """Something that a role may do.

    Args:
        actions: such as ``s3:GetObject``; never with a wildcard.
        resources: ARNs, with tokens or without; ``*`` in them stands for any text.
        conditions: by operator and key. Default: none.
        reason: why a resource holds a wildcard. Default: none of them does.

    Raises:
        TypeError: a text where a list of texts belongs.
        ValueError: a wildcard without a reason, or in an action.
    """

    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, Sequence[str]]] = field(factory=dict)
    reason: str | None = None

    def __attrs_post_init__(self) -> None:
        values = (value for keys in self.conditions.values() for value in keys.values())
        for value in (self.actions, self.resources, *values):
            if isinstance(value, str):  # a sequence of letters, of which a wildcard would be one
                raise TypeError(f"got the text {value!r}, expected a list of texts")
        if any("*" in action for action in self.actions):
            raise ValueError(f"got the actions {', '.join(self.actions)}, expected them without wildcards")
        if self.wildcards and self.reason is None:
            raise ValueError(f"got the resources {', '.join(self.wildcards)}, expected the reason of the wildcard")

    @property
    def wildcards(self) -> tuple[str, ...]:
        """The resources that hold a wildcard."""
        return tuple(resource for resource in self.resources if "*" in resource)

    def to_dict(self) -> dict[str, Any]:
        """The statement as a policy document holds it."""
        document: dict[str, Any] = {
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.conditions:
            document["Condition"] = {
                operator: {key: list(values) for key, values in keys.items()}
                for operator, keys in self.conditions.items()
            }
        return document


def merged(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements that say the same of one resource, or of one set of actions, as one; in the order of the first."""
    return _grouped(_grouped(statements, _by_resources), _by_actions)


def _grouped(statements: Iterable[Statement], key: Callable[[Statement], Any]) -> tuple[Statement, ...]:
    groups: dict[Any, Statement] = {}
    for statement in statements:
        known = groups.get(key(statement))
        groups[key(statement)] = statement if known is None else _union(known, statement)
    return tuple(groups.values())


def _by_resources(statement: Statement) -> Any:
    return frozenset(statement.resources), _conditions_key(statement)


def _by_actions(statement: Statement) -> Any:
    return frozenset(statement.actions), _conditions_key(statement), statement.reason


def _union(first: Statement, second: Statement) -> Statement:
    reasons = dict.fromkeys(reason for found in (first, second) if found.reason for reason in found.reason.split("; "))
    return Statement(
        actions=sorted({*first.actions, *second.actions}),
        resources=list(dict.fromkeys([*first.resources, *second.resources])),
        conditions=first.conditions,
        reason="; ".join(reasons) or None,
    )


def _conditions_key(statement: Statement) -> str:
    return repr(sorted((operator, sorted(keys.items())) for operator, keys in statement.conditions.items()))
