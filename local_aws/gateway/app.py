"""The ASGI application: reads a request, knows who asks, decides what is allowed, and hands it on."""

import asyncio
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from attrs import define, field

from local_aws.gateway import guard, moto_bridge, refusals, wire
from local_aws.gateway.context import DEFAULT_ACCOUNT, Principal, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.http import HttpRequest, Signature, inflated_body, path_style, plain_body
from local_aws.gateway.offers import OFFERS, check_offer, check_use
from local_aws.gateway.operations import Handler, OperationGroup
from local_aws.platform import SERVICE_ACCESS_KEY, SOURCE_ACCOUNT_HEADER, SOURCE_ARN_HEADER

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
DataPlane = Callable[[Scope, Receive, Send, re.Match[str]], Awaitable[None]]
Answer = tuple[int, list[tuple[str, str]], bytes]

_log = logging.getLogger(__name__)

_THREADS = 128  # requests that wait for others, such as a function's invocation, hold one each


class Authority(Protocol):
    """Knows principals by their keys and decides what they may do."""

    def principal(self, access_key: str | None, service: str = "sts") -> Principal:
        """The identity behind an access key; raises AwsError for a key of a session that is gone."""

    def authorize(self, context: RequestContext, call: wire.Call, parameters: dict[str, Any]) -> None:
        """Raises AwsError (``AccessDenied…``) where the principal's policies do not allow the call."""

    def require(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: Mapping[str, str | tuple[str, ...]] | None = None,
    ) -> None:
        """Raises AwsError where a principal may not do one action; for routes that serve a request themselves."""

    def hides_absence(self, context: RequestContext, call: wire.Call, parameters: dict[str, Any]) -> AwsError | None:
        """The error that takes the place of "no such key" for somebody who may not list the bucket."""


class ClientDisconnectedError(Exception):
    """The client went away before its request was whole: nobody is there to be answered."""


@define(eq=False)
class Gateway:
    """Dispatches AWS requests: to the services registered here, else to moto.

    Args:
        authority: who is who, and who may what.
        protocol: serves connections, where a service brings its own for a path that must be fast. Default: uvicorn's.
        on_thread_start: called by each thread before it carries out requests. Default: nothing.
    """

    authority: Authority
    protocol: type[asyncio.Protocol] | None = None
    on_thread_start: Callable[[], None] | None = None
    _operations: dict[str, dict[str, Handler]] = field(factory=dict)
    _amendments: dict[tuple[str, str], Handler] = field(factory=dict)
    _routes: list[tuple[str, re.Pattern[str], DataPlane]] = field(factory=list)
    _threads: ThreadPoolExecutor = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="request", initializer=self.on_thread_start)

    @property
    def services(self) -> dict[str, str]:
        """Every service that is answered, with who carries it out: ``local`` or ``moto``."""
        return dict.fromkeys(OFFERS, "moto") | dict.fromkeys(self._operations, "local")

    def register(self, *groups: OperationGroup) -> None:
        """Adds operations. A service that is registered is ours alone: what it lacks is an error, not moto's."""
        for group in groups:
            service = self._operations.setdefault(group.service, {})
            for name, handler in group.operations().items():
                if name in service:
                    raise ValueError(f"{group.service}:{name} is registered twice")
                service[name] = handler

    def amend(self, *groups: OperationGroup) -> None:
        """Adds operations in front of a service that moto keeps: moto carries out all others."""
        for group in groups:
            for name, handler in group.operations().items():
                if (group.service, name) in self._amendments:
                    raise ValueError(f"{group.service}:{name} is registered twice")
                self._amendments[group.service, name] = handler

    def route(self, method: str, pattern: str, handler: DataPlane) -> None:
        """Adds a raw path that is served as it stands, before AWS protocols are looked at."""
        self._routes.append((method, re.compile(pattern), handler))

    def close(self) -> None:
        """Takes no further requests; those that are being served come to their end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        if scope["type"] != "http":
            return
        refused = guard.refusal(scope["headers"])
        if refused is not None:
            await respond(send, *refusals.plain(403, "AccessDenied", refused))
            return
        for method, pattern, handler in self._routes:
            if scope["method"] == method and (match := pattern.fullmatch(scope["path"])):
                await handler(scope, receive, send, match)
                return
        try:
            body = await read_body(receive)
        except ClientDisconnectedError:
            return
        loop = asyncio.get_running_loop()
        status, headers, answer = await loop.run_in_executor(self._threads, self._serve, HttpRequest.of(scope, body))
        await respond(send, status, headers, answer, head=scope["method"] == "HEAD")

    def _serve(self, request: HttpRequest) -> Answer:
        request_id = str(uuid.uuid4())
        try:
            return self._answer(request, request_id)
        except AwsError as error:
            return refusals.answer(request, error, request_id)
        except Exception as error:  # noqa: BLE001 - a fault of any kind is an answer, not a hang
            _log.exception("%s %s failed (request %s)", request.method, request.raw_path, request_id)
            return refusals.answer(request, refusals.internal("the request", error), request_id)

    def _answer(self, request: HttpRequest, request_id: str) -> Answer:
        signature = Signature.of(request)
        request = plain_body(path_style(request)) if signature.signing_name == "s3" else inflated_body(request)
        environ = moto_bridge.environ_of(request)
        parsed = moto_bridge.request_of(environ)
        call = wire.resolve(parsed, signature.signing_name)
        if call is None:
            raise refusals.unknown(request, signature, self.services)
        result: dict[str, Any] | AwsError
        try:
            refusals.check_time(signature)
            principal = self.authority.principal(signature.access_key, call.service)
            source_arn = request.header(SOURCE_ARN_HEADER) if principal.service else ""
            source_account = request.header(SOURCE_ACCOUNT_HEADER) if principal.service else ""
            context = RequestContext(
                # a service acts in the account of the resource it acts for
                account=source_account or principal.account,
                region=signature.region,
                principal=principal,
                request_id=request_id,
                source_arn=source_arn or None,
                source_account=source_account or None,
            )
            handler = self._handler(call)
            parameters = wire.parse(parsed, call)
            if handler is None:
                check_use(call.service, call.operation, parameters)
            self.authority.authorize(context, call, parameters)
            if handler is None:
                status, headers, body = moto_bridge.call(environ, call, context)
                hidden = status == 404 and self.authority.hides_absence(context, call, parameters)
                if not hidden:
                    return status, headers, body
                result = hidden
            else:
                result = handler(context, parameters) or {}
        except AwsError as error:
            result = error
        except Exception as error:  # noqa: BLE001 - a fault of any kind is an answer, not a hang
            _log.exception("%s:%s failed (request %s)", call.service, call.operation, request_id)
            result = refusals.internal(f"{call.service}:{call.operation}", error)
        status, answer_headers, body = wire.answer(parsed, call, result)
        answer_headers.setdefault("x-amzn-requestid", request_id)
        # the serializers' stand-in for it
        body = body.replace(b"<RequestId>request-id<", f"<RequestId>{request_id}<".encode(), 1)
        return status, list(answer_headers.items()), body

    def _handler(self, call: wire.Call) -> Handler | None:
        amended = self._amendments.get((call.service, call.operation))
        if amended is not None:
            return amended
        service = self._operations.get(call.service)
        if service is None:
            check_offer(call.service, call.operation)
            return None
        if call.operation not in service:
            raise wire.not_available(call)
        return service[call.operation]


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request.

    Raises:
        ClientDisconnectedError: the client went away in the middle of it.
    """
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def respond(send: Send, status: int, headers: list[tuple[str, str]], body: bytes, *, head: bool = False) -> None:
    """Sends a whole answer.

    Args:
        send: ASGI's.
        status: HTTP status.
        headers: of the answer; a length among them counts only for `head`.
        body: of the answer.
        head: the request was a HEAD: the body is left out, the length that it would have is told.
    """
    length = next((value for name, value in headers if name.lower() == "content-length"), None) if head else None
    raw = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if name.lower() not in ("content-length", "transfer-encoding")
    ]
    raw.append((b"content-length", (length or str(len(body))).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else body})


class RootAuthority:
    """Takes every key for the account's root: the rule before IAM is asked."""

    def principal(self, access_key: str | None, service: str = "sts") -> Principal:  # noqa: ARG002
        """The root of the default account."""
        return Principal(arn=f"arn:aws:iam::{DEFAULT_ACCOUNT}:root", account=DEFAULT_ACCOUNT)

    def authorize(self, context: RequestContext, call: wire.Call, parameters: dict[str, Any]) -> None:
        """Allows everything."""

    def require(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: Mapping[str, str | tuple[str, ...]] | None = None,
    ) -> None:
        """Allows everything."""

    def hides_absence(self, context: RequestContext, call: wire.Call, parameters: dict[str, Any]) -> AwsError | None:  # noqa: ARG002
        """Never: the root may list all buckets."""
        return None


__all__ = ["SERVICE_ACCESS_KEY", "Authority", "Gateway", "RootAuthority", "Signature", "read_body", "respond"]
