"""Requests of a transform job to containers that serve."""

import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, frozen

_PARAMETERS_SECONDS = 5.0
_TOLD_BYTES = 1000


class InvocationError(Exception):
    """The container did not do its part; the message is for the job's data log.

    Attributes:
        status: of its answer; None where there was none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def refused(self) -> bool:
        """Whether the container found fault with the request: the same again would not help."""
        return self.status is not None and self.status < 500


@frozen(kw_only=True)
class Invocation:
    """How records are sent.

    Attributes:
        content_type: of what is sent; "" for none.
        accept: of what is wanted; "" for anything.
        timeout_seconds: of a request.
        attempts: of each request.
    """

    content_type: str
    accept: str
    timeout_seconds: float
    attempts: int


@define(eq=False)
class ModelClient:
    """Asks the containers of one instance, in their order: an inference pipeline, where they are several.

    Args:
        containers: gives their names and ports on 127.0.0.1; None for the port of one that does not serve.
        invocation: how records are sent.
    """

    containers: Callable[[], Sequence[tuple[str, int | None]]]
    invocation: Invocation

    def parameters(self) -> dict[str, Any]:
        """What the container that gets the records wishes for (``GET /execution-parameters``), if it says so."""
        _, port = self.containers()[0]
        try:
            answer = _ask(port, "GET", "/execution-parameters", seconds=_PARAMETERS_SECONDS)
            wished = json.loads(answer.body) if answer.status == 200 else {}
        except (InvocationError, ValueError):
            return {}
        return wished if isinstance(wished, dict) else {}

    def invoke(self, body: bytes) -> bytes:
        """The answer to a body; a request that fails on a container's side is sent again.

        Raises:
            InvocationError: a container refused it, or failed every time.
        """
        failures = 0
        while True:
            try:
                return self._invoke_once(body)
            except InvocationError as error:
                failures += 1
                if error.refused or failures == self.invocation.attempts:
                    raise

    def _invoke_once(self, body: bytes) -> bytes:
        containers = self.containers()
        content_type = self.invocation.content_type
        for place, (name, port) in enumerate(containers, 1):
            accept = self.invocation.accept if place == len(containers) else ""
            headers = {"Content-Type": content_type, "Accept": accept}
            given = {header: value for header, value in headers.items() if value}
            seconds = self.invocation.timeout_seconds
            answer = _ask(port, "POST", "/invocations", body=body, headers=given, seconds=seconds)
            if answer.status != 200:
                text = answer.body[:_TOLD_BYTES].decode(errors="replace")
                subject = "algorithm" if len(containers) == 1 else name
                raise InvocationError(
                    f"Bad HTTP status received from {subject}: {answer.status}: {text}", answer.status
                )
            body, content_type = answer.body, answer.content_type
        return body


@frozen
class _Answer:
    status: int
    content_type: str
    body: bytes


def _ask(
    port: int | None,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float,
) -> _Answer:
    if port is None:
        raise InvocationError("the container does not serve: it ended and is started again")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return _Answer(response.status, response.headers.get("Content-Type", ""), response.read())
    except (OSError, http.client.HTTPException) as error:
        raise InvocationError(f"no answer to {method} {path}: {type(error).__name__}: {error}") from error
    finally:
        connection.close()
