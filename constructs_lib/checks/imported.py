"""State machines that somebody else wrote: what can be known before they are deployed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.integrations import is_waited_for
from constructs_lib.checks.names import WORKFLOW_NAME
from constructs_lib.checks.wording import did_you_mean, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.imported import ImportedDefinition, machines
from constructs_lib.definitions.resources import is_activity, parse_resource

_TYPES = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
_ENDS = frozenset({"Fail", "Succeed"})


def check_imported(definition: ImportedDefinition) -> tuple[Problem, ...]:
    """Everything that is wrong with a definition, as far as it tells without being run."""
    problems = [*_name(definition)]
    found = list(machines(definition.document))
    if not found:
        return (*problems, Problem(path="document", message="got no States, expected a state machine's definition"))
    for machine in found:
        problems += _graph(machine)
        for name, state in machine["States"].items():
            problems += _state(name, state)
    counts = Counter(name for machine in found for name in machine["States"])
    problems += [
        Problem(step=name, path="name", message=f"got {count} states of this name, expected one")
        for name, count in counts.items()
        if count > 1
    ]
    return tuple(problems)


def _name(definition: ImportedDefinition) -> Iterator[Problem]:
    if not WORKFLOW_NAME.fullmatch(definition.name):
        message = f"got {shown(definition.name)}, expected 1 to 80 letters, digits, '-' or '_'"
        yield Problem(path="name", message=message)


def _graph(machine: Mapping[str, Any]) -> Iterator[Problem]:
    states = {name: state for name, state in machine["States"].items() if isinstance(state, Mapping)}
    start = machine.get("StartAt")
    if start not in states:
        yield Problem(path="StartAt", message=f"got {shown(start)}, expected the name of a state")
        return
    reached: set[Any] = set()
    waiting: list[Any] = [start]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in states:
            continue
        reached.add(name)
        waiting += [target for _, target in _targets(states[name])]
    for name, state in states.items():
        for path, target in _targets(state):
            if target not in states:
                message = f"got {shown(target)}, which is no state{did_you_mean(str(target), states)}"
                yield Problem(step=name, path=path, message=message)
        if name not in reached:
            yield Problem(step=name, message="unreachable: no way leads to it")
    if not any(state.get("End") is True or state.get("Type") in _ENDS for state in states.values()):
        yield Problem(path="States", message="got no state that ends, expected one")


def _targets(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in ("Next", "Default"):
        if key in state:
            yield key, state[key]
    for key in ("Choices", "Catch"):
        for number, entry in enumerate(state.get(key, ())):
            yield f"{key}[{number}].Next", entry.get("Next")


def _state(name: str, state: Any) -> Iterator[Problem]:
    kind = state.get("Type") if isinstance(state, Mapping) else None
    if kind not in _TYPES:
        yield Problem(step=name, path="Type", message=f"got {shown(kind)}, expected one of {', '.join(_TYPES)}")
        return
    if kind == "Choice" and "Default" not in state:
        message = "missing, expected a way for when no rule is true: the execution would fail there"
        yield Problem(step=name, path="Default", message=message)
    if kind != "Task" or is_activity(state.get("Resource")):
        return
    resource = parse_resource(state.get("Resource"))
    if resource is None:
        message = f"got {shown(state.get('Resource'))}, expected the ARN of a call or of a function"
        yield Problem(step=name, path="Resource", message=message)
    elif resource.pattern.startswith("sync") and (resource.sdk or not is_waited_for(resource.service, resource.action)):
        message = f"got {resource.service}:{resource.action}.{resource.pattern}, which Step Functions does not have"
        yield Problem(step=name, path="Resource", message=message)
