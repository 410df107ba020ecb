"""Sequences, branches and ways of a workflow, as states that lead to each other.

What a Catch inside of a fork leads to stands outside of it, and a branch cannot jump out: there the error becomes a
Fail state whose error names the target and whose cause holds what was caught; the fork's Catch unpacks it and goes on
to the target. The other branches are stopped by that, as when a step fails that nobody catches.
"""

import json
from typing import Any

from attrs import evolve

from constructs_lib.definitions.failures import Catch
from constructs_lib.definitions.flow import Flow, Fork, Line, Part, Scope
from constructs_lib.definitions.members import present
from constructs_lib.definitions.paths import parse_path
from constructs_lib.definitions.steps.base import FallibleStep, Step, TaskStep
from constructs_lib.definitions.steps.branches import DistributedMapStep, IteratingStep, ParallelStep
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.steps.hand_written import StateStep
from constructs_lib.definitions.steps.simple import FailStep, PassStep, SucceedStep, WaitStep
from constructs_lib.definitions.values import CaughtValue, Reference, Text
from constructs_lib.rendering.conditions import condition_document
from constructs_lib.rendering.expressions import expression, payload
from constructs_lib.rendering.maps import map_fields, processor_config
from constructs_lib.rendering.names import StateNames
from constructs_lib.rendering.tasks import (
    Surroundings,
    reactions,
    selecting_states,
    task_state,
    transition,
    waiting_states,
)
from constructs_lib.rendering.variables import Variables, View

States = dict[str, Any]


class LineRenderer:
    """Renders the lines of one workflow.

    Args:
        flow: how its steps run.
        partition: of AWS, as a text or a token.
    """

    def __init__(self, flow: Flow, partition: str) -> None:
        self._flow = flow
        self._partition = partition
        self._variables = Variables(flow)
        self._names = StateNames(step.name for step in flow.all_steps)
        self._entries: dict[int, str] = {}
        self._handlers: dict[tuple[Scope, int], str] = {}
        self._thrown: dict[str, Step] = {}
        self._unpacking: dict[Scope, States] = {}
        named: set[int] = set()
        for scope, steps in flow.handlers.items():
            for key, step in steps.items():
                self._handlers[scope, key] = self._names.helper(step.name, "here") if key in named else step.name
                named.add(key)

    def machine(self, line: Line) -> States:
        """A whole workflow or a branch: its states, and the handlers that end it."""
        carried = self._variables.carried(line.scope)
        if not carried or not _goes_on(line):
            return self._scope(line, {}, None)
        name = self._names.helper(_first_step(line).name, "outputs")
        outputs = {f"{outside}.$": f"${inside}" for outside, inside in carried}
        return self._scope(line, {name: {"Type": "Pass", "Parameters": outputs, "End": True}}, None)

    def _scope(self, line: Line, ending: States, handler_ending: str | None) -> States:
        following = next(iter(ending), None)
        states = self._line(line, following)
        states |= ending
        for key, step in self._flow.handlers.get(line.scope, {}).items():
            name = self._handlers[line.scope, key]
            states |= self._part(Part(evolve(step, name=name) if name != step.name else step), line, handler_ending)
        states |= self._unpacking.pop(line.scope, {})
        start = self._entry(line.parts[0]) if line.parts else following
        return {"StartAt": start, "States": states}

    def _line(self, line: Line, following: str | None) -> States:
        states: States = {}
        for number, part in enumerate(line.parts):
            after = self._entry(line.parts[number + 1]) if number + 1 < len(line.parts) else following
            states |= self._fork(part, line.scope, after) if isinstance(part, Fork) else self._part(part, line, after)
        return states

    def _entry(self, part: Part | Fork) -> str:
        """The first state of a part."""
        if id(part) not in self._entries:
            self._entries[id(part)] = self._new_entry(part)
        return self._entries[id(part)]

    def _new_entry(self, part: Part | Fork) -> str:
        if isinstance(part, Fork):
            return self._names.helper(_first_step(part.branches[0]).name, "side by side")
        step = part.step
        if isinstance(step, WaitStep) and isinstance(_time(step), Reference):
            return self._names.helper(step.name, "time")
        if _has_plain_items(step):
            return self._names.helper(step.name, "items")
        return step.name

    def _part(self, part: Part, line: Line, following: str | None) -> States:
        step, scope, view = part.step, line.scope, self._variables.seen_from(line.scope)
        if isinstance(step, TaskStep):
            return self._task(step, scope, following)
        if isinstance(step, ChoiceStep):
            return self._choice(part, step, view, following)
        if isinstance(step, ParallelStep):
            return self._parallel(part, step, scope, following)
        if isinstance(step, IteratingStep):
            return self._map(part, step, scope, following)
        if isinstance(step, StateStep):
            return self._hand_written(step, scope, following)
        if isinstance(step, FailStep):
            fail = {"Type": "Fail", "Comment": step.comment}
            return {step.name: present(fail | _text("Error", step.error, view) | _text("Cause", step.cause, view))}
        if isinstance(step, SucceedStep):
            return {step.name: present({"Type": "Succeed", "Comment": step.comment})}
        if isinstance(step, PassStep):
            return {step.name: self._pass(step, view) | transition(following)}
        if isinstance(step, WaitStep):
            return self._wait(part, step, view, following)
        raise TypeError(f"{type(step).__name__} has no form in the Amazon States Language")

    def _task(self, step: TaskStep, scope: Scope, following: str | None) -> States:
        view = self._variables.seen_from(scope)
        assign = self._variables.assign(step)
        retry = self._flow.retry_of(step)
        catches, thrown = self._catches(step, scope)
        loop = step.wait_loop

        def helper(purpose: str) -> str:
            return self._names.helper(step.name, purpose)

        if loop is not None:
            around = Surroundings(
                partition=self._partition,
                view=view,
                assign=assign,
                following=following,
                retry=retry,
                catches=catches,
                helper=helper,
                started=lambda: self._variables.fresh(step.name, "Started"),
            )
            return waiting_states(step, loop, around) | thrown
        if step.selector is not None:
            states = selecting_states(
                step, partition=self._partition, view=view, assign=assign, following=following, helper=helper
            )
            states[step.name] |= reactions(retry, catches)
            return states | thrown
        state = task_state(step, partition=self._partition, view=view, assign=assign, following=following)
        return {step.name: state | reactions(retry, catches), **thrown}

    def _catches(self, step: FallibleStep, scope: Scope) -> tuple[list[tuple[Catch, str]], States]:
        """Where the Catches of a step lead, and the Fail states that carry an error out of a fork."""
        ending = scope.ending
        catches: list[tuple[Catch, str]] = []
        thrown: States = {}
        targets: dict[int, str] = {}
        for catcher in self._flow.catch_of(step):
            target = catcher.next_step
            if ending is scope:
                catches.append((catcher, self._handlers[scope, id(target)]))
                continue
            if id(target) not in targets:
                targets[id(target)] = self._names.helper(step.name, "caught")
                error = f"{target.name}: caught"
                self._thrown[error] = target
                fail = {"Type": "Fail", "Error": error, "CausePath": "States.JsonToString($)"}
                thrown[targets[id(target)]] = fail
            catches.append((catcher, targets[id(target)]))
        return catches, thrown

    def _fork(self, fork: Fork, scope: Scope, following: str | None) -> States:
        around, self._thrown = self._thrown, {}
        branches = [self.machine(branch) for branch in fork.branches]
        catches = []
        if scope.written:
            unpacking = self._unpacking.setdefault(scope, {})
            for error, target in self._thrown.items():
                catches.append({"ErrorEquals": [error], "Next": self._unpack(scope, target, unpacking)})
            self._thrown = around
        else:  # the fork around this one catches it
            self._thrown = around | self._thrown
        state = {
            "Type": "Parallel",
            "Branches": branches,
            "Assign": self._brought_out(fork.branches),
        }
        return {
            self._entry(fork): {
                **present(state),
                "ResultPath": None,
                **transition(following),
                **present({"Catch": catches or None}),
            }
        }

    def _unpack(self, scope: Scope, target: Step, unpacking: States) -> str:
        name = self._handlers[scope, id(target)]
        known = next((found for found, state in unpacking.items() if state["Next"] == name), None)
        if known is not None:
            return known
        made = self._names.helper(target.name, "caught")
        unpacking[made] = {
            "Type": "Pass",
            "Parameters": {"Caught.$": "States.StringToJson($.Cause)"},
            "OutputPath": "$.Caught",
            "Next": name,
        }
        return made

    def _brought_out(self, branches: tuple[Line, ...]) -> dict[str, str] | None:
        """The variables that get what branches have given."""
        brought = {
            f"{outside}.$": f"$[{number}].{outside}"
            for number, branch in enumerate(branches)
            for outside, _ in self._variables.carried(branch.scope)
        }
        return brought or None

    def _parallel(self, part: Part, step: ParallelStep, scope: Scope, following: str | None) -> States:
        catches, thrown = self._catches(step, scope)
        around, self._thrown = self._thrown, {}
        state = {
            "Type": "Parallel",
            "Comment": step.comment,
            "Branches": [self.machine(branch) for branch in part.inside],
            "Assign": self._brought_out(part.inside),
        }
        self._thrown = around
        document = {**present(state), "ResultPath": None, **transition(following)}
        return {step.name: document | reactions(self._flow.retry_of(step), catches), **thrown}

    def _map(self, part: Part, step: IteratingStep, scope: Scope, following: str | None) -> States:
        catches, thrown = self._catches(step, scope)
        around, self._thrown = self._thrown, {}
        line, view = part.inside[0], self._variables.seen_from(scope)
        before: States = {}
        items_path = None
        if isinstance(step.listed_items, Reference):
            items_path = expression(step.listed_items, view)
        elif step.listed_items is not None:
            items = self._variables.fresh(step.name, "Items")
            items_path = f"${items}"
            assign = payload({items: step.listed_items}, view)
            before[self._entry(part)] = {"Type": "Pass", "Assign": assign, "Next": step.name}
        read = self._variables.reads_of_items(line.scope)
        outside = payload(self._variables.outside(line.scope), view)
        fields = map_fields(step, read=read, outside=outside, view=view, partition=self._partition)
        state = {
            "Type": "Map",
            "Comment": step.comment,
            "ItemsPath": items_path,
            **fields,
            "ItemProcessor": {
                "ProcessorConfig": processor_config(step),
                **self._iteration(line, step, self._variables.items.get(line.scope)),
            },
            "Assign": self._variables.assign_results(step),
        }
        self._thrown = around
        document = {**present(state), "ResultPath": None, **transition(following)}
        return {**before, step.name: document | reactions(self._flow.retry_of(step), catches), **thrown}

    def _iteration(self, line: Line, step: IteratingStep, item: str | None) -> States:
        """The steps for one item, between a state that keeps the item and one that gives the result."""
        ending: States = {}
        no_result: States = {}
        # an execution that gives nothing gives null, rather than its input
        if step.result is not None or (isinstance(step, DistributedMapStep) and _goes_on(line)):
            view = self._variables.seen_from(line.scope)
            result = payload({"Value": step.result}, view)
            give = {"Type": "Pass", "OutputPath": "$.Value", "End": True}
            ending = {self._names.helper(step.name, "result"): {**give, "Parameters": result}}
            if self._flow.handlers.get(line.scope):
                no_result = {self._names.helper(step.name, "no result"): {**give, "Parameters": {"Value": None}}}
        machine = self._scope(line, ending, next(iter(no_result), None))
        states = machine["States"]
        if any(state.get("Next") in no_result for state in states.values()):
            states |= no_result
        if item is None:
            return machine
        keep = {"Type": "Pass", "Assign": {f"{item}.$": "$"}, "Next": machine["StartAt"]}
        name = self._names.helper(step.name, "item")
        return {"StartAt": name, "States": {name: keep, **states}}

    def _choice(self, part: Part, step: ChoiceStep, view: View, following: str | None) -> States:
        states: States = {}
        done = following
        if following is None and not all(line.parts for line in part.inside):  # a Choice itself cannot end anything
            done = self._names.helper(step.name, "done")
            states[done] = {"Type": "Succeed"}
        ways = [self._entry(line.parts[0]) if line.parts else done for line in part.inside]
        rules = [
            {**condition_document(rule.condition, view), "Next": way}
            for rule, way in zip(step.rules, ways[:-1], strict=True)
        ]
        choice = {"Type": "Choice", "Comment": step.comment, "Choices": rules, "Default": ways[-1]}
        for line in part.inside:
            states |= self._line(line, following)
        return {step.name: present(choice), **states}

    def _hand_written(self, step: StateStep, scope: Scope, following: str | None) -> States:
        catches, thrown = self._catches(step, scope)
        state = json.loads(json.dumps(step.state, default=dict))
        if state["Type"] in ("Task", "Parallel", "Map", "Pass"):
            state.setdefault("ResultPath", None)
        document = state | present({"Assign": self._variables.assign(step)}) | transition(following)
        return {step.name: document | reactions(self._flow.retry_of(step), catches), **thrown}

    def _pass(self, step: PassStep, view: View) -> dict[str, Any]:
        read = {(parse_path(path) or ("",))[0] for path in self._variables.read_of(step)}
        given = {name: value for name, value in step.given.items() if name in read or "" in read}
        assign = {self._variables.own_name(step): payload(given, view)} if given else None
        return present({"Type": "Pass", "Comment": step.comment, "Assign": assign})

    def _wait(self, part: Part, step: WaitStep, view: View, following: str | None) -> States:
        time, word = _time(step), "Seconds" if step.until is None else "Timestamp"
        state = present({"Type": "Wait", "Comment": step.comment})
        if not isinstance(time, Reference):
            return {step.name: state | {word: time} | transition(following)}
        variable = self._variables.fresh(step.name, "Time")
        keep = {"Type": "Pass", "Assign": {f"{variable}.$": expression(time, view)}, "Next": step.name}
        return {self._entry(part): keep, step.name: state | {f"{word}Path": f"${variable}"} | transition(following)}


def _has_plain_items(step: Step) -> bool:
    items = step.listed_items if isinstance(step, IteratingStep) else None
    return items is not None and not isinstance(items, Reference)


def _time(step: WaitStep) -> Any:
    return step.seconds if step.until is None else step.until


def _text(name: str, value: Text | None, view: View) -> dict[str, Any]:
    if not isinstance(value, Reference):
        return {name: value}
    text = expression(value, view)
    # a Fail state takes paths into its input, and intrinsic functions
    direct = isinstance(value, CaughtValue) or text.startswith("States.")
    return {f"{name}Path": text if direct else f"States.Format('{{}}', {text})"}


def _first_step(line: Line) -> Step:
    """The first step that runs in a line."""
    part = line.parts[0]
    while isinstance(part, Fork):
        part = part.branches[0].parts[0]
    return part.step


def _goes_on(line: Line) -> bool:
    """Whether anything can come after a line, rather than each of its ways ending the execution."""
    last = line.parts[-1] if line.parts else None
    if isinstance(last, Fork):
        return all(_goes_on(branch) for branch in last.branches)
    if last is None or not isinstance(last.step, ChoiceStep):
        return last is None or not isinstance(last.step, FailStep | SucceedStep)
    return any(_goes_on(way) for way in last.inside)
