"""Work that is due later: one thread that sleeps until the next of it, and worker threads that carry it out."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from attrs import define, field

_log = logging.getLogger(__name__)


@define(eq=False)
class Timers:
    """Runs actions after a delay; many delays cost one thread.

    Args:
        workers: threads that run the actions.
    """

    workers: Executor
    _due: list[tuple[float, int, Callable[[], None]]] = field(factory=list)
    _numbers: "itertools.count[int]" = field(factory=itertools.count)
    _changed: threading.Condition = field(factory=threading.Condition)
    _thread: threading.Thread | None = None
    _stopped: bool = False

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Runs `action` in a worker `seconds` from now; an exception of it is logged."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), action))
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="timers", daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """Forgets all that is not yet due."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped:
                    return
                action = heapq.heappop(self._due)[2]
            try:
                self.workers.submit(action).add_done_callback(_report)
            except RuntimeError:  # the workers were shut down
                return


def _report(done: "Future[Any]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.error("delayed work failed", exc_info=error)
