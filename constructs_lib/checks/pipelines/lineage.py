"""What Lineage steps note down."""

from collections import Counter
from collections.abc import Iterator

from constructs_lib.checks.pipelines.rules import PipelineSubject, pipeline_rule
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.lineage import LineageEntity, LineageStep

# of LineageMetadata, in which the service tells what a step has made
_MOST_ENTITIES = 5
_MOST_ASSOCIATIONS = 10


@pipeline_rule
def lineage_notes_something_down(subject: PipelineSubject) -> Iterator[Problem]:
    """A step without entities and associations does nothing."""
    for step in _steps(subject):
        if not step.entities and not step.associations:
            yield Problem(step=step.name, message="got no entities and no associations, expected at least one")


@pipeline_rule
def lineage_of_a_step_is_not_too_much(subject: PipelineSubject) -> Iterator[Problem]:
    """The service's limits of entities of a kind, and of associations."""
    for step in _steps(subject):
        for kind, count in Counter(entity.kind for entity in step.entities).items():
            if count > _MOST_ENTITIES:
                message = f"got {count} of kind {kind}, expected at most {_MOST_ENTITIES}"
                yield Problem(step=step.name, path="entities", message=message)
        if len(step.associations) > _MOST_ASSOCIATIONS:
            message = f"got {len(step.associations)}, expected at most {_MOST_ASSOCIATIONS}"
            yield Problem(step=step.name, path="associations", message=message)


@pipeline_rule
def lineage_entities_have_names_of_their_own(subject: PipelineSubject) -> Iterator[Problem]:
    """An association, and whoever reads an ARN, tells entities of a kind by their names."""
    for step in _steps(subject):
        named = Counter((entity.kind, entity.name) for entity in step.entities if isinstance(entity.name, str))
        for (kind, name), count in named.items():
            if count > 1:
                message = f"got {count} of kind {kind} with the name {name!r}, expected one"
                yield Problem(step=step.name, path="entities", message=message)


@pipeline_rule
def associations_are_of_what_the_step_makes(subject: PipelineSubject) -> Iterator[Problem]:
    """The service finds an entity by its name in the same step only; what is made elsewhere has an ARN."""
    for step in _steps(subject):
        for number, association in enumerate(step.associations):
            for end in ("source", "destination"):
                found = getattr(association, end)
                if isinstance(found, LineageEntity) and found not in step.entities:
                    message = f"got the {found.kind} {found.name!r}, which the step does not make; expected its ARN"
                    yield Problem(step=step.name, path=f"associations[{number}].{end}", message=message)


@pipeline_rule
def entities_say_what_their_kind_has(subject: PipelineSubject) -> Iterator[Problem]:
    """Actions alone have a status; artifacts have no description."""
    for step in _steps(subject):
        for number, entity in enumerate(step.entities):
            if entity.status is not None and entity.kind != "Action":
                message = f"got a status of kind {entity.kind}, expected one of an Action only"
                yield Problem(step=step.name, path=f"entities[{number}].status", message=message)
            if entity.description is not None and entity.kind == "Artifact":
                message = "got a description of kind Artifact, expected one of an Action or a Context only"
                yield Problem(step=step.name, path=f"entities[{number}].description", message=message)


def _steps(subject: PipelineSubject) -> Iterator[LineageStep]:
    yield from (step for step in subject.all_steps if isinstance(step, LineageStep))
