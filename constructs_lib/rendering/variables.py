"""The variables of a state machine: which outputs are kept, under which names, and how they leave branches.

A variable ends with the branch or iteration that it is assigned in, and a branch must not assign a variable of the
scopes around it. So an output that is read outside of its branch has a variable in each scope on its way out.

The executions of a distributed Map see neither the variables nor the input of the execution that starts them: what
their steps read from outside is part of each execution's input, and kept in a variable with the item.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from constructs_lib.definitions.conditions import AllOf, AnyOf, Condition, Not, TypeTest
from constructs_lib.definitions.flow import Flow, Fork, Line, Part, Scope
from constructs_lib.definitions.paths import parse_path
from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.steps.branches import DistributedMapStep, IteratingStep, MapStep
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.steps.simple import PassStep
from constructs_lib.definitions.values import (
    EXECUTION_ARN,
    ContextValue,
    ExecutionInput,
    MapBatch,
    MapIndex,
    MapItem,
    Reference,
    StepOutput,
    UniqueName,
    references,
)

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 80
_OF_THE_WORKFLOW = ("Execution", "StateMachine")
_WHOLE_INPUT = ContextValue("Execution.Input", type="document")

Passed = ExecutionInput | StepOutput | ContextValue
"""What the executions of a distributed Map are given."""


class Variables:
    """A variable for each step whose output is read, holding just the members that are read.

    Args:
        flow: how the steps run; the order of the steps decides names where they would clash.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._steps = {step.name: step for step in flow.listed}
        self._taken: set[str] = set()
        self._names: dict[tuple[str, int], str] = {}
        self._members: dict[str, dict[str, str]] = {}
        self._carried: dict[Scope, list[str]] = {}
        self._unsure: dict[str, list[str]] = {}
        self._maps = dict(_maps(flow.line))
        self._item_reads: dict[Scope, set[type[Reference]]] = {}
        self._outside: dict[Scope, dict[Passed, str]] = {}
        self.items: dict[Scope, str] = {}
        """The variables that hold the items of Maps, by the scope of the iterations."""

        self._collect()

    def _collect(self) -> None:
        read: dict[str, dict[str, None]] = {}
        outermost: dict[str, Scope] = {}
        for step in self._flow.listed:
            for output in _presence_tests(step):
                self._unsure.setdefault(output.step, []).append(output.path)
        for scope, value in self._reads():
            if isinstance(value, StepOutput):
                writer = self._steps[value.step]
                read.setdefault(writer.name, {})[self._kept(value)] = None
                known = outermost.setdefault(writer.name, self._flow.scopes[id(writer)])
                outermost[writer.name] = _common(known, scope)
            elif isinstance(value, MapItem | MapIndex | MapBatch):
                self._item_reads.setdefault(self._map_of(value, scope), set()).add(type(value))
        for step in self._flow.listed:
            if step.name not in read:
                continue
            self._members[step.name] = _member_names(sorted(read[step.name]))
            for scope in self._flow.scopes[id(step)].around():
                ending = f"_{scope.depth}" if scope.depth else ""
                self._names[step.name, scope.depth] = self.fresh(step.name, ending)
                if scope is outermost[step.name]:
                    break
                self._carried.setdefault(scope, []).append(step.name)
        for scope, step in self._maps.items():
            if scope in self._item_reads or scope in self._outside:
                self.items[scope] = self.fresh(step.name, "Item")

    def _reads(self) -> Iterator[tuple[Scope, Reference]]:
        """Everything that is read, with the scope that it is read in; what is passed on is read around the Map."""
        for scope, value in self._sites():
            while (passed := self._passed(value, scope)) is not None:
                iterations, value = passed  # noqa: PLW2901 - read there, in place of here
                names = self._outside.setdefault(iterations, {})
                names.setdefault(value, _unused(_outside_name(value), names.values()))
                _, scope, *_ = iterations.around()  # noqa: PLW2901
            yield scope, value

    def _sites(self) -> Iterator[tuple[Scope, Reference]]:
        sites = [(self._flow.scopes[id(step)], step) for step in self._flow.listed]
        sites += [(scope, step) for scope, steps in self._flow.handlers.items() for step in steps.values()]
        for scope, step in sites:
            for value in step.references:
                yield scope, value
        for scope, found in self._maps.items():
            for value in references(found.result):
                yield scope, value

    def _distributed(self, scope: Scope) -> Scope | None:
        """The iterations of a distributed Map that a scope is in, which are executions of their own."""
        return next(
            (found for found in scope.around() if isinstance(self._maps.get(found), DistributedMapStep)),
            None,
        )

    def _map_of(self, value: Reference, scope: Scope) -> Scope:
        """The iterations whose item or batch is read."""
        kind = DistributedMapStep if isinstance(value, MapBatch) else IteratingStep
        return next(found for found in scope.around() if isinstance(self._maps.get(found), kind))

    def _passed(self, value: Reference, scope: Scope) -> tuple[Scope, Passed] | None:
        """What is passed on to the executions of a distributed Map for a value's sake; None where that is nothing."""
        iterations = self._distributed(scope)
        if iterations is None:
            return None
        if isinstance(value, ExecutionInput):  # one that may be missing cannot be passed on by itself
            return iterations, _WHOLE_INPUT if value.optional else value
        if isinstance(value, UniqueName) and not value.per_attempt:
            return iterations, EXECUTION_ARN
        if isinstance(value, ContextValue) and value.path.partition(".")[0] in _OF_THE_WORKFLOW:
            return iterations, value
        if isinstance(value, StepOutput):
            inside = iterations in self._flow.scopes[id(self._steps[value.step])].around()
            return None if inside else (iterations, StepOutput(value.step, self._kept(value)))
        return None

    def outside(self, scope: Scope) -> dict[str, Passed]:
        """What the executions of a distributed Map are given besides their items, by name."""
        return {name: value for value, name in self._outside.get(scope, {}).items()}

    def reads_of_items(self, scope: Scope) -> set[type[Reference]]:
        """How the items of a Map are read."""
        return self._item_reads.get(scope, set())

    def fresh(self, name: str, ending: str = "") -> str:
        """A variable's name that no other has, made of a step's name."""
        base = _variable_name(name)
        found, number = base[: _LONGEST - len(ending)] + ending, 2
        while found in self._taken:
            behind = f"{ending}_{number}"
            found = base[: _LONGEST - len(behind)] + behind
            number += 1
        self._taken.add(found)
        return found

    def read_of(self, step: Step) -> dict[str, str]:
        """The paths of a step's output that are read, with the name of each in its variable."""
        return self._members.get(step.name, {})

    def assign(self, step: Step) -> dict[str, Any] | None:
        """The Assign of the state that gives a step's output; None where nothing of it is read."""
        if step.name not in self._members:
            return None
        members = {f"{name}.$": f"${dotted(path)}" for path, name in self._members[step.name].items()}
        return {self.own_name(step): members}

    def assign_results(self, step: Step) -> dict[str, Any] | None:
        """The Assign of a Map: of the list of its results, or of where they are; None where it is not read."""
        if not self._keeps_all_of(step):
            return self.assign(step)
        return {self.own_name(step): {"Results.$": "$"}} if step.name in self._members else None

    def own_name(self, step: Step) -> str:
        """The variable of a step in its own scope."""
        return self._names[step.name, self._flow.scopes[id(step)].depth]

    def carried(self, scope: Scope) -> list[tuple[str, str]]:
        """What leaves a branch: the variable around it, and the one inside."""
        return [
            (self._names[name, scope.depth - 1], self._names[name, scope.depth])
            for name in self._carried.get(scope, ())
        ]

    def seen_from(self, scope: Scope) -> "View":
        """The variables as states in a scope see them."""
        return View(self, scope)

    @staticmethod
    def _keeps_all_of(step: Step) -> bool:
        """Whether a step keeps its members under their own names, rather than just the paths that are read."""
        return isinstance(step, PassStep | MapStep) or (isinstance(step, DistributedMapStep) and step.results is None)

    def passed_path(self, value: Reference, scope: Scope) -> str | None:
        """The path under which a state in a distributed Map finds what is passed on to it; None where it is not."""
        passed = self._passed(value, scope)
        if passed is None:
            return None
        iterations, given = passed
        step = self._maps[iterations]
        batched = isinstance(step, DistributedMapStep) and step.batch is not None
        path = f"${self.items[iterations]}.{'BatchInput' if batched else 'Outside'}.{self._outside[iterations][given]}"
        if isinstance(value, ExecutionInput) and value.optional:
            return path + member(value.name)
        if isinstance(value, StepOutput) and isinstance(given, StepOutput):
            return path + dotted(value.path[len(given.path) :].removeprefix("."))
        return path

    def item_path(self, value: MapItem | MapIndex | MapBatch, scope: Scope) -> str:
        """The path under which a state finds the item, its number, or the items of a batch."""
        iterations = self._map_of(value, scope)
        step, name = self._maps[iterations], self.items[iterations]
        if isinstance(value, MapItem):
            return f"${name}.Value{dotted(value.path)}"
        if isinstance(value, MapBatch):
            return f"${name}.Items" + ("[*].Value" if MapIndex in self._item_reads[iterations] else "")
        batched = isinstance(step, DistributedMapStep) and step.batch is not None
        return f"${name}.Items[0].Index" if batched else f"${name}.Index"

    def path(self, value: StepOutput, scope: Scope) -> str:
        """The path under which a state in a scope finds an output."""
        passed = self.passed_path(value, scope)
        if passed is not None:
            return passed
        writer = self._steps[value.step]
        depth = _common(self._flow.scopes[id(writer)], scope).depth
        name = self._names[value.step, depth]
        if self._keeps_all_of(writer):
            return f"${name}{dotted(value.path)}"
        kept = self._kept(value)
        return f"${name}.{self._members[value.step][kept]}{dotted(value.path[len(kept) :].removeprefix('.'))}"

    def _kept(self, value: StepOutput) -> str:
        """The path that is kept for a value: what may be missing is kept as part of what it is a member of."""
        for path in self._unsure.get(value.step, ()):
            if value.path == path or value.path.startswith((f"{path}.", f"{path}[")):
                return _parent(path)
        return value.path


class View:
    """The variables as states in one scope see them."""

    def __init__(self, variables: Variables, scope: Scope) -> None:
        self._variables = variables
        self._scope = scope

    def path(self, value: StepOutput) -> str:
        """The path of an output."""
        return self._variables.path(value, self._scope)

    def item(self, value: MapItem | MapIndex | MapBatch) -> str:
        """The path of the item, its number, or the items of a batch."""
        return self._variables.item_path(value, self._scope)

    def execution(self, value: ExecutionInput | ContextValue) -> str:
        """The path of something of the workflow's execution, or that Step Functions knows of the state."""
        passed = self._variables.passed_path(value, self._scope)
        if passed is not None:
            return passed
        return (
            f"$$.Execution.Input{member(value.name)}"
            if isinstance(value, ExecutionInput)
            else f"$${dotted(value.path)}"
        )

    def execution_arn(self, name: UniqueName) -> str:
        """The path of the ARN from which a name is made: for a name of one state, that of its own execution."""
        return "$$.Execution.Id" if name.per_attempt else self.execution(EXECUTION_ARN)


def dotted(path: str) -> str:
    """A path as JSONPath writes it behind its root: ``.A.B[0]``, with brackets around unusual names."""
    return "".join(f"[{part}]" if isinstance(part, int) else member(part) for part in parse_path(path) or ())


def member(name: str) -> str:
    """A member as JSONPath writes it."""
    return f".{name}" if _IDENTIFIER.fullmatch(name) else f"['{name}']"


def _common(first: Scope, second: Scope) -> Scope:
    """The innermost scope around both."""
    around = set(second.around())
    return next(scope for scope in first.around() if scope in around)


def _maps(line: Line) -> Iterator[tuple[Scope, IteratingStep]]:
    """Every Map, with the scope of its iterations."""
    waiting = [line]
    while waiting:
        for part in waiting.pop().parts:
            waiting += part.branches if isinstance(part, Fork) else part.inside
            if isinstance(part, Part) and isinstance(part.step, IteratingStep):
                yield part.inside[0].scope, part.step


def _presence_tests(step: Step) -> list[StepOutput]:
    """The outputs that a Choice asks for whether they are there."""
    waiting: list[Condition] = [rule.condition for rule in step.rules] if isinstance(step, ChoiceStep) else []
    found: list[StepOutput] = []
    while waiting:
        condition = waiting.pop()
        if isinstance(condition, AllOf | AnyOf):
            waiting += condition.parts
        elif isinstance(condition, Not):
            waiting.append(condition.part)
        elif isinstance(condition, TypeTest) and condition.name == "IsPresent":
            found += [condition.value] if isinstance(condition.value, StepOutput) else []
    return found


def _parent(path: str) -> str:
    """What the last member of a path is a member of; empty for the whole output."""
    return path[: max(path.rfind("."), path.rfind("["), 0)]


def _variable_name(step_name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", step_name)
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name or not name[0].isalpha() or name == "States":  # $states is Step Functions' own
        name = "Step" + name
    return name


def _outside_name(value: Passed) -> str:
    """A name for a value that is passed on."""
    if isinstance(value, ExecutionInput):
        text = value.name
    elif isinstance(value, StepOutput):
        text = f"{_variable_name(value.step)}.{value.path}"
    else:
        text = value.path
    return re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")


def _member_names(paths: list[str]) -> dict[str, str]:
    """A name by path: the last part of the path, or all of it where several paths end alike."""
    parts = {path: parse_path(path) or ("Output",) for path in paths}
    last = {path: str(found[-1]) for path, found in parts.items()}
    names: dict[str, str] = {}
    for path, found in parts.items():
        alone = list(last.values()).count(last[path]) == 1 and isinstance(found[-1], str)
        text = last[path] if alone else "_".join(str(part) for part in found)
        names[path] = _unused(re.sub(r"[^A-Za-z0-9_]", "_", text), names.values())
    return names


def _unused(name: str, taken: Iterable[str]) -> str:
    used = set(taken)
    found, number = name[:_LONGEST], 2
    while found in used:
        ending = f"_{number}"
        found = name[: _LONGEST - len(ending)] + ending
        number += 1
    return found
