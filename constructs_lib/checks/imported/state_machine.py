"""State machines that somebody else wrote: what can be known before they are deployed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.checks.foreign_expressions import expression_problems
from constructs_lib.checks.integrations import is_waited_for
from constructs_lib.checks.names import WORKFLOW_NAME
from constructs_lib.checks.wording import did_you_mean, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.failures import STATES_ERRORS
from constructs_lib.definitions.imported import ImportedDefinition, machines
from constructs_lib.definitions.resources import Resource, is_activity, parse_resource

_TYPES = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
_ENDS = frozenset({"Fail", "Succeed"})
_LISTS = ("Branches", "Catch", "Choices", "Retry")


def check_imported(definition: ImportedDefinition) -> tuple[Problem, ...]:
    """Everything that is wrong with a definition, as far as it tells without being run."""
    problems = [*_name(definition)]
    found = list(machines(definition.document))
    language = definition.document.get("QueryLanguage", "JSONPath")
    if not found:
        return (*problems, Problem(path="document", message="got no States, expected a state machine's definition"))
    for machine in found:
        states: dict[str, Mapping[str, Any]] = {}
        of_states: list[Problem] = []
        for name, given in machine["States"].items():
            state = given if isinstance(given, Mapping) else {}
            misshapen = tuple(_form(name, state))
            wrong = {problem.path for problem in misshapen}
            states[name] = {key: value for key, value in state.items() if key not in wrong}
            of_states += misshapen or (*_state(name, state), *_expressions(name, state, language))
        problems += (*_graph(machine.get("StartAt"), states), *of_states)
    counts = Counter(name for machine in found for name in machine["States"])
    problems += [
        Problem(step=name, path="name", message=f"got {count} states of this name, expected one")
        for name, count in counts.items()
        if count > 1
    ]
    return tuple(problems)


def notes_on_imported(definition: ImportedDefinition) -> Iterator[Problem]:
    """What Step Functions takes, and whoever wrote it may not have meant."""
    for name, state in definition.states():
        if state.get("Type") == "Choice" and "Default" not in state:
            message = "missing: where no rule is true, the execution fails with States.NoChoiceMatched"
            yield Problem(step=name, path="Default", message=message)


def _name(definition: ImportedDefinition) -> Iterator[Problem]:
    if not WORKFLOW_NAME.fullmatch(definition.name):
        message = f"got {shown(definition.name)}, expected 1 to 80 letters, digits, '-' or '_'"
        yield Problem(path="name", message=message)


def _form(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    """The fields that everything else looks into are what they must be."""
    kind = state.get("Type")
    if kind not in _TYPES:
        yield Problem(step=name, path="Type", message=f"got {shown(kind)}, expected one of {', '.join(_TYPES)}")
    for key in _LISTS:
        value = state.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(entry, Mapping) for entry in value):
            yield Problem(step=name, path=key, message="expected a list of objects")
    for key in ("Next", "Default"):
        if not isinstance(state.get(key, ""), str):
            yield Problem(step=name, path=key, message=f"got {shown(state[key])}, expected the name of a state")


def _graph(start: Any, states: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
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


def _state(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    kind = state["Type"]
    if kind == "Choice":
        if not state.get("Choices"):
            yield Problem(step=name, path="Choices", message="got no rules, expected at least one")
    elif kind not in _ENDS and ("Next" in state) == (state.get("End") is True):
        yield Problem(step=name, path="Next", message="expected exactly one of Next and End")
    if kind == "Parallel" and not state.get("Branches"):
        yield Problem(step=name, path="Branches", message="got no branches, expected at least one")
    if kind == "Map" and not isinstance(state.get("ItemProcessor", state.get("Iterator")), Mapping):
        yield Problem(step=name, path="ItemProcessor", message="missing, expected the states that run for each item")
    yield from _errors(name, state)
    if kind == "Task" and not is_activity(state.get("Resource")):
        yield from _call(name, state.get("Resource"))


def _expressions(name: str, state: Mapping[str, Any], language: str) -> Iterator[Problem]:
    for path, message in expression_problems(state, language):
        yield Problem(step=name, path=path, message=message)


def _errors(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    """``States.`` is Step Functions' own: no other error can have such a name."""
    for key in ("Retry", "Catch"):
        for number, entry in enumerate(state.get(key, ())):
            path, errors = f"{key}[{number}].ErrorEquals", entry.get("ErrorEquals")
            if (
                not isinstance(errors, list | tuple)
                or not all(isinstance(error, str) for error in errors)
                or not errors
            ):
                yield Problem(step=name, path=path, message="expected names of errors")
                continue
            for error in errors:
                if error.startswith("States.") and error not in STATES_ERRORS:
                    message = f"got {shown(error)}, an error that cannot occur{did_you_mean(error, STATES_ERRORS)}"
                    yield Problem(step=name, path=path, message=message)


def _call(name: str, called: Any) -> Iterator[Problem]:
    resource = parse_resource(called)
    if resource is None:
        message = f"got {shown(called)}, expected the ARN of a call or of a function"
        yield Problem(step=name, path="Resource", message=message)
    elif not _is_offered(resource):
        message = f"got {resource.service}:{resource.action}.{resource.pattern}, which Step Functions does not have"
        yield Problem(step=name, path="Resource", message=message)


def _is_offered(resource: Resource) -> bool:
    """Whether Step Functions has the pattern of a call."""
    if resource.pattern in ("sync", "sync:2"):
        again = resource.pattern == "sync:2" and resource.service != "states"
        return not resource.sdk and not again and is_waited_for(resource.service, resource.action)
    return resource.pattern in ("", "waitForTaskToken")
