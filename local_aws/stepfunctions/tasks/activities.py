"""Activities: work that workers ask for."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen

from local_aws.gateway.errors import AwsError

_POLL_SECONDS = 60.0


@frozen(kw_only=True, eq=False)
class ActivityWork:
    """One task of an activity.

    Attributes:
        token: answers it.
        input: JSON.
        taken: is told the worker's name (None: it gave none) when a worker takes it; False where it came too late.
    """

    token: str
    input: str
    taken: Callable[[str | None], bool]


@define(eq=False)
class Activity:
    """An activity and the work that waits for its workers."""

    arn: str
    name: str
    created: float
    encryption: dict[str, Any] | None = None
    waiting: "deque[ActivityWork]" = field(factory=deque)


@define(eq=False)
class Activities:
    """The activities of one account and region."""

    _activities: dict[str, Activity] = field(factory=dict)
    _changed: threading.Condition = field(factory=threading.Condition)
    _stopped: bool = False

    def create(self, activity: Activity) -> Activity:
        """Adds an activity, or gives the one of that name."""
        with self._changed:
            return self._activities.setdefault(activity.arn, activity)

    def get(self, arn: str) -> Activity:
        """An activity by its ARN.

        Raises:
            AwsError: ``ActivityDoesNotExist``.
        """
        with self._changed:
            if arn not in self._activities:
                raise AwsError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
            return self._activities[arn]

    def delete(self, arn: str) -> None:
        """Removes an activity; nothing happens where there is none."""
        with self._changed:
            self._activities.pop(arn, None)

    def all(self) -> list[Activity]:
        """Every activity, by name."""
        with self._changed:
            return sorted(self._activities.values(), key=lambda activity: activity.name)

    def schedule(self, arn: str, work: ActivityWork) -> None:
        """Gives work to the activity's workers; raises as `get`."""
        with self._changed:
            self.get(arn).waiting.append(work)
            self._changed.notify_all()

    def withdraw(self, arn: str, work: ActivityWork) -> None:
        """Takes back work that no worker has taken."""
        with self._changed:
            activity = self._activities.get(arn)
            if activity is not None and work in activity.waiting:
                activity.waiting.remove(work)

    def take(self, arn: str, worker: str | None, seconds: float = _POLL_SECONDS) -> ActivityWork | None:
        """The next work of an activity; waits for it, and gives None after `seconds`.

        Raises:
            AwsError: ``ActivityDoesNotExist``.
        """
        until = time.monotonic() + seconds
        while True:
            with self._changed:
                waiting = self.get(arn).waiting
                while not waiting:
                    left = until - time.monotonic()
                    if left <= 0 or self._stopped:
                        return None
                    self._changed.wait(left)
                    if arn not in self._activities:
                        return None
                work = waiting.popleft()
            if work.taken(worker):
                return work

    def stop(self) -> None:
        """Lets every worker that waits go with nothing."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
