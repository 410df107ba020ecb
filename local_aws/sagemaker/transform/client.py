"""Requests of a transform job to a container that serves."""

import http.client
import json
from collections.abc import Callable
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
class ContainerClient:
    """Asks one container.

    Args:
        address: gives its port on 127.0.0.1; None while it does not serve.
        invocation: how records are sent.
    """

    address: Callable[[], int | None]
    invocation: Invocation

    def parameters(self) -> dict[str, Any]:
        """What the container wishes for (``GET /execution-parameters``); nothing where it does not say."""
        try:
            status, body = self._ask("GET", "/execution-parameters", None, {}, _PARAMETERS_SECONDS)
            wished = json.loads(body) if status == 200 else {}
        except (InvocationError, ValueError):
            return {}
        return wished if isinstance(wished, dict) else {}

    def invoke(self, body: bytes) -> bytes:
        """The answer to a body; a request that fails on the container's side is sent again.

        Raises:
            InvocationError: the container refused it, or failed every time.
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
        headers = {"Content-Type": self.invocation.content_type, "Accept": self.invocation.accept}
        headers = {name: value for name, value in headers.items() if value}
        status, answer = self._ask("POST", "/invocations", body, headers, self.invocation.timeout_seconds)
        if status != 200:
            text = answer[:_TOLD_BYTES].decode(errors="replace")
            raise InvocationError(f"Bad HTTP status received from algorithm: {status}: {text}", status)
        return answer

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], seconds: float
    ) -> tuple[int, bytes]:
        port = self.address()
        if port is None:
            raise InvocationError("the container does not serve: it ended and is started again")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise InvocationError(f"no answer to {method} {path}: {type(error).__name__}: {error}") from error
        finally:
            connection.close()
