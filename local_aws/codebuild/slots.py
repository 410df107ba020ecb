"""How many builds run at a time; further ones wait in their QUEUED phase."""

import threading
import time

from local_aws.codebuild.state import BuildRecord


class Slots:
    """Places for builds that run.

    Args:
        capacity: number of places.
    """

    def __init__(self, capacity: int) -> None:
        self._free = capacity
        self._changed = threading.Condition()

    def acquire(self, record: BuildRecord, timeout: float) -> bool:
        """Waits for a place; False where `timeout` seconds passed or the build was ended meanwhile."""
        record.on_interrupt(self._wake)
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._free == 0 and record.interruption is None:
                remaining = deadline - time.monotonic()
                if remaining <= 0 or not self._changed.wait(remaining):
                    break
            record.on_interrupt(None)
            if self._free == 0 or record.interruption is not None:
                return False
            self._free -= 1
            return True

    def release(self) -> None:
        """Gives a place back."""
        with self._changed:
            self._free += 1
            self._changed.notify()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
