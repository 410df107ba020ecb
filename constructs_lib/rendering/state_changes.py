"""Which states of a state machine differ: two definitions beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from attrs import frozen

from constructs_lib.rendering.differences import differing_paths

_INNER = ("Branches", "ItemProcessor", "Iterator", "States")


@frozen(kw_only=True)
class StateChange:
    """What becomes of one state.

    Attributes:
        state: its name; None for the definition around the states.
        change: what is done with it.
        paths: members that differ, such as ``Parameters.HyperParameters.eta``.
    """

    state: str | None
    change: Literal["added", "changed", "removed", "unchanged"]
    paths: Sequence[str] = ()


def state_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[StateChange, ...]:
    """What becomes of each state of a definition in the Amazon States Language that changes.

    Args:
        before: the definition that is compared with.
        after: the next one.

    Returns:
        One change a state, in the order of the document, those inside of others after them; removed states last. The
        definition around them comes first, if it differs; of one that is new or gone, there is nothing to compare.

    Examples:
        >>> old = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": True}}}
        >>> new = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 2, "End": True}}}
        >>> state_changes(old, new)
        (StateChange(state='A', change='changed', paths=('Seconds',)),)
    """
    old, new = (dict(_states(definition)) for definition in (before, after))
    around = _differing(_own(before), _own(after)) if before and after else ()
    changes = [StateChange(state=None, change="changed", paths=around)] if around else []
    for name, state in new.items():
        paths = _differing(old.get(name, {}), state)
        kind: Literal["added", "changed", "unchanged"] = "changed" if paths else "unchanged"
        changes.append(StateChange(state=name, change=kind, paths=paths) if name in old else _added(name))
    changes += [StateChange(state=name, change="removed") for name in old if name not in new]
    return tuple(changes)


def _added(name: str) -> StateChange:
    return StateChange(state=name, change="added")


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(path.removeprefix(".") for path in differing_paths(before, after, ""))


def _own(value: Any) -> Any:
    """A state, or a definition, without the states inside of it: they stand for themselves."""
    found = {key: member for key, member in value.items() if key not in _INNER}
    for key in ("ItemProcessor", "Iterator"):
        if isinstance(value.get(key), Mapping):
            found[key] = _own(value[key])
    if isinstance(value.get("Branches"), list | tuple):
        found["Branches"] = [_own(branch) for branch in value["Branches"]]
    return found


def _states(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in (definition.get("States") or {}).items():
        yield name, _own(state)
        for inner in (*(state.get("Branches") or ()), state.get("ItemProcessor"), state.get("Iterator")):
            if inner is not None:
                yield from _states(inner)
