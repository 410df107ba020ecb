"""The history of an execution: events with ids, in the words of GetExecutionHistory."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.running.clock import Clock

MAX_EVENTS = 25_000
# what an event holds in memory beside its texts, about
_EVENT_BYTES = 800
_COMPLETE = {"truncated": False}
_DATA = {"input": "inputDetails", "output": "outputDetails"}

_DETAILS = {
    "StateEntered": "stateEnteredEventDetails",
    "StateExited": "stateExitedEventDetails",
    "MapStateStarted": "mapStateStartedEventDetails",
}


def details_member(kind: str) -> str:
    """The member of an event that holds the details of a kind: ``TaskFailed`` has ``taskFailedEventDetails``."""
    for suffix, member in _DETAILS.items():
        if kind.endswith(suffix):
            return member
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


@define(eq=False)
class History:
    """Records events.

    Args:
        clock: gives the events' times.
        limited: whether AWS's limit of 25,000 events holds (it does for STANDARD).
        listener: is told each event as it is recorded. Default: nobody.

    Attributes:
        events: as GetExecutionHistory gives them.
        size: bytes that they hold, about.
        kept: whether events are kept at all (for EXPRESS they are not).
    """

    clock: Clock
    limited: bool = True
    listener: Callable[[dict[str, Any]], None] | None = None
    events: list[dict[str, Any]] = field(factory=list)
    size: int = 0
    kept: bool = True
    _next: int = 1

    def add(self, kind: str, previous: int, details: dict[str, Any] | None = None) -> int:
        """Records an event and gives its id.

        Args:
            kind: its type, such as ``TaskStateEntered``.
            previous: the id of the event before it on its line of states.
            details: what it tells; None for a type that has no details.

        Raises:
            StatesError: the history is full; only the event that ends the execution still fits.
        """
        if self.limited and self._next >= MAX_EVENTS and not kind.startswith("Execution"):
            raise StatesError(
                "States.Runtime",
                f"The execution reached the maximum number of history events ({MAX_EVENTS}).",
                terminal=True,
            )
        event: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(self.clock.now(), UTC),
            "type": kind,
            "id": self._next,
            "previousEventId": previous,
        }
        if details is not None:
            event[details_member(kind)] = _with_data_details(details)
            self.size += sum(len(value) for value in details.values() if isinstance(value, str))
        self._next += 1
        if self.kept:
            self.events.append(event)
        self.size += _EVENT_BYTES
        if self.listener is not None:
            self.listener(event)
        return int(event["id"])


def _with_data_details(details: dict[str, Any]) -> dict[str, Any]:
    marked = dict(details)
    for member, about in _DATA.items():
        if member in details:
            marked[about] = _COMPLETE
    return marked


def without_data(event: dict[str, Any]) -> dict[str, Any]:
    """An event without inputs and outputs, as ``includeExecutionData=False`` gives it."""
    hidden = {"input", "inputDetails", "output", "outputDetails", "parameters"}
    return {
        name: {key: item for key, item in value.items() if key not in hidden} if isinstance(value, dict) else value
        for name, value in event.items()
    }
