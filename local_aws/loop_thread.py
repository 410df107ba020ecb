"""An event loop in a thread of its own: what an engine's executions run in."""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define, field

from local_aws.platform import Platform

_log = logging.getLogger(__name__)
_STOP_SECONDS = 5.0


@define(eq=False)
class LoopThread:
    """The loop; its thread begins with the first thing to do.

    Args:
        platform: the local AWS, whose workers do what blocks.
        name: of the thread, and of what runs in it.
    """

    platform: Platform
    name: str
    _loop: asyncio.AbstractEventLoop | None = None
    _lock: threading.Lock = field(factory=threading.Lock)
    _stopped: bool = False

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Calls a function in the loop; returns at once.

        Raises:
            RuntimeError: the local AWS is being stopped.
        """
        self._running().call_soon_threadsafe(function, *arguments)

    def result(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine in the loop and gives its result, to a thread that may wait.

        Raises:
            RuntimeError: the local AWS is being stopped.
        """
        try:
            loop = self._running()
        except RuntimeError:
            work.close()
            raise
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    def blocking(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        """Runs a function in a worker; what it raises is the future's, whom it is for knows what it means."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def carry_out() -> None:
            result: Any = None
            failure: Exception | None = None
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - handed on
                failure = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, future, result, failure)

        self.platform.workers.submit(carry_out)
        return future

    def stop(self, ending: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begins nothing more, carries out `ending` if there is a loop, and ends it."""
        with self._lock:
            self._stopped = True
            loop = self._loop
        if loop is None:
            return
        done = asyncio.run_coroutine_threadsafe(ending(), loop)
        try:
            done.result(_STOP_SECONDS)
        except concurrent.futures.TimeoutError:
            _log.warning("%s did not end within %s s", self.name, _STOP_SECONDS)
        loop.call_soon_threadsafe(loop.stop)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._stopped:
                raise RuntimeError("the local AWS is being stopped")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), name=self.name, daemon=True).start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


def _settle(future: "asyncio.Future[Any]", result: Any, failure: Exception | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
        future.exception()  # read, so that asyncio does not report what nobody waits for any more
