"""The order of steps, the ways between them, and where Catches lead."""

import itertools
from collections.abc import Iterator

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.wording import did_you_mean
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.flow import Fork, Line, Part
from constructs_lib.definitions.steps.base import FallibleStep, Step
from constructs_lib.definitions.steps.branches import ParallelStep
from constructs_lib.definitions.steps.choice import ChoiceStep
from constructs_lib.definitions.steps.simple import FailStep, SucceedStep


@rule
def workflow_has_steps(subject: Subject) -> Iterator[Problem]:
    """A state machine has at least one state."""
    if subject.definition.steps == ():
        yield Problem(path="steps", message="got no steps, expected at least one")


@rule
def branches_have_steps(subject: Subject) -> Iterator[Problem]:
    """A Parallel or Map without states inside is refused."""
    for step in subject.all_steps:
        if isinstance(step, ParallelStep) and not step.branches:
            yield Problem(step=step.name, path="branches", message="got no branches, expected at least one")
        if isinstance(step, ChoiceStep) and not step.rules:
            yield Problem(step=step.name, path="rules", message="got no rules, expected at least one")
        for block in step.blocks:
            if block.own_scope and not block.steps:
                yield Problem(step=step.name, path=block.path, message="got no steps, expected at least one")


@rule
def dependencies_are_steps_of_the_same_list(subject: Subject) -> Iterator[Problem]:
    """A step can only wait for steps that run beside it; what is inside of another step has its own order."""
    for block in subject.flow.blocks:
        known = [step.name for step in block.steps]
        for step in block.steps:
            for name in step.dependencies:
                if name not in known:
                    where = (
                        "this workflow"
                        if block.owner is None
                        else f"the same list, {block.path} of {block.owner.name!r}"
                    )
                    message = f"got {name!r}, expected a step of {where}{did_you_mean(name, known)}"
                    yield Problem(step=step.name, path="depends_on", message=message)


@rule
def steps_have_an_order(subject: Subject) -> Iterator[Problem]:
    """Steps that wait for each other in a circle never start."""
    for block in subject.flow.blocks:
        yield from block.ordering.problems


@rule
def every_step_can_be_reached(subject: Subject) -> Iterator[Problem]:
    """Nothing runs after a step that ends the execution, or after a Choice each of whose ways does."""
    if not subject.ordered:
        return
    for line in _lines(subject.flow.line):
        for part, following in itertools.pairwise(line.parts):
            end = _end_of(part)
            if end is not None:
                message = f"unreachable: {end} comes before it and ends the execution"
                yield Problem(step=_first(following).name, message=message)


@rule
def executions_do_not_end_beside_others(subject: Subject) -> Iterator[Problem]:
    """A Succeed state ends only its own branch: where steps were put side by side, the others would go on."""
    for step in subject.flow.listed:
        if isinstance(step, SucceedStep) and not subject.flow.scopes[id(step)].written:
            message = "ends the execution while steps run beside it, expected an order between them by depends_on"
            yield Problem(step=step.name, message=message)


@rule
def catches_lead_out_of_the_chain(subject: Subject) -> Iterator[Problem]:
    """A step of the chain that a Catch jumped to would read outputs of steps that never ran."""
    catchers = [
        (step, f"catch[{number}]", found) for step in subject.fallible for number, found in enumerate(step.catch)
    ]
    named = [(step.name, path, found) for step, path, found in catchers]
    named += [(None, f"default_catch[{number}]", found) for number, found in enumerate(subject.flow.default_catch)]  # type: ignore[misc]
    for name, path, found in named:
        if id(found.next_step) in subject.flow.scopes:
            message = f"got {found.next_step.name!r}, a step of the chain, expected one outside of it"
            yield Problem(step=name, path=f"{path}.next_step", message=message)


@rule
def handlers_are_single_steps(subject: Subject) -> Iterator[Problem]:
    """A step that a Catch leads to is followed by nothing and holds nothing; its own Catches may lead on."""
    for step in subject.handlers:
        if step.blocks:
            yield Problem(step=step.name, message="a Catch leads to it, expected a step without steps inside")


@rule
def handlers_do_not_wait_for_steps(subject: Subject) -> Iterator[Problem]:
    """A step that a Catch leads to runs when something failed, whatever ran before."""
    for step in subject.handlers:
        if step.depends_on:
            message = "got dependencies, expected none: only a Catch leads to this step"
            yield Problem(step=step.name, path="depends_on", message=message)


@rule
def handlers_do_not_lead_back(subject: Subject) -> Iterator[Problem]:
    """Catches that lead to each other in a circle could run for ever."""
    for step in subject.handlers:
        seen: set[int] = set()
        waiting: list[Step] = [step]
        while waiting:
            current = waiting.pop()
            targets = [found.next_step for found in current.catch] if isinstance(current, FallibleStep) else []
            if any(step is target for target in targets):
                yield Problem(step=step.name, path="catch", message="its catches lead back to it, expected an end")
                break
            waiting += [target for target in targets if id(target) not in seen]
            seen |= {id(target) for target in targets}


def _lines(line: Line) -> Iterator[Line]:
    waiting = [line]
    while waiting:
        found = waiting.pop()
        yield found
        for part in found.parts:
            waiting += part.branches if isinstance(part, Fork) else part.inside


def _first(part: Part | Fork) -> Step:
    while isinstance(part, Fork):
        part = part.branches[0].parts[0]
    return part.step


def _end_of(part: Part | Fork) -> str | None:
    """What ends the execution in a part whatever way it takes; None where it goes on."""
    if isinstance(part, Fork):
        ends = [_end_of(branch.parts[-1]) for branch in part.branches]
        return next((end for end in ends if end is not None), None)
    if isinstance(part.step, ChoiceStep) and part.inside:
        goes_on = any(not way.parts or _end_of(way.parts[-1]) is None for way in part.inside)
        return None if goes_on else f"each way of {part.step.name!r}"
    ends_it = isinstance(part.step, FailStep | SucceedStep)
    return f"the {part.step.kind.lower()} step {part.step.name!r}" if ends_it else None
