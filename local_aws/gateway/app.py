"""The ASGI application: reads a request, knows who asks, decides what is allowed, and hands it on."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from attrs import define, field, frozen

from local_aws.gateway import moto_bridge, wire
from local_aws.gateway.context import DEFAULT_ACCOUNT, Principal, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import Handler, OperationGroup
from local_aws.platform import SERVICE_ACCESS_KEY

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
DataPlane = Callable[[Scope, Receive, Send, re.Match[str]], Awaitable[None]]

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")


class Authority(Protocol):
    """Knows principals by their keys and decides what they may do."""

    def principal(self, access_key: str | None) -> Principal:
        """The identity behind an access key; raises AwsError for a key of a session that is gone."""

    def authorize(self, context: RequestContext, call: wire.Call, parameters: dict[str, Any]) -> None:
        """Raises AwsError (``AccessDenied…``) where the principal's policies do not allow the call."""


@frozen(kw_only=True)
class Signature:
    """What a SigV4 signature says of its maker; signatures themselves are not verified on loopback."""

    access_key: str | None = None
    region: str = "us-east-1"
    signing_name: str = "s3"

    @classmethod
    def of(cls, headers: dict[str, str], query: str) -> "Signature":
        """Reads the Authorization header or a presigned URL's query; S3 where there is neither."""
        match = _CREDENTIAL.search(headers.get("authorization", "")) or _CREDENTIAL.search(
            query.replace("%2F", "/").replace("X-Amz-Credential", "Credential")
        )
        if match is None:
            return cls()
        access_key, region, signing_name = match.groups()
        return cls(access_key=access_key.replace("%3A", ":"), region=region, signing_name=signing_name)


@define(eq=False)
class Gateway:
    """Dispatches AWS requests: to the services registered here, else to moto.

    Args:
        authority: who is who, and who may what.
    """

    authority: Authority
    _operations: dict[str, dict[str, Handler]] = field(factory=dict)
    _routes: list[tuple[str, re.Pattern[str], DataPlane]] = field(factory=list)
    _threads: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(128, thread_name_prefix="request"))

    def register(self, *groups: OperationGroup) -> None:
        """Adds operations. A service that is registered is ours alone: what it lacks is an error, not moto's."""
        for group in groups:
            service = self._operations.setdefault(group.service, {})
            for name, handler in group.operations().items():
                if name in service:
                    raise ValueError(f"{group.service}:{name} is registered twice")
                service[name] = handler

    def route(self, method: str, pattern: str, handler: DataPlane) -> None:
        """Adds a raw path that is served as it stands, before AWS protocols are looked at."""
        self._routes.append((method, re.compile(pattern), handler))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        if scope["type"] != "http":
            return
        for method, pattern, handler in self._routes:
            if scope["method"] == method and (match := pattern.fullmatch(scope["path"])):
                await handler(scope, receive, send, match)
                return
        body = await read_body(receive)
        loop = asyncio.get_running_loop()
        status, headers, answer = await loop.run_in_executor(self._threads, self._serve, scope, body)
        await respond(send, status, headers, answer)

    def _serve(self, scope: Scope, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        environ = moto_bridge.environ_of(
            method=scope["method"],
            raw_path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"],
            headers=scope["headers"],
            body=body,
        )
        signature = Signature.of(headers, scope["query_string"].decode("latin-1"))
        request = moto_bridge.request_of(environ)
        call = wire.resolve(request, signature.signing_name)
        if call is None:
            return moto_bridge.call(environ)
        try:
            principal = self.authority.principal(signature.access_key)
            context = RequestContext(
                account=principal.account,
                region=signature.region,
                principal=principal,
                request_id=str(uuid.uuid4()),
            )
            parameters = wire.parse(request, call)
            self.authority.authorize(context, call, parameters)
            service = self._operations.get(call.service)
            if service is None:
                return moto_bridge.call(environ)
            handler = service.get(call.operation)
            if handler is None:
                raise wire.not_available(call)
            result: dict[str, Any] | AwsError = handler(context, parameters) or {}
        except AwsError as error:
            result = error
        status, answer_headers, answer = wire.answer(request, call, result)
        return status, list(answer_headers.items()), answer


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request."""
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def respond(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Sends a whole answer."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    if not any(name.lower() == b"content-length" for name, _ in raw):
        raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


class RootAuthority:
    """Takes every key for the account's root: the rule before IAM is asked."""

    def principal(self, access_key: str | None) -> Principal:  # noqa: ARG002
        """The root of the default account."""
        return Principal(arn=f"arn:aws:iam::{DEFAULT_ACCOUNT}:root", account=DEFAULT_ACCOUNT)

    def authorize(self, context: RequestContext, call: wire.Call, parameters: dict[str, Any]) -> None:
        """Allows everything."""


__all__ = ["SERVICE_ACCESS_KEY", "Authority", "Gateway", "RootAuthority", "Signature", "read_body", "respond"]
