"""The decision: how AWS combines identity policies, boundaries, session and resource policies."""

from collections.abc import Iterable

from attrs import frozen

from local_aws.iam.policies import AccessRequest, Caller, Effect, Policy, PrincipalMatch

IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
RESOURCE = "resource-based policy"


@frozen(kw_only=True)
class Grants:
    """All policies that have a say in a request.

    Attributes:
        identity: of the user with its groups, or of the role.
        boundary: the permissions boundary, if the identity has one.
        session: policies passed when the session was made; several must all allow.
        resource: the resource's own policy, if it has one.
        same_account: caller and resource belong to one account.
        resource_policy_rules: identity policies count only where the resource policy lets the account decide
            (KMS keys, role trust policies).
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] = ()
    resource: Policy | None = None
    same_account: bool = True
    resource_policy_rules: bool = False


@frozen
class Decision:
    """The outcome, and which kind of policy is the reason for a denial.

    Attributes:
        allowed: the request may go on.
        explicit: denied by a Deny statement, not by silence.
        source: the kind of policy that denied, or that is silent; empty when allowed.
    """

    allowed: bool
    explicit: bool = False
    source: str = ""


ALLOWED = Decision(allowed=True)


def decide(caller: Caller, request: AccessRequest, grants: Grants) -> Decision:
    """Evaluates a request as AWS documents it: an explicit deny wins, then what allows."""
    identity: Effect | None = "Allow" if caller.kind == "root" else _combined(grants.identity, request)
    boundary: Effect | None = "Allow" if grants.boundary is None else grants.boundary.effect(request)
    session = _every(grants.session, request)
    resource, match = (None, PrincipalMatch.NONE)
    if grants.resource is not None:
        resource, match = grants.resource.effect_for(caller, request)
    by_kind = ((IDENTITY, identity), (BOUNDARY, boundary), (SESSION, session), (RESOURCE, resource))
    for source, effect in by_kind:
        if effect == "Deny":
            return Decision(allowed=False, explicit=True, source=source)
    if caller.kind in ("service", "anonymous"):
        return ALLOWED if resource == "Allow" else Decision(allowed=False, source=RESOURCE)
    if resource != "Allow" and (grants.resource_policy_rules or not grants.same_account):
        return Decision(allowed=False, source=RESOURCE)
    if grants.same_account and resource == "Allow":
        if match is PrincipalMatch.EXACT:
            return ALLOWED
        if match is PrincipalMatch.ROLE:
            identity = "Allow"
    for source, effect in ((IDENTITY, identity), (BOUNDARY, boundary), (SESSION, session)):
        if effect != "Allow":
            return Decision(allowed=False, source=source)
    return ALLOWED


def _combined(policies: Iterable[Policy], request: AccessRequest) -> Effect | None:
    found: Effect | None = None
    for policy in policies:
        effect = policy.effect(request)
        if effect == "Deny":
            return "Deny"
        found = effect or found
    return found


def _every(policies: Iterable[Policy], request: AccessRequest) -> Effect | None:
    effects = [policy.effect(request) for policy in policies]
    if "Deny" in effects:
        return "Deny"
    return "Allow" if all(effect == "Allow" for effect in effects) else None
