"""Who asks, where, and in which request."""

from collections.abc import Callable, Iterator
from threading import RLock
from typing import Generic, TypeVar

from attrs import frozen

DEFAULT_ACCOUNT = "123456789012"


@frozen(kw_only=True)
class Principal:
    """The identity behind a request.

    Attributes:
        arn: of the account's root, a user, or an assumed role (``arn:aws:sts::…:assumed-role/name/session``).
        account: 12-digit account that the credentials belong to.
        role_arn: the role behind an assumed-role session, else None.
        service: the AWS service's principal, such as ``events.amazonaws.com``, where a service itself asks.
        access_key: the key that the request was signed with, where its identity hangs on it.
    """

    arn: str
    account: str
    role_arn: str | None = None
    service: str | None = None
    access_key: str | None = None


@frozen(kw_only=True)
class RequestContext:
    """What every operation is told beside its request.

    Attributes:
        account: 12-digit account in which the operation acts.
        region: such as ``us-east-1``.
        principal: who asks.
        request_id: unique to this request; appears in the answer's metadata.
        source_arn: the resource on whose behalf an AWS service asks (``aws:SourceArn``), else None.
        source_account: the account of that resource (``aws:SourceAccount``).
    """

    account: str
    region: str
    principal: Principal
    request_id: str
    source_arn: str | None = None
    source_account: str | None = None


S = TypeVar("S")


class RegionalState(Generic[S]):
    """A service's records, one object for each account and region.

    Args:
        make: builds the empty state of a region when it is first used.
    """

    def __init__(self, make: Callable[[], S]) -> None:
        self._make = make
        self._states: dict[tuple[str, str], S] = {}
        self._lock = RLock()

    def of(self, account: str, region: str) -> S:
        """The state of one account and region."""
        with self._lock:
            key = (account, region)
            if key not in self._states:
                self._states[key] = self._make()
            return self._states[key]

    def __getitem__(self, context: RequestContext) -> S:
        return self.of(context.account, context.region)

    def __iter__(self) -> Iterator[tuple[tuple[str, str], S]]:
        with self._lock:
            return iter(list(self._states.items()))
