"""The client of containers, against servers that behave in every way that a server may."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from local_aws.sagemaker.runtime.upstream import BROKEN, TIMED_OUT, UNREACHABLE, Answer, Pool

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

REQUEST = b"POST /invocations HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"


def ask(handler: Handler, times: int = 1, *, timeout: float = 5, at_once: bool = False) -> list[Answer | str]:
    """The outcomes of requests to a server."""

    async def run() -> list[Answer | str]:
        served: list[asyncio.Task[None]] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            served.append(task)
            await handler(reader, writer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        pool = Pool(asyncio.get_running_loop(), server.sockets[0].getsockname()[1], timeout)
        outcomes: list[asyncio.Future[Answer | str]] = []
        for _ in range(times):
            outcome: asyncio.Future[Answer | str] = asyncio.get_running_loop().create_future()
            outcomes.append(outcome)
            pool.submit(REQUEST, outcome.set_result)
            if not at_once:
                await outcome
        found = await asyncio.gather(*outcomes)
        pool.close()
        server.close()
        await asyncio.gather(*served)
        return list(found)

    return asyncio.run(run())


def bodies(outcomes: list[Answer | str]) -> list[bytes | str]:
    return [outcome.body if isinstance(outcome, Answer) else outcome for outcome in outcomes]


async def _requests(reader: asyncio.StreamReader) -> int:
    try:
        await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return 0
    return 1


def test_connections_are_kept() -> None:
    connections = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while await _requests(reader):
            writer.write(FINE)

    assert bodies(ask(handler, 5)) == [b"fine"] * 5
    assert connections == 1


def test_a_request_on_a_connection_that_was_closed_meanwhile_is_sent_again() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _requests(reader)
        writer.write(FINE)  # the answer says keep, the server closes all the same
        await _requests(reader)

    assert bodies(ask(handler, 3)) == [b"fine"] * 3


def test_a_server_that_closes_each_time_is_asked_on_new_connections() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _requests(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfine")
        writer.close()

    assert bodies(ask(handler, 3)) == [b"fine"] * 3


def test_an_interim_answer_is_passed_over() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _requests(reader):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + FINE)
        writer.close()

    assert bodies(ask(handler, 2)) == [b"fine", b"fine"]


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        (b"", BROKEN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", BROKEN),
        (b"no http at all\r\n\r\n", BROKEN),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
    ],
)
def test_answers_that_end_with_the_connection(sent: bytes, outcome: bytes | str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _requests(reader)
        writer.write(sent)
        writer.close()

    assert bodies(ask(handler)) == [outcome]


def test_an_answer_that_does_not_come_times_out_and_the_next_request_is_served() -> None:
    turns = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal turns
        turns += 1
        await _requests(reader)
        if turns > 1:
            writer.write(FINE)
        await reader.read()
        writer.close()

    assert bodies(ask(handler, 2, timeout=0.2)) == [TIMED_OUT, b"fine"]


def test_more_requests_than_connections_wait_for_their_turn() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _requests(reader):
            await asyncio.sleep(0)
            writer.write(FINE)

    assert bodies(ask(handler, 600, at_once=True)) == [b"fine"] * 600


def test_a_port_without_a_server_is_unreachable() -> None:
    async def run() -> Answer | str:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        outcome: asyncio.Future[Answer | str] = asyncio.get_running_loop().create_future()
        pool = Pool(asyncio.get_running_loop(), port, 1)
        pool.submit(REQUEST, outcome.set_result)
        found = await outcome
        assert pool.unused
        return found

    assert asyncio.run(run()) == UNREACHABLE
