"""Two state machines beside each other, state by state."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

ABSENT = "(absent)"


class Difference(NamedTuple):
    """Where two state machines differ: a field of a state, and its value on both sides.

    The path is that of the request that is sent: a value that is read at run time (``Field.$``) is written as
    ``read: `` and its expression.
    """

    state: str
    path: str
    theirs: Any
    ours: Any


def compare(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> list[Difference]:
    """Every difference between the states of two definitions, those of branches too; order of fields means nothing."""
    left, right = _states(theirs), _states(ours)
    return [
        Difference(name, *difference)
        for name in sorted(left.keys() | right.keys())
        for difference in differences("", left.get(name, ABSENT), right.get(name, ABSENT))
    ]


def _states(document: Mapping[str, Any]) -> dict[str, Any]:
    """All states by name; a Parallel state tells where its branches begin, their states stand for themselves."""
    found: dict[str, Any] = {}
    for name, state in document["States"].items():
        branches = state.get("Branches", ())
        found[name] = {**state, **({"Branches": [branch["StartAt"] for branch in branches]} if branches else {})}
        for branch in branches:
            found |= _states(branch)
    return found


def differences(path: str, theirs: Any, ours: Any) -> Iterator[tuple[str, Any, Any]]:
    """The places below a path that differ; what one side lacks as a whole is one place."""
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        left, right = _fields(theirs), _fields(ours)
        for key in sorted(left.keys() | right.keys()):
            below = f"{path}.{key}" if path else key
            yield from differences(below, left.get(key, ABSENT), right.get(key, ABSENT))
    elif isinstance(theirs, list) and isinstance(ours, list):
        for index in range(max(len(theirs), len(ours))):
            pair = [side[index] if index < len(side) else ABSENT for side in (theirs, ours)]
            yield from differences(f"{path}[{index}]", *pair)
    elif theirs != ours:
        yield path, theirs, ours


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key.removesuffix(".$"): f"read: {value}" if key.endswith(".$") else value for key, value in given.items()}
