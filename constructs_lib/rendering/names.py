"""Names of states: each is given once in a state machine, and has at most 80 characters."""

from collections.abc import Iterable

_LONGEST = 80


class StateNames:
    """Gives names to the states that are no step's own.

    Args:
        taken: the names of the steps.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def helper(self, step: str, purpose: str) -> str:
        """A name for a state beside a step: ``<step>: <purpose>``, numbered where that is taken, cut where too long."""
        number = 1
        while True:
            ending = f": {purpose}" if number == 1 else f": {purpose} {number}"
            name = step[: _LONGEST - len(ending)] + ending
            if name not in self._taken:
                self._taken.add(name)
                return name
            number += 1
