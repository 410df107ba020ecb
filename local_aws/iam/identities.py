"""Who a request's key belongs to, and which policies that identity has."""

import secrets
import threading
from datetime import datetime, timedelta

from attrs import define, evolve, field, frozen

from local_aws.gateway.context import DEFAULT_ACCOUNT, Principal
from local_aws.iam import denials
from local_aws.iam.evaluation import Grants
from local_aws.iam.policies import Caller, parse_policy
from local_aws.moto_mends import state
from local_aws.platform import SERVICE_ACCESS_KEY

ANONYMOUS = Principal(arn="anonymous", account=DEFAULT_ACCOUNT)
_SESSION_KEY_PREFIX = "ASIALOCAL"
_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@frozen(kw_only=True)
class Session:
    """Temporary credentials of a role, of a user, or of the root.

    Attributes:
        access_key: the key by which requests name it.
        secret_key: for the client's signature.
        token: the session token.
        principal: whom the session acts for.
        identifier: unique id of the role or user with the session's name, as ``GetCallerIdentity`` gives it.
        base_identifier: unique id of the role or user: the session dies with it.
        expires: when it ends.
        policies: session policies' texts.
        tags: session tags.
        issued: when it was made.
    """

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    principal: Principal
    identifier: str
    base_identifier: str
    expires: datetime
    issued: datetime
    policies: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    external_keys: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class Identity:
    """A principal with all that policies may ask of it."""

    principal: Principal
    caller: Caller
    grants: Grants
    keys: dict[str, str]
    internal: bool = False


@define(eq=False)
class Identities:
    """Knows every access key: sessions made here, users of IAM, services, and root for all others."""

    _sessions: dict[str, Session] = field(factory=dict)
    _user_keys: set[str] = field(factory=set)
    _lock: threading.Lock = field(factory=threading.Lock)

    def open_session(
        self,
        principal: Principal,
        *,
        identifier: str,
        base_identifier: str,
        seconds: int,
        policies: tuple[str, ...] = (),
        tags: tuple[tuple[str, str], ...] = (),
    ) -> Session:
        """Makes temporary credentials that last `seconds`."""
        access_key = _SESSION_KEY_PREFIX + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(11))
        now = state.now()
        session = Session(
            access_key=access_key,
            secret_key=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(120),
            principal=evolve(principal, access_key=access_key),
            identifier=identifier,
            base_identifier=base_identifier,
            expires=now + timedelta(seconds=seconds),
            issued=now,
            policies=policies,
            tags=tags,
        )
        with self._lock:
            self._sessions[access_key] = session
            if len(self._sessions) % 256 == 0:
                self._forget_expired(now - timedelta(hours=1))
        return session

    def session(self, access_key: str | None) -> Session | None:
        """The session behind a key, expired or not."""
        return self._sessions.get(access_key or "")

    def principal(self, access_key: str | None, service: str = "sts") -> Principal:
        """The identity behind an access key.

        Args:
            access_key: of the request's signature; None where it has none.
            service: the service asked, whose error codes are used.

        Raises:
            AwsError: the session has expired, or the key once belonged to somebody and does no more.
        """
        if access_key is None:
            return ANONYMOUS
        session = self._sessions.get(access_key)
        if session is not None:
            if session.expires <= state.now():
                raise denials.expired(service)
            return session.principal
        if access_key.startswith(SERVICE_ACCESS_KEY):
            return _service(access_key)
        if access_key.startswith(_SESSION_KEY_PREFIX):
            raise denials.unknown_key(service)
        found = state.user_of_key(access_key)
        if found is not None:
            account, active, user = found
            self._user_keys.add(access_key)
            if not active:
                raise denials.unknown_key(service)
            return Principal(arn=user.arn, account=account, access_key=access_key)
        if access_key in self._user_keys:
            raise denials.unknown_key(service)
        account = access_key if len(access_key) == 12 and access_key.isdigit() else DEFAULT_ACCOUNT
        return root(account)

    def identity(self, principal: Principal) -> Identity:
        """The principal's policies as they are now."""
        if principal is ANONYMOUS or principal.arn == ANONYMOUS.arn:
            caller = Caller(arn=principal.arn, account="", kind="anonymous")
            return Identity(
                principal=principal, caller=caller, grants=Grants(), keys={"aws:principaltype": "Anonymous"}
            )
        if principal.service is not None:
            caller = Caller(arn=principal.service, account="", kind="service")
            keys = {
                "aws:principalisawsservice": "true",
                "aws:principalservicename": principal.service,
                "aws:principaltype": "AWSService",
            }
            return Identity(principal=principal, caller=caller, grants=Grants(), keys=keys)
        keys = {
            "aws:principalaccount": principal.account,
            "aws:principalarn": principal.role_arn or principal.arn,
            "aws:principalisawsservice": "false",
            "aws:viaawsservice": "false",
        }
        if principal.arn.endswith(":root"):
            caller = Caller(arn=principal.arn, account=principal.account, kind="root")
            keys |= {"aws:principaltype": "Account", "aws:userid": principal.account}
            internal = principal.access_key is not None and principal.access_key.startswith(SERVICE_ACCESS_KEY)
            return Identity(principal=principal, caller=caller, grants=Grants(), keys=keys, internal=internal)
        return self._of_user_or_session(principal, keys)

    def _of_user_or_session(self, principal: Principal, keys: dict[str, str]) -> Identity:
        session = self._sessions.get(principal.access_key or "")
        stored = _stored(principal)
        if session is not None:
            keys |= {
                "aws:userid": session.identifier,
                "aws:tokenissuetime": session.issued.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "aws:multifactorauthpresent": "false",
            }
            if stored is not None and stored.identifier != session.base_identifier:
                stored = None
        if principal.role_arn is None:
            caller = Caller(arn=principal.arn, account=principal.account, kind="user")
            keys["aws:principaltype"] = "User"
            keys["aws:username"] = principal.arn.rsplit("/", 1)[-1]
            if stored is not None:
                keys.setdefault("aws:userid", stored.identifier)
        else:
            caller = Caller(arn=principal.arn, account=principal.account, kind="session", role_arn=principal.role_arn)
            keys["aws:principaltype"] = "AssumedRole"
        for name, value in (*(stored.tags if stored else ()), *(session.tags if session else ())):
            keys[f"aws:principaltag/{name.lower()}"] = value
        # a role that was deleted leaves its sessions without any rights
        grants = Grants(
            identity=tuple(parse_policy(document) for document in stored.documents) if stored else (),
            boundary=parse_policy(stored.boundary) if stored and stored.boundary else None,
            session=tuple(parse_policy(document) for document in session.policies) if session else (),
        )
        return Identity(principal=principal, caller=caller, grants=grants, keys=keys)

    def _forget_expired(self, before: datetime) -> None:
        for key in [key for key, session in self._sessions.items() if session.expires < before]:
            del self._sessions[key]


def root(account: str) -> Principal:
    """The root of an account."""
    return Principal(arn=f"arn:aws:iam::{account}:root", account=account)


def _stored(principal: Principal) -> state.StoredIdentity | None:
    if principal.role_arn is not None:
        return state.role(principal.account, principal.role_arn.rsplit("/", 1)[-1])
    return state.user(principal.account, principal.arn.rsplit("/", 1)[-1])


def _service(access_key: str) -> Principal:
    _, _, name = access_key.partition(":")
    if "." in name:
        return Principal(arn=name, account=DEFAULT_ACCOUNT, service=name, access_key=access_key)
    account = name or DEFAULT_ACCOUNT
    return Principal(arn=f"arn:aws:iam::{account}:root", account=account, access_key=access_key)
