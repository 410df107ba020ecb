"""InvokeEndpointWithResponseStream: a container's answer, part by part as it comes."""

import asyncio
import binascii
import json
import re
import struct
from collections.abc import AsyncIterator

import httptools
from attrs import define

from local_aws.gateway.app import Receive, Scope, Send, read_body
from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.runtime.invocations import Invocations, Plan, model_error, refusal, request_id
from local_aws.sagemaker.runtime.upstream import BROKEN, TIMED_OUT, UNREACHABLE, Answer, Headers

STREAMS = r"/endpoints/([^/]+)/invocations-response-stream"

_READ = 1 << 16
_STRING = 7
_STREAM_SECONDS = 480.0


class _Parts:
    """What the parser has found and nobody has taken yet."""

    def __init__(self) -> None:
        self.headers: Headers = []
        self.parts: list[bytes] = []
        self.begun = False
        self.ended = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.begun = True

    def on_body(self, part: bytes) -> None:
        self.parts.append(part)

    def on_message_complete(self) -> None:
        self.ended = True


class _Upstream:
    """One streamed answer of a container, on a connection of its own."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._found = _Parts()
        self._parser = httptools.HttpResponseParser(self._found)

    async def begin(self) -> Answer:
        """Status and headers; the body is still to come."""
        while not self._found.begun:
            await self._read()
        return Answer(self._parser.get_status_code(), self._found.headers, b"")

    async def parts(self) -> AsyncIterator[bytes]:
        """The body, as it comes."""
        while True:
            while self._found.parts:
                yield self._found.parts.pop(0)
            if self._found.ended:
                return
            await self._read()

    async def _read(self) -> None:
        data = await self._reader.read(_READ)
        if data:
            self._parser.feed_data(data)
        elif self._found.begun and not any(
            name in (b"content-length", b"transfer-encoding") for name, _ in self._found.headers
        ):
            self._found.ended = True
        else:
            raise ConnectionResetError(BROKEN)


@define(eq=False)
class StreamRoute:
    """Serves ``POST /endpoints/{name}/invocations-response-stream``.

    Args:
        invocations: decides who answers.
    """

    invocations: Invocations

    async def __call__(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:
        """Serves one request."""
        body = await read_body(receive)
        try:
            plan = self.invocations.plan(match[1], scope["headers"], body)
        except AwsError as error:
            await _send_whole(send, *refusal(error))
            return
        *before, last = plan.way
        payload = plan.payload
        for place, leg in enumerate(before, 1):
            outcome = await self.invocations.ask(leg, payload)
            if not isinstance(outcome, Answer) or not 200 <= outcome.status < 300:
                await _send_whole(send, *model_error(plan.route, outcome, leg[0]))
                return
            payload = plan.following(place, outcome)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", last[1])
        except OSError:
            await _send_whole(send, *model_error(plan.route, UNREACHABLE, last[0]))
            return
        try:
            writer.write(payload)
            await self._relay(plan, _Upstream(reader), send)
        finally:
            writer.close()

    async def _relay(self, plan: Plan, upstream: _Upstream, send: Send) -> None:
        container = plan.way[-1][0]
        try:
            begun = await asyncio.wait_for(upstream.begin(), self.invocations.timeout)
            if begun.status >= 300:
                begun.body = b"".join([part async for part in upstream.parts()])
                await _send_whole(send, *model_error(plan.route, begun, container))
                return
        except TimeoutError:
            await _send_whole(send, *model_error(plan.route, TIMED_OUT, container))
            return
        except (OSError, httptools.HttpParserError):
            await _send_whole(send, *model_error(plan.route, BROKEN, container))
            return
        headers = [
            (b"content-type", b"application/vnd.amazon.eventstream"),
            (b"x-amzn-requestid", request_id()),
            (b"x-amzn-invoked-production-variant", plan.variant.encode()),
            (b"x-amzn-sagemaker-content-type", begun.header(b"content-type") or b""),
        ]
        if (attributes := begun.header(b"x-amzn-sagemaker-custom-attributes")) is not None:
            headers.append((b"x-amzn-sagemaker-custom-attributes", attributes))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            async with asyncio.timeout(_STREAM_SECONDS):
                async for part in upstream.parts():
                    await _send_part(send, frame(part, {":message-type": "event", ":event-type": "PayloadPart"}))
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            await _send_part(send, _stream_error(error))
        await send({"type": "http.response.body", "body": b""})


def frame(payload: bytes, headers: dict[str, str]) -> bytes:
    """A message in AWS's event stream encoding: lengths, headers, payload, and checksums over both.

    Args:
        payload: of the message.
        headers: of the message; all are strings.
    """
    encoded = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING, len(value)) + value.encode()
        for name, value in ({":content-type": "application/octet-stream"} | headers).items()
    )
    prelude = struct.pack("!II", len(encoded) + len(payload) + 16, len(encoded))
    message = prelude + struct.pack("!I", binascii.crc32(prelude)) + encoded + payload
    return message + struct.pack("!I", binascii.crc32(message))


def _stream_error(error: Exception) -> bytes:
    late = isinstance(error, TimeoutError)
    members = {
        "Message": "The model did not end its answer in time." if late else "The model broke off its answer.",
        "ErrorCode": "ModelInvocationTimeExceeded" if late else "StreamBroken",
    }
    headers = {
        ":message-type": "exception",
        ":exception-type": "ModelStreamError",
        ":content-type": "application/json",
    }
    return frame(json.dumps(members).encode(), headers)


async def _send_part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
