"""InvokeEndpoint: who may, which container, what comes back. No HTTP framework between request and container."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from typing import Any, Protocol

from attrs import define, field, frozen

from local_aws.gateway.context import Principal
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.sagemaker.runtime.capture import Exchange
from local_aws.sagemaker.runtime.metrics import InvocationMetrics, Series
from local_aws.sagemaker.runtime.routing import EndpointRoute, Leg, RouteTable, VariantRoute, Way
from local_aws.sagemaker.runtime.upstream import TIMED_OUT, Answer, Headers, Pool

PAYLOAD_LIMIT = 25 << 20
"""Bytes of a request's body: 25 MB by the developer guide's hosting FAQ (the API model still says 6 MB)."""

_PERMISSION_SECONDS = 1.0
_REMEMBERED = 4096

_PASSED_ON = {
    b"content-type": b"Content-Type",
    b"accept": b"Accept",
    b"x-amzn-sagemaker-accept": b"Accept",
    b"x-amzn-sagemaker-custom-attributes": b"X-Amzn-SageMaker-Custom-Attributes",
    b"x-amzn-sagemaker-inference-id": b"X-Amzn-SageMaker-Inference-Id",
}
_REFUSED = {
    b"x-amzn-sagemaker-target-model": "TargetModel (multi-model endpoints)",
    b"x-amzn-sagemaker-enable-explanations": "EnableExplanations",
    b"x-amzn-sagemaker-session-id": "SessionId (stateful sessions)",
}
_TIMEOUT_MESSAGE = (
    "Your invocation timed out while waiting for a response from container {}. Review the latency metrics for each "
    "container in Amazon CloudWatch, resolve the issue, and try again."
)
_HEAD = b"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\n"

Respond = Callable[[int, Headers, bytes], None]
"""Sends an answer to the caller: status, headers, body."""


class Permissions(Protocol):
    """The part of the gateway's authority that this path asks."""

    def principal(self, access_key: str | None, service: str = "sts") -> Principal:
        """Who has an access key."""

    def require(self, principal: Principal, action: str, resource: str) -> None:
        """Raises AwsError where the principal may not do it."""


@frozen
class _Caller:
    """Whoever signed a request.

    Attributes:
        access_key: of the signature; None where there is none.
        region: of the signature.
    """

    access_key: str | None
    region: str

    @classmethod
    def of(cls, scope: bytes) -> "_Caller":
        """From ``KEY/20250101/us-east-1/sagemaker``."""
        parts = scope.decode("latin-1").rsplit("/", 3)
        return cls(parts[0], parts[2]) if len(parts) == 4 else cls(None, "us-east-1")


@define(eq=False)
class Invocations:
    """Carries requests from the gateway to containers and back.

    Args:
        permissions: the gateway's authority.
        routes: the endpoints.
        metrics: counts requests.
        timeout: seconds that a container's answer may take.
    """

    permissions: Permissions
    routes: RouteTable
    metrics: InvocationMetrics
    timeout: float
    _pools: dict[int, Pool] = field(factory=dict)
    _allowed: dict[tuple[bytes, str, str], tuple[float, EndpointRoute]] = field(factory=dict)

    def invoke(self, name: str, headers: Headers, body: bytes, respond: Respond) -> None:
        """Serves one request, on the event loop; `respond` is called once.

        Args:
            name: of the endpoint.
            headers: of the request, with lower-case names.
            body: of the request.
            respond: sends the answer.
        """
        try:
            plan = self.plan(name, headers, body)
        except AwsError as error:
            respond(*refusal(error))
            return
        began = time.perf_counter()

        def done(outcome: Answer | str, leg: Leg) -> None:
            self._answer(plan, outcome, leg, respond, (time.perf_counter() - began) * 1e6)
            capture = plan.route.capture
            if capture is not None and isinstance(outcome, Answer) and outcome.status < 300 and capture.wanted():
                capture.add(_exchange(plan.variant, headers, body, outcome))

        if plan.measured:
            self._through(plan, 0, plan.payload, done)
        else:
            leg = plan.way[0]
            self._pool(leg).submit(plan.payload, lambda outcome: done(outcome, leg))

    def _through(self, plan: "Plan", place: int, payload: bytes, done: Callable[[Answer | str, Leg], None]) -> None:
        """Sends a request to a container, and its answer to the next one; the last, or one that fails, ends it."""
        leg = plan.way[place]
        began = time.perf_counter()

        def answered(outcome: Answer | str) -> None:
            status = outcome.status if isinstance(outcome, Answer) else 0
            series = Series(plan.route, plan.variant, leg[0])
            self.metrics.count(series, status, (time.perf_counter() - began) * 1e6)
            if place + 1 < len(plan.way) and isinstance(outcome, Answer) and 200 <= status < 300:
                self._through(plan, place + 1, plan.following(place + 1, outcome), done)
            else:
                done(outcome, leg)

        self._pool(leg).submit(payload, answered)

    async def ask(self, leg: Leg, payload: bytes) -> Answer | str:
        """One container's whole answer, for who waits for it."""
        answered: asyncio.Future[Answer | str] = asyncio.get_running_loop().create_future()

        def answer(outcome: Answer | str) -> None:
            if not answered.done():
                answered.set_result(outcome)

        self._pool(leg).submit(payload, answer)
        return await answered

    def _pool(self, leg: Leg) -> Pool:
        pool = self._pools.get(leg[1])
        return pool if pool is not None else self._new_pool(leg[1])

    def _new_pool(self, port: int) -> Pool:
        self._pools = {number: pool for number, pool in self._pools.items() if not pool.unused}
        pool = self._pools[port] = Pool(asyncio.get_running_loop(), port, self.timeout)
        return pool

    def retire(self, port: int) -> None:
        """Lets go of a container that takes no more requests; called from any thread."""
        pool = self._pools.get(port)
        if pool is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and its connections with it
                pool.loop.call_soon_threadsafe(self._retire, port, pool)

    def _retire(self, port: int, pool: Pool) -> None:
        if self._pools.get(port) is pool:
            del self._pools[port]
        pool.retire()

    def close(self) -> None:
        """Drops the connections to all containers, for the server's end; called from any thread."""
        for pool in list(self._pools.values()):
            with contextlib.suppress(RuntimeError):  # the loop has ended, and its connections with it
                pool.loop.call_soon_threadsafe(pool.close)

    def plan(self, name: str, headers: Headers, body: bytes) -> "Plan":
        """Decides who answers a request, and how it reaches the container.

        Raises:
            AwsError: the request is refused.
        """
        scope, target, container, component = b"", None, None, ""
        kind = accept = other = b""
        for header, value in headers:
            passed = _PASSED_ON.get(header)
            if passed is not None:
                line = passed + b": " + value + b"\r\n"
                if passed == b"Content-Type":
                    kind += line
                elif passed == b"Accept":
                    accept += line
                else:
                    other += line
            elif header == b"authorization":
                scope = value[value.find(b"Credential=") + 11 : value.find(b"/aws4_request")]
            elif header == b"x-amzn-sagemaker-target-variant":
                target = value.decode("latin-1")
            elif header == b"x-amzn-sagemaker-target-container-hostname":
                container = value.decode("latin-1")
            elif header == b"x-amzn-sagemaker-inference-component":
                component = value.decode("latin-1")
            elif header in _REFUSED:
                raise NotAvailableLocallyError(f"{_REFUSED[header]} of InvokeEndpoint")
        if len(body) > PAYLOAD_LIMIT:
            raise _validation(
                f"1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length "
                f"less than or equal to {PAYLOAD_LIMIT}"
            )
        route = self._route(scope, name, component)
        variant = _component(route, component, target) if route.shared or component else _variant(route, target)
        way = _way(route, variant, container, component)
        several = len(way) > 1
        payload = _request(kind, b"" if several else accept, other, body)
        plan = Plan(route, variant.name, way, payload, (accept, other))
        plan.measured = several or container is not None
        plan.component = component
        return plan

    def _route(self, scope: bytes, name: str, component: str) -> EndpointRoute:
        """The endpoint that a caller may invoke; a permission is asked for again after a second."""
        known = self._allowed.get((scope, name, component))
        if known is not None and known[0] > time.monotonic() and known[1].serving:
            return known[1]
        caller = _Caller.of(scope)
        principal = self.permissions.principal(caller.access_key, "sagemaker")
        route = self.routes.get(principal.account, caller.region, name)
        place = f"arn:aws:sagemaker:{caller.region}:{principal.account}:"
        self.permissions.require(principal, "sagemaker:InvokeEndpoint", f"{place}endpoint/{name}")
        if component:
            self.permissions.require(principal, "sagemaker:InvokeEndpoint", f"{place}inference-component/{component}")
        if route is None or not route.serving:
            raise _validation(f"Endpoint {name} of account {principal.account} not found.")
        if len(self._allowed) >= _REMEMBERED:
            self._allowed.clear()
        self._allowed[scope, name, component] = (time.monotonic() + _PERMISSION_SECONDS, route)
        return route

    def _answer(self, plan: "Plan", outcome: Answer | str, leg: Leg, respond: Respond, microseconds: float) -> None:
        status = outcome.status if isinstance(outcome, Answer) else 0
        self.metrics.count(Series(plan.route, plan.variant), status, microseconds)
        if plan.component:
            self.metrics.count(Series(plan.route, plan.variant, component=plan.component), status, microseconds)
        if not isinstance(outcome, Answer) or not 200 <= status < 300:
            respond(*model_error(plan.route, outcome, leg[0]))
            return
        headers = [
            (b"x-amzn-requestid", request_id()),
            (b"x-amzn-invoked-production-variant", plan.variant.encode()),
        ]
        for header, value in outcome.headers:
            if (length := len(header)) == 12 and header.lower() == b"content-type":
                headers.append((b"content-type", value))
            elif length == 34 and header.lower() == b"x-amzn-sagemaker-custom-attributes":
                headers.append((b"x-amzn-sagemaker-custom-attributes", value))
        respond(200, headers, outcome.body)


class Plan:
    """Where a request goes.

    Attributes:
        route: the endpoint.
        variant: the name of the variant that answers.
        way: through its containers.
        payload: the whole HTTP request for the first of them.
        measured: whether the time of each container is a metric: there are several, or the caller named one.
        component: the inference component that the caller named; "" for none.
    """

    __slots__ = ("_lines", "component", "measured", "payload", "route", "variant", "way")

    def __init__(
        self, route: EndpointRoute, variant: str, way: Way, payload: bytes, lines: tuple[bytes, bytes]
    ) -> None:
        self.route = route
        self.variant = variant
        self.way = way
        self.payload = payload
        self.measured = False
        self.component = ""
        self._lines = lines

    def following(self, place: int, answer: Answer) -> bytes:
        """The HTTP request for a later container: what the one before it answered.

        What the caller accepts is for the last one to know; between containers each gives what it gives by itself.
        """
        accept, other = self._lines
        kind = answer.header(b"content-type")
        line = b"" if kind is None else b"Content-Type: " + kind + b"\r\n"
        last = place + 1 == len(self.way)
        return _request(line, accept if last else b"", other, answer.body)


def _request(kind: bytes, accept: bytes, other: bytes, body: bytes) -> bytes:
    length = str(len(body)).encode()
    return b"".join((_HEAD, kind, accept, other, b"Content-Length: ", length, b"\r\n\r\n", body))


def request_id() -> bytes:
    """An identifier in the form of a UUID; several times faster than a real one."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()


def _variant(route: EndpointRoute, target: str | None) -> VariantRoute:
    if target is None:
        return route.choose()
    if target not in route.variants:
        raise _validation(f"Variant {target} not found for endpoint {route.name} of account {route.account}.")
    return route.variants[target]


def _component(route: EndpointRoute, name: str, target: str | None) -> VariantRoute:
    """The inference component that a request names."""
    if not route.shared:
        raise _validation(
            f"Endpoint {route.name} has models of its own: an inference component cannot be given, got {name}."
        )
    if not name:
        raise _validation(
            "Inference Component Name header is required for endpoints to which you plan to deploy inference "
            "components. Please include Inference Component Name header or consider using SageMaker models."
        )
    found = route.components.get(name)
    if found is None:
        raise _validation(f"Inference component {name} not found for endpoint {route.name} of account {route.account}.")
    if target not in (None, found.name):
        raise _validation(f"Inference component {name} is on variant {found.name}, got TargetVariant {target}.")
    return found


def _way(route: EndpointRoute, variant: VariantRoute, container: str | None, component: str) -> Way:
    try:
        way = variant.way(container)
    except KeyError:
        raise _validation(_container_fault(route, variant, container)) from None
    if way is None and component:
        raise _validation(
            "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress "
            "(if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
        )
    if way is None:
        raise AwsError(
            "ServiceUnavailable",
            f"Variant {variant.name} of endpoint {route.name} has no healthy container at the moment.",
            status=503,
        )
    return way


def _container_fault(route: EndpointRoute, variant: VariantRoute, container: str | None) -> str:
    if None in variant.ways:
        return (
            f"Endpoint {route.name} is not configured for direct invocation of containers: TargetContainerHostname "
            "cannot be given."
        )
    names = ", ".join(str(name) for name in variant.ways)
    if container is None:
        return (
            f"Endpoint {route.name} is configured for direct invocation of containers: TargetContainerHostname is "
            f"needed, one of {names}."
        )
    return f"Container {container} not found for endpoint {route.name}, expected one of {names}."


def _exchange(variant: str, headers: Headers, body: bytes, answer: Answer) -> Exchange:
    found = {name: value.decode("latin-1") for name, value in headers if name in _PASSED_ON}
    return Exchange(
        variant,
        time.time(),
        found.get(b"content-type", ""),
        body,
        (answer.header(b"content-type") or b"").decode("latin-1"),
        answer.body,
        found.get(b"x-amzn-sagemaker-inference-id"),
        found.get(b"x-amzn-sagemaker-custom-attributes"),
    )


def _validation(message: str) -> AwsError:
    return AwsError("ValidationError", message, status=400)


def refusal(error: AwsError) -> tuple[int, Headers, bytes]:
    """The answer for a request that did not reach a container."""
    return _json_error(error.status or 400, error.code, {"message": error.message})


def model_error(route: EndpointRoute, outcome: Answer | str, container: str) -> tuple[int, Headers, bytes]:
    """The answer for a request that a container did not answer well, or not at all."""
    if isinstance(outcome, Answer):
        status, original = outcome.status, outcome.body.decode(errors="replace")
    elif outcome == TIMED_OUT:
        status, original = 0, _TIMEOUT_MESSAGE.format(container)
    else:
        status, original = 0, f"The connection to container {container} is {outcome}."
    side = "client" if 400 <= status < 500 else "server"
    group = f"/aws/sagemaker/Endpoints/{route.name}"
    message = (
        f'Received {side} error ({status}) from {container} with message "{original}". See '
        f"https://{route.region}.console.aws.amazon.com/cloudwatch/home?region={route.region}"
        f"#logEventViewer:group={group} in account {route.account} for more information."
    )
    members = {
        "ErrorCode": "CLIENT_ERROR_FROM_MODEL" if side == "client" else "INTERNAL_FAILURE_FROM_MODEL",
        "LogStreamArn": f"arn:aws:logs:{route.region}:{route.account}:log-group:{group}",
        "Message": message,
        "OriginalMessage": original,
        "OriginalStatusCode": status,
    }
    return _json_error(424, "ModelError", members)


def _json_error(status: int, code: str, members: dict[str, Any]) -> tuple[int, Headers, bytes]:
    headers = [
        (b"content-type", b"application/json"),
        (b"x-amzn-errortype", code.encode()),
        (b"x-amzn-requestid", request_id()),
    ]
    return status, headers, json.dumps(members).encode()
