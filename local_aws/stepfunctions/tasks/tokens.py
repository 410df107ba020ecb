"""Task tokens: how work outside tells an execution that it is done."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from typing import Any

from attrs import define, field

from local_aws.gateway.errors import AwsError
from local_aws.stepfunctions.language.errors import TIMEOUT, StatesError
from local_aws.stepfunctions.running.clock import Alarm, Clock


@define(eq=False)
class Pending:
    """A task that waits for its token's answer; it belongs to the engine's loop.

    Attributes:
        token: what answers it.
        answer: done with the result, or with the error.
    """

    token: str
    answer: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop
    _clock: Clock
    _heartbeat: float | None = None
    _alarm: Alarm | None = None

    def expect_heartbeats(self, seconds: float | None) -> None:
        """Fails the task unless it is answered, or beats, every `seconds`; None expects no heartbeats."""
        self._heartbeat = seconds
        self.beat()

    def beat(self) -> None:
        """Counts the heartbeat's time from now."""
        if self._alarm is not None:
            self._alarm.cancel()
        if self._heartbeat is not None and not self.answer.done():
            self._alarm = self._clock.call_at(self._clock.now() + self._heartbeat, self._miss)

    def settle(self, result: Any, error: StatesError | None) -> None:
        """Ends the task; nothing happens where it has ended."""
        self.close()
        if not self.answer.done():
            if error is None:
                self.answer.set_result(result)
            else:
                self.answer.set_exception(error)

    def close(self) -> None:
        """Calls the heartbeat's alarm off."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _miss(self) -> None:
        self.settle(None, StatesError(TIMEOUT, heartbeat=True))


@define(eq=False)
class TaskTokens:
    """Every token that waits. Tokens are signed: one that was answered or timed out is told from one never given.

    Args:
        clock: for heartbeats.
    """

    clock: Clock
    _key: bytes = field(factory=lambda: secrets.token_bytes(32), repr=False)
    _pending: dict[str, Pending] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def new(self) -> str:
        """A token that nobody waits for yet."""
        nonce = secrets.token_bytes(48)
        return base64.b64encode(b"AQCs" + nonce + self._signature(nonce)).decode()

    def wait_for(self, token: str) -> Pending:
        """Makes a token known; must be called in the engine's loop."""
        loop = asyncio.get_running_loop()
        pending = Pending(token, loop.create_future(), loop, self.clock)
        with self._lock:
            self._pending[token] = pending
        return pending

    def forget(self, pending: Pending) -> None:
        """Ends the wait: from here on the token has timed out."""
        pending.close()
        if pending.answer.done() and not pending.answer.cancelled():
            pending.answer.exception()  # read, so that asyncio does not report an answer that came too late
        with self._lock:
            self._pending.pop(pending.token, None)

    def succeed(self, token: str, result: Any) -> None:
        """Answers a token with a result.

        Raises:
            AwsError: ``InvalidToken``, or ``TaskTimedOut`` where the task has ended.
        """
        self._settle(token, result, None)

    def fail(self, token: str, error: StatesError) -> None:
        """Answers a token with an error; raises as `succeed`."""
        self._settle(token, None, error)

    def beat(self, token: str) -> None:
        """Tells that the work goes on; raises as `succeed`."""
        pending = self._find(token, take=False)
        _in_loop(pending.loop, pending.beat)

    def _settle(self, token: str, result: Any, error: StatesError | None) -> None:
        pending = self._find(token, take=True)
        _in_loop(pending.loop, lambda: pending.settle(result, error))

    def _find(self, token: str, *, take: bool) -> Pending:
        if not self._is_ours(token):
            raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")
        with self._lock:
            pending = self._pending.get(token)
            if take:
                self._pending.pop(token, None)
        if pending is None:
            raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        return pending

    def _is_ours(self, token: str) -> bool:
        try:
            raw = base64.b64decode(token, validate=True)
        except ValueError:
            return False
        return raw[:4] == b"AQCs" and hmac.compare_digest(raw[52:], self._signature(raw[4:52]))

    def _signature(self, nonce: bytes) -> bytes:
        return hmac.new(self._key, nonce, hashlib.sha256).digest()


def _in_loop(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(action)
    except RuntimeError:
        raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'") from None
