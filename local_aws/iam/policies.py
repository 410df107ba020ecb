"""Policy documents, read once and kept compiled by their content."""

import json
from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache
from typing import Any, Literal

from attrs import frozen

from local_aws.iam.conditions import Condition, compile_conditions
from local_aws.iam.patterns import Keys, glob, matches

ANY_RESOURCE = "(any resource)"
"""Stands for a resource that cannot be told from the request: every Allow covers it, a Deny only by ``*``."""

Effect = Literal["Allow", "Deny"]


class PrincipalMatch(IntEnum):
    """How closely a statement's principal names the caller."""

    NONE = 0
    ACCOUNT = 1
    """The caller's account: the account's own policies decide further."""
    ROLE = 2
    """The role of the session, or everyone."""
    EXACT = 3
    """The user, the session, the root, or the service itself."""


@frozen(kw_only=True)
class Caller:
    """A principal as policies see it.

    Attributes:
        arn: of the root, user or role session; for a service its principal, such as ``events.amazonaws.com``.
        account: its account; empty for a service and for an anonymous caller.
        kind: what it is.
        role_arn: of a session, the role behind it.
    """

    arn: str
    account: str
    kind: Literal["root", "user", "session", "service", "anonymous"]
    role_arn: str | None = None


@frozen(kw_only=True)
class AccessRequest:
    """What is asked of the policies.

    Attributes:
        action: such as ``s3:GetObject``.
        resources: the resource's ARN, and other spellings of it that policies may use.
        keys: the request's condition keys.
    """

    action: str
    resources: tuple[str, ...]
    keys: Keys


@frozen(kw_only=True)
class Statement:
    """One statement, ready to be matched."""

    effect: Effect
    actions: tuple[Callable[[str], bool], ...]
    not_actions: bool
    resources: tuple[str, ...] | None
    not_resources: bool
    principals: tuple[tuple[str, str], ...] | None
    not_principals: bool
    conditions: tuple[Condition, ...]

    def applies(self, request: AccessRequest) -> bool:
        """Whether action, resource and conditions cover the request."""
        action = request.action.lower()
        if any(covers(action) for covers in self.actions) == self.not_actions:
            return False
        if self.resources is not None and not self._covers_resource(request):
            return False
        return all(condition.holds(request.keys) for condition in self.conditions)

    def _covers_resource(self, request: AccessRequest) -> bool:
        assert self.resources is not None  # noqa: S101 - asked by applies
        if request.resources == (ANY_RESOURCE,):
            return self.effect == "Allow" or "*" in self.resources
        found = any(
            matches(pattern, resource, request.keys) for pattern in self.resources for resource in request.resources
        )
        return found != self.not_resources

    def names(self, caller: Caller) -> PrincipalMatch:
        """How the statement's principal element fits the caller."""
        if self.principals is None:
            return PrincipalMatch.NONE
        best = max((_principal_match(kind, value, caller) for kind, value in self.principals), default=0)
        if self.not_principals:
            return PrincipalMatch.NONE if best else PrincipalMatch.ROLE
        return PrincipalMatch(best)


@frozen(eq=False)
class Policy:
    """A policy document; the same object for the same text, so that answers can be kept by it."""

    statements: tuple[Statement, ...]

    def effect(self, request: AccessRequest) -> Effect | None:
        """What an identity-based policy says: a Deny goes before any Allow, None is silence."""
        found: Effect | None = None
        for statement in self.statements:
            if (found is None or statement.effect == "Deny") and statement.applies(request):
                if statement.effect == "Deny":
                    return "Deny"
                found = "Allow"
        return found

    def effect_for(self, caller: Caller, request: AccessRequest) -> tuple[Effect | None, PrincipalMatch]:
        """What a resource-based policy says to a caller, and how closely it names it."""
        best = PrincipalMatch.NONE
        for statement in self.statements:
            match = statement.names(caller)
            if match is PrincipalMatch.NONE or (statement.effect == "Allow" and match <= best):
                continue
            if statement.applies(request):
                if statement.effect == "Deny":
                    return "Deny", match
                best = match
        return ("Allow", best) if best else (None, best)


@lru_cache(maxsize=4096)
def parse_policy(document: str) -> Policy:
    """Compiles a policy document, once for each content.

    Raises:
        ValueError: the text is no JSON, or no policy document.
    """
    parsed = json.loads(document)
    if not isinstance(parsed, dict):
        raise ValueError(f"a policy document is an object, got {type(parsed).__name__}")  # noqa: TRY004 - one error kind
    try:
        return Policy(tuple(_statement(item) for item in _list(parsed.get("Statement", []))))
    except (AttributeError, TypeError) as error:
        raise ValueError(f"an element of a statement has the wrong type: {error}") from error


def _statement(source: dict[str, Any]) -> Statement:
    effect = source.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise ValueError(f"a statement's Effect is Allow or Deny, got {effect!r}")
    resources = source.get("Resource", source.get("NotResource"))
    principals = source.get("Principal", source.get("NotPrincipal"))
    return Statement(
        effect=effect,
        actions=tuple(glob(item.lower()) for item in _strings(source.get("Action", source.get("NotAction", [])))),
        not_actions="NotAction" in source,
        resources=None if resources is None else _strings(resources),
        not_resources="NotResource" in source,
        principals=None if principals is None else _principals(principals),
        not_principals="NotPrincipal" in source,
        conditions=compile_conditions(source.get("Condition", {})),
    )


def _principals(element: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(element, str):
        return (("AWS", element),)
    return tuple((kind, value) for kind, values in element.items() for value in _strings(values))


def _principal_match(kind: str, value: str, caller: Caller) -> PrincipalMatch:
    if kind == "Service":
        return PrincipalMatch.EXACT if caller.kind == "service" and value in ("*", caller.arn) else PrincipalMatch.NONE
    if kind != "AWS":
        return PrincipalMatch.NONE
    if value == "*":
        return PrincipalMatch.ROLE
    if caller.kind in ("service", "anonymous"):
        return PrincipalMatch.NONE
    if value == caller.arn:
        return PrincipalMatch.EXACT
    if value == caller.role_arn:
        return PrincipalMatch.ROLE
    if value == caller.account or (value.endswith(":root") and value.split(":")[4] == caller.account):
        return PrincipalMatch.EXACT if caller.kind == "root" else PrincipalMatch.ACCOUNT
    return PrincipalMatch.NONE


def _strings(value: Any) -> tuple[str, ...]:
    found = _list(value)
    if not all(isinstance(item, str) for item in found):
        raise ValueError(f"expected text or a list of texts, got {value!r}")
    return tuple(found)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
