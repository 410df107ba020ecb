"""A lean HTTP/1.1 client of model containers: kept connections, callbacks, nothing built that is not needed.

All of it runs on the gateway's event loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import httptools
from attrs import define, field

_CONNECTIONS = 256
_OPENED_AT_ONCE = 4
"""More would overflow the backlog of a simple server, and cost a second each."""

_SWEEPS_PER_TIMEOUT = 20
_SHORTEST_SWEEP_SECONDS = 0.05
_LONGEST_SWEEP_SECONDS = 1.0

TIMED_OUT = "timed out"
UNREACHABLE = "unreachable"
BROKEN = "broken"

Done = Callable[["Answer | str"], None]
"""Takes the container's answer, or one of the three words for its absence."""

Headers = list[tuple[bytes, bytes]]


class Answer:
    """A container's whole answer.

    Attributes:
        status: HTTP status.
        headers: as they came.
        body: whole.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name: bytes) -> bytes | None:
        """A header's value, by its lower-case name."""
        for found, value in self.headers:
            if len(found) == len(name) and found.lower() == name:
                return value
        return None


class _Connection(asyncio.Protocol):
    """One connection to a container, with at most one request on it."""

    __slots__ = (
        "_body",
        "_complete_headers",
        "_headers",
        "_parser",
        "_pool",
        "_transport",
        "deadline",
        "done",
        "payload",
        "used",
    )

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._transport: Any = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._body: list[bytes] = []
        self._complete_headers = False
        self.done: Done | None = None
        self.payload = b""
        self.deadline = 0.0
        self.used = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._pool.opened(self)

    def send(self, payload: bytes, done: Done, deadline: float) -> None:
        """Sends a request; `done` is called with its answer."""
        self.payload = payload
        self.done = done
        self.deadline = deadline
        self._transport.write(payload)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(BROKEN)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._complete_headers = True

    def on_body(self, chunk: bytes) -> None:
        self._body.append(chunk)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        headers, self._headers = self._headers, []
        body, self._body = self._body, []
        self._complete_headers = False
        if status < 200:  # an interim answer: the real one follows
            return
        done, self.done, self.payload = self.done, None, b""
        if done is None or not self._parser.should_keep_alive():
            self._pool.dropped(self)
            self._transport.close()
        else:
            self.used = True
            self._pool.released(self)
        if done is not None:
            done(Answer(status, headers, body[0] if len(body) == 1 else b"".join(body)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._pool.dropped(self)
        done, self.done = self.done, None
        if done is None:
            return
        if self._complete_headers and exc is None and not _has_length(self._headers):
            # without a length, the end of the connection is the end of the body
            done(Answer(self._parser.get_status_code(), self._headers, b"".join(self._body)))
        elif self.used and not self._complete_headers:
            # the container closed a kept connection as the request came: it never saw it
            self._pool.submit(self.payload, done)
        else:
            done(BROKEN)

    def abort(self) -> None:
        """Drops the connection; a request on it fails."""
        self._transport.abort()

    def time_out(self) -> None:
        """Gives the request up."""
        self._fail(TIMED_OUT)

    def _fail(self, word: str) -> None:
        done, self.done = self.done, None
        self._pool.dropped(self)
        self._transport.abort()
        if done is not None:
            done(word)


def _has_length(headers: Headers) -> bool:
    return any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in headers)


@define(eq=False)
class Pool:
    """The connections to one container.

    Args:
        loop: the gateway's event loop.
        port: of the container, on 127.0.0.1.
        timeout: seconds that an answer may take.
    """

    loop: asyncio.AbstractEventLoop
    port: int
    timeout: float
    _idle: list[_Connection] = field(factory=list)
    _all: set[_Connection] = field(factory=set)
    _opening: int = 0
    _retired: bool = False
    _waiting: "deque[tuple[bytes, Done, float]]" = field(factory=deque)
    _sweeping: bool = False
    _tasks: set["asyncio.Task[None]"] = field(factory=set)

    @property
    def unused(self) -> bool:
        """Whether there is no connection, and none is being made: the container is gone."""
        return not self._all and not self._opening

    def submit(self, payload: bytes, done: Done) -> None:
        """Sends a request on a free connection, on a new one, or when one becomes free."""
        deadline = self.loop.time() + self.timeout
        if self._idle:
            self._idle.pop().send(payload, done, deadline)
            return
        self._waiting.append((payload, done, deadline))
        self._grow()

    def _grow(self) -> None:
        """Opens a connection where requests wait for one."""
        wanted = min(len(self._waiting), _OPENED_AT_ONCE, _CONNECTIONS - len(self._all))
        while self._opening < wanted:
            self._opening += 1
            task = self.loop.create_task(self._open())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        try:
            await self.loop.create_connection(lambda: _Connection(self), "127.0.0.1", self.port)
        except OSError:
            self._opening -= 1
            if not self._all and not self._opening:
                waiting, self._waiting = self._waiting, deque()
                for _, done, _ in waiting:
                    done(UNREACHABLE)

    def opened(self, connection: _Connection) -> None:
        """A connection was made."""
        self._opening -= 1
        self._all.add(connection)
        if not self._sweeping:
            self._sweeping = True
            self._sweep_later()
        self.released(connection)
        self._grow()

    def released(self, connection: _Connection) -> None:
        """A connection is free: for the next request that waits, or for later."""
        if self._waiting:
            connection.send(*self._waiting.popleft())
        elif self._retired:
            connection.abort()
        else:
            self._idle.append(connection)

    def dropped(self, connection: _Connection) -> None:
        """A connection is gone."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._grow()

    def retire(self) -> None:
        """Drops the connections that are free, the others after their answers: the container is about to end.

        A server that is asked to end waits for its connections, kept ones too.
        """
        self._retired = True
        for connection in list(self._idle):
            connection.abort()

    def close(self) -> None:
        """Drops all connections; requests on them fail."""
        for task in self._tasks:
            task.cancel()
        for connection in list(self._all):
            connection.abort()

    def _sweep_later(self) -> None:
        seconds = min(max(self.timeout / _SWEEPS_PER_TIMEOUT, _SHORTEST_SWEEP_SECONDS), _LONGEST_SWEEP_SECONDS)
        self.loop.call_later(seconds, self._sweep)

    def _sweep(self) -> None:
        """Gives up requests whose time is over; one timer for all costs requests nothing."""
        now = self.loop.time()
        for connection in [one for one in self._all if one.done is not None and one.deadline < now]:
            connection.time_out()
        while self._waiting and self._waiting[0][2] < now:
            self._waiting.popleft()[1](TIMED_OUT)
        if self._all or self._waiting:
            self._sweep_later()
        else:
            self._sweeping = False
