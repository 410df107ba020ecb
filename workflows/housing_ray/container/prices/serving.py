"""The web application behind `serve`: /ping and /invocations."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from prices import handler
from prices.contract import InputError, model_dir
from prices.model import Model

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

_BYTES_ON_THE_LOOP = 65_536


class Application:
    """The ASGI application; it is made with its model, so a process that answers /ping has one."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            return
        asked = (scope["method"], scope["path"])
        if asked in (("GET", "/ping"), ("HEAD", "/ping")):
            await _respond(send, 200, "text/plain", b"\n")
        elif asked == ("POST", "/invocations"):
            await self._invoke(scope, receive, send)
        else:
            await _respond(send, 404, "text/plain", b"expected GET /ping or POST /invocations\n")

    async def _invoke(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        content_type, accept = headers.get(b"content-type", ""), headers.get(b"accept", "")
        body = await _body(receive)
        try:
            if len(body) > _BYTES_ON_THE_LOOP:  # other requests are answered meanwhile
                kind, answer = await asyncio.to_thread(self._predict, body, content_type, accept)
            else:
                kind, answer = self._predict(body, content_type, accept)
        except InputError as error:
            await _respond(send, getattr(error, "status", 400), "text/plain", f"{error}\n".encode())
        else:
            await _respond(send, 200, kind, answer)

    def _predict(self, body: bytes, content_type: str, accept: str) -> tuple[str, bytes]:
        kind = handler.output_type(accept, content_type)
        rows = handler.input_fn(body, content_type, self._model.scaler.features)
        return kind, handler.output_fn(handler.predict_fn(rows, self._model), kind)


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _respond(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def create_application() -> Application:
    """The application over the model of the contract's model folder.

    Raises:
        InputError: there is none.
    """
    return Application(handler.model_fn(model_dir()))
