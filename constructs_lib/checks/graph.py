"""The order of steps, and where Catches lead."""

import itertools
from collections.abc import Iterator

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.wording import did_you_mean
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.fail import FailStep


@rule
def workflow_has_steps(subject: Subject) -> Iterator[Problem]:
    """A state machine has at least one state."""
    if subject.definition.steps == ():
        yield Problem(path="steps", message="got no steps, expected at least one")


@rule
def dependencies_are_steps_of_the_workflow(subject: Subject) -> Iterator[Problem]:
    """A step can only wait for steps that run."""
    known = [step.name for step in subject.steps]
    for step in subject.all_steps:
        for name in step.dependencies:
            if name not in known:
                message = f"got {name!r}, expected a step of this workflow{did_you_mean(name, known)}"
                yield Problem(step=step.name, path="depends_on", message=message)


@rule
def steps_form_a_chain(subject: Subject) -> Iterator[Problem]:
    """Steps run one after the other: no circle, and no two without an order."""
    yield from subject.ordering.problems


@rule
def nothing_follows_a_fail_step(subject: Subject) -> Iterator[Problem]:
    """The execution has ended there."""
    chain = subject.ordering.steps
    for step, following in itertools.pairwise(chain):
        if isinstance(step, FailStep):
            message = f"unreachable: the fail step {step.name!r} comes before it and ends the execution"
            yield Problem(step=following.name, message=message)


@rule
def catches_lead_out_of_the_chain(subject: Subject) -> Iterator[Problem]:
    """A step of the chain that a Catch jumped to would read outputs of steps that never ran."""
    chain = {id(step) for step in subject.steps}
    for step in subject.tasks:
        for number, catcher in enumerate(step.catch):
            if id(catcher.next_step) in chain:
                message = f"got {catcher.next_step.name!r}, a step of the chain, expected one outside of it"
                yield Problem(step=step.name, path=f"catch[{number}].next_step", message=message)


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
        seen: list[str] = []
        waiting = [step]
        while waiting:
            current = waiting.pop()
            targets = [found.next_step for found in current.catch] if isinstance(current, TaskStep) else []
            if step in targets:
                yield Problem(step=step.name, path="catch", message="its catches lead back to it, expected an end")
                break
            waiting += [target for target in targets if target.name not in seen]
            seen += [target.name for target in targets]
