"""The order of a pipeline's steps: by data and `depends_on` alone."""

from collections.abc import Iterator

from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.checks.wording import did_you_mean
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.ordering import circle, sorted_names
from constructs_lib.definitions.steps.choice import ChoiceStep


@pipeline_rule
def pipeline_has_steps(subject: PipelineSubject) -> Iterator[Problem]:
    """A pipeline has at least one step."""
    if subject.definition.steps == ():
        yield Problem(path="steps", message="got no steps, expected at least one")


@pipeline_rule
def conditions_have_one_rule(subject: PipelineSubject) -> Iterator[Problem]:
    """A Condition step has steps that run if all is true, and others if not."""
    for step in subject.all_steps:
        if isinstance(step, ChoiceStep) and len(step.rules) != 1:
            message = f"got {len(step.rules)} rules, expected one: SageMaker Pipelines has an if and an else"
            yield Problem(step=step.name, path="rules", message=message)


@pipeline_rule
def dependencies_are_steps_of_the_pipeline(subject: PipelineSubject) -> Iterator[Problem]:
    """A step can only wait for steps that are there."""
    for step in subject.all_steps:
        for name in step.dependencies:
            if name not in subject.by_name:
                message = f"got {name!r}, expected a step of this pipeline{did_you_mean(name, subject.by_name)}"
                yield Problem(step=step.name, path="depends_on", message=message)


@pipeline_rule
def dependencies_surely_run(subject: PipelineSubject) -> Iterator[Problem]:
    """A step inside of a Choice may not run: only steps of the same way can wait for it."""
    for step in subject.all_steps:
        for name in step.dependencies:
            choice = choice_between(step.name, name, subject)
            if name in subject.by_name and choice is not None:
                message = f"got {name!r}, which is inside of {choice!r} and may not run"
                yield Problem(step=step.name, path="depends_on", message=message)


@pipeline_rule
def steps_have_an_order(subject: PipelineSubject) -> Iterator[Problem]:
    """Steps that wait for each other in a circle never start."""
    before: dict[str, set[str]] = {}
    for step in subject.all_steps:
        waited = before.setdefault(step.name, set())
        waited |= {name for name in step.dependencies if name in subject.by_name}
        if step.name in subject.ways:
            choice, _ = subject.ways[step.name][-1]
            waited.add(choice)
    for step, value in subject.used:
        source = subject.source(step, value)
        if source is not None:
            before[step.name].add(source)
    sorted_already = set(sorted_names(before))
    if len(sorted_already) < len(before):
        found = circle(before, [name for name in before if name not in sorted_already])
        message = "steps depend on each other in a circle: " + " -> ".join(repr(name) for name in found)
        yield Problem(step=found[0], path="depends_on", message=message)


def choice_between(reader: str, name: str, subject: PipelineSubject) -> str | None:
    """The Choice that may keep a step from running where another one does; None where it has surely run, or will."""
    around = subject.ways.get(reader, ())
    return next((choice for choice, way in subject.ways.get(name, ()) if (choice, way) not in around), None)
