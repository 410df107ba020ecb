"""The path from a connection to `Invocations`: HTTP as clients really speak it."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httptools

from tests.local_aws.sagemaker.conftest import Account

SIGNED = "Authorization: AWS4-HMAC-SHA256 Credential=any/20250101/us-east-1/sagemaker/aws4_request, Signature=0\r\n"


def request(body: bytes, *extra: str, host: str = "127.0.0.1", version: str = "1.1", name: str = "live") -> bytes:
    lines = "".join(f"{line}\r\n" for line in (f"Host: {host}", "Content-Type: text/csv", *extra))
    head = f"POST /endpoints/{name}/invocations HTTP/{version}\r\n{lines}{SIGNED}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Answers:
    """Reads answers off a connection, one after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._parser = httptools.HttpResponseParser(self)
        self._found: list[tuple[int, dict[str, str], bytes]] = []
        self._headers: dict[str, str] = {}
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        self._found.append((self._parser.get_status_code(), self._headers, self._body))
        self._headers, self._body = {}, b""

    def next(self) -> tuple[int, dict[str, str], bytes]:
        while not self._found:
            data = self._connection.recv(1 << 16)
            assert data, "the gateway closed the connection"
            self._parser.feed_data(data)
        return self._found.pop(0)


@contextmanager
def connection(account: Account) -> Iterator[tuple[socket.socket, Answers]]:
    port = int(account.platform.endpoint_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as opened:
        yield opened, Answers(opened)


def echoed(answer: tuple[int, dict[str, str], bytes]) -> str:
    assert answer[0] == 200, answer
    return str(json.loads(answer[2])["body"])


def test_a_connection_carries_one_request_after_the_other(account: Account, live: str) -> None:
    with connection(account) as (sent, answers):
        for number in range(3):
            sent.sendall(request(str(number).encode()))
            status, headers, body = answers.next()
            assert (status, json.loads(body)["body"]) == (200, str(number))
            assert headers["x-amzn-invoked-production-variant"] == "live"
            assert headers["content-length"] == str(len(body))
            assert len(headers["x-amzn-requestid"]) == 36
        sent.sendall(b"GET /_local/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answers.next()[0] >= 400  # the rest of the gateway is behind the same connection
        sent.sendall(request(b"again"))
        assert echoed(answers.next()) == "again"


def test_requests_sent_without_waiting_are_answered_in_order(account: Account, live: str) -> None:
    with connection(account) as (sent, answers):
        sent.sendall(request(b"one") + request(b"two") + request(b"three"))
        assert [echoed(answers.next()) for _ in range(3)] == ["one", "two", "three"]


def test_a_body_that_comes_in_pieces_is_put_together(account: Account, live: str) -> None:
    whole = request(b"x" * 200_000)
    with connection(account) as (sent, answers):
        sent.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(whole), 5_000):
            sent.sendall(whole[start : start + 5_000])
        assert echoed(answers.next()) == "x" * 200_000


def test_a_connection_is_closed_where_the_client_asks_for_it(account: Account, live: str) -> None:
    for last in (request(b"last", "Connection: close"), request(b"last", version="1.0")):
        with connection(account) as (sent, answers):
            sent.sendall(last)
            assert echoed(answers.next()) == "last"
            assert sent.recv(1) == b""


def test_a_client_may_wait_for_leave_to_send_its_body(account: Account, live: str) -> None:
    head, _, body = request(b"patient", "Expect: 100-continue").partition(b"\r\n\r\n")
    with connection(account) as (sent, answers):
        sent.sendall(head + b"\r\n\r\n")
        assert answers.next()[0] == 100
        sent.sendall(body)
        assert echoed(answers.next()) == "patient"


def test_web_pages_are_refused(account: Account, live: str) -> None:
    for refused in (request(b"x", host="evil.example"), request(b"x", "Origin: https://evil.example")):
        with connection(account) as (sent, answers):
            sent.sendall(refused)
            assert answers.next()[0] == 403


def test_a_client_that_goes_away_harms_nobody(account: Account, live: str) -> None:
    with connection(account) as (sent, _):
        sent.sendall(request(b"hang"))
    with connection(account) as (sent, answers):
        sent.sendall(request(b"next"))
        assert echoed(answers.next()) == "next"


def test_errors_are_answers_too(account: Account, live: str) -> None:
    with connection(account) as (sent, answers):
        sent.sendall(request(b"x", name="absent%2Done") + request(b"fail"))
        status, headers, body = answers.next()
        assert (status, headers["x-amzn-errortype"]) == (400, "ValidationError")
        assert json.loads(body)["message"] == "Endpoint absent-one of account 123456789012 not found."
        assert answers.next()[0] == 424
