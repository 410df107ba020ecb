"""The web application behind `serve`: /ping and /invocations.

Requests that arrive while a prediction runs are predicted together in the next one: a call of XGBoost costs about
the same for one row as for fifty.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from housing.contract import InputError, model_dir
from housing.messages import read_rows, write_prices
from housing.model import Model

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

_ROWS_ON_THE_LOOP = 512


class Batcher:
    """Predicts what has come together since the last prediction, in one call."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._waiting: list[tuple[np.ndarray, asyncio.Future[np.ndarray]]] = []

    async def predict(self, rows: np.ndarray) -> np.ndarray:
        """Prices of rows; large tables are predicted beside the event loop."""
        loop = asyncio.get_running_loop()
        if len(rows) > _ROWS_ON_THE_LOOP:
            return await loop.run_in_executor(None, self._model.predict, rows)
        future: asyncio.Future[np.ndarray] = loop.create_future()
        self._waiting.append((rows, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._run)
        return await future

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            prices = self._model.predict(np.concatenate([rows for rows, _ in waiting]))
        except Exception as error:  # noqa: BLE001 - every request of the batch gets it
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        start = 0
        for rows, future in waiting:
            if not future.done():
                future.set_result(prices[start : start + len(rows)])
            start += len(rows)


class Application:
    """The ASGI application; loads the model when made, so a process that answers has one."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._batcher = Batcher(model)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        if path == "/ping" and method in ("GET", "HEAD"):
            await _respond(send, 200, "text/plain", b"\n")
        elif path == "/invocations" and method == "POST":
            await self._invoke(scope, receive, send)
        else:
            await _respond(send, 404, "text/plain", b"expected GET /ping or POST /invocations\n")

    async def _invoke(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        content_type = accept = ""
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value.decode("latin-1")
            elif name == b"accept":
                accept = value.decode("latin-1")
        body = await _body(receive)
        try:
            rows = read_rows(body, content_type, self._model.features)
            kind, answer = write_prices(await self._batcher.predict(rows), accept, content_type)
        except InputError as error:
            status = getattr(error, "status", 400)
            await _respond(send, status, "text/plain", f"{error}\n".encode())
        else:
            await _respond(send, 200, kind, answer)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
    return body


async def _respond(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def create_application() -> Application:
    """The application over the model of the contract's model folder."""
    return Application(Model.load(model_dir()))
