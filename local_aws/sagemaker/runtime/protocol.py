"""InvokeEndpoint straight from the connection: no ASGI scope, no task, one write.

An application behind uvicorn costs a request more Python than carrying it to a container and back does. This protocol
is uvicorn's own for everything else; a plain ``POST /endpoints/{name}/invocations`` it hands to `Invocations` itself.
"""

import re
from typing import Any, ClassVar
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from local_aws.gateway import guard
from local_aws.sagemaker.runtime.invocations import Invocations
from local_aws.sagemaker.runtime.upstream import Headers

_PATH = re.compile(rb"/endpoints/([^/?#]+)/invocations")


class _NoEvent:
    """What uvicorn would wake a waiting application with."""

    def set(self) -> None:
        """Nobody waits."""


class _Exchange:
    """The request under way, in the form in which uvicorn looks at its own."""

    __slots__ = ("disconnected", "keep_alive", "message_event", "response_complete")

    def __init__(self) -> None:
        self.response_complete = True
        self.disconnected = False
        self.keep_alive = True
        self.message_event = _NoEvent()


class InvocationProtocol(HttpToolsProtocol):
    """One client's connection; made by `invocation_protocol`."""

    invocations: ClassVar[Invocations]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._exchange = _Exchange()
        self._collected: list[bytes] | None = None
        self._name = ""
        self._known_host = b""

    def on_headers_complete(self) -> None:
        """Decides who serves the request."""
        match = _PATH.fullmatch(self.url)
        if match is None or not self._plain():
            super().on_headers_complete()
            return
        self._name = unquote(match[1].decode("latin-1"))
        self._collected = []
        exchange = self._exchange
        exchange.response_complete = False
        exchange.keep_alive = self.parser.should_keep_alive()
        self.cycle = exchange  # type: ignore[assignment]

    def on_body(self, body: bytes) -> None:
        """Takes a part of the request's body."""
        if self._collected is None:
            super().on_body(body)
        else:
            self._collected.append(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._collected is None:
            super().on_message_complete()
            return
        parts, self._collected = self._collected, None
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        self.invocations.invoke(self._name, self.headers, body, self._respond)

    def _plain(self) -> bool:
        """Whether nothing about the request asks for more than this protocol does."""
        if (
            self.parser.get_method() != b"POST"
            or self.parser.get_http_version() != "1.1"
            or self.expect_100_continue
            or (self.cycle is not None and not self.cycle.response_complete)
            or self.parser.should_upgrade()
        ):
            return False
        for name, value in self.headers:
            if name == b"origin":
                return False
            if name == b"host" and value != self._known_host:
                if guard.refusal([(name, value)]) is not None:
                    return False
                self._known_host = value
        return True

    def _respond(self, status: int, headers: Headers, body: bytes) -> None:
        exchange = self._exchange
        exchange.response_complete = True
        if exchange.disconnected or self.transport.is_closing():
            return
        parts = [STATUS_LINE[status]]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        if not exchange.keep_alive:
            parts.append(b"connection: close\r\n")
        parts += (b"content-length: ", str(len(body)).encode(), b"\r\n\r\n", body)
        self.transport.write(b"".join(parts))
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()


def invocation_protocol(invocations: Invocations) -> type[InvocationProtocol]:
    """The protocol class of a server whose requests to endpoints go to `invocations`."""
    return type("InvocationProtocol", (InvocationProtocol,), {"invocations": invocations})
