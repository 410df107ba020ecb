"""Where custom resources and wait conditions send their answers: one-time URLs on this server."""

import json
import re
import secrets
import threading
from typing import Any

from attrs import define, field

from local_aws.gateway.app import Receive, Scope, Send, read_body, respond

ROUTE = r"/_local/cloudformation/([A-Za-z0-9_-]+)"
MAX_ANSWER_BYTES = 4096


@define(eq=False)
class Callback:
    """One URL and the answers that came to it, oldest first."""

    url: str
    answers: list[dict[str, Any]] = field(factory=list)
    arrived: threading.Condition = field(factory=threading.Condition)

    def add(self, answer: dict[str, Any]) -> None:
        """Takes an answer and wakes who waits."""
        with self.arrived:
            self.answers.append(answer)
            self.arrived.notify_all()

    def wait(self, count: int, timeout: float) -> list[dict[str, Any]]:
        """The answers so far, once there are `count` of them or `timeout` seconds have passed."""
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.answers) >= count, timeout)
            return list(self.answers)


@define(eq=False)
class Callbacks:
    """The open URLs.

    Args:
        endpoint_url: of the local AWS.
    """

    endpoint_url: str
    stopping: threading.Event = field(factory=threading.Event)
    _open: dict[str, Callback] = field(factory=dict)

    def open(self) -> Callback:
        """A new URL; its token cannot be guessed."""
        token = secrets.token_urlsafe(32)
        callback = Callback(f"{self.endpoint_url}/_local/cloudformation/{token}")
        self._open[token] = callback
        return callback

    def find(self, url: str) -> Callback | None:
        """The callback behind a URL."""
        return self._open.get(url.rpartition("/")[2])

    def close(self, callback: Callback) -> None:
        """Ends a URL: what comes later is refused."""
        self._open.pop(callback.url.rpartition("/")[2], None)

    async def serve(self, scope: Scope, receive: Receive, send: Send, match: "re.Match[str]") -> None:
        """Answers the PUT of a custom resource or a wait condition's signal."""
        del scope
        body = await read_body(receive)
        callback = self._open.get(match.group(1))
        if callback is None:
            await respond(send, 403, [("content-type", "text/plain")], b"this URL is not open, or no more")
            return
        try:
            answer = json.loads(body)
        except ValueError:
            await respond(send, 400, [("content-type", "text/plain")], b"the body is not JSON")
            return
        if not isinstance(answer, dict) or len(body) > MAX_ANSWER_BYTES:
            await respond(send, 400, [("content-type", "text/plain")], b"expected a JSON object of at most 4096 bytes")
            return
        callback.add(answer)
        await respond(send, 200, [], b"")
