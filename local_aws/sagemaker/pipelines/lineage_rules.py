"""What a Lineage step may say: entities that it makes, and associations between them and such as are there."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from local_aws.sagemaker.pipelines.paths import Key, Part
from local_aws.sagemaker.pipelines.references import function_of

ASSOCIATIONS = "Associations"
ENDS = ("Source", "Destination")
# of LineageMetadata, in which ListPipelineExecutionSteps tells what a step has made
_MOST_ENTITIES = 5
_MOST_ASSOCIATIONS = 10


@frozen(kw_only=True)
class EntityKind:
    """One kind of entity, as the parts of a step call it.

    Attributes:
        type: in associations, such as ``Action``.
        member: of the Arguments.
        arns: of the step's properties and metadata: ARNs by name.
    """

    type: str
    member: str
    arns: str

    @property
    def name(self) -> str:
        """The member of an entity that has its name."""
        return f"{self.type}Name"

    @property
    def operation(self) -> str:
        """That makes one."""
        return f"Create{self.type}"


KINDS = tuple(
    EntityKind(type=name, member=f"{name}s", arns=f"{name}Arns") for name in ("Action", "Artifact", "Context")
)


def argument_faults(arguments: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a step's Arguments."""
    shape = list(_shape_faults(arguments))
    yield from shape
    if not shape:
        yield from repeated_names(arguments)
        yield from unknown_ends(arguments)


def property_faults(arguments: Mapping[str, Any], path: tuple[Part, ...]) -> Iterator[str]:
    """What is wrong with a reference to something that a step has made."""
    kinds = {kind.arns: kind for kind in KINDS}
    head, *rest = path
    if head == ASSOCIATIONS:
        return
    if head not in kinds or len(rest) != 1 or not isinstance(rest[0], Key):
        yield f"a step of type Lineage has {', '.join(kinds)} with ['NAME'], and {ASSOCIATIONS}"
    elif not _is_made(arguments, kinds[str(head)], rest[0].name):
        yield f"the step makes no {kinds[str(head)].type} '{rest[0].name}'"


def repeated_names(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Names that two entities of a kind have."""
    for kind in KINDS:
        names = [entity[kind.name] for entity in arguments.get(kind.member) or ()]
        for name in dict.fromkeys(name for name in names if isinstance(name, str)):
            if names.count(name) > 1:
                yield f"{kind.member}: {kind.name} '{name}' is there {names.count(name)} times"


def unknown_ends(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Associations with an entity that the step does not make."""
    kinds = {kind.type: kind for kind in KINDS}
    for association in arguments.get(ASSOCIATIONS) or ():
        for end in ENDS:
            name, kind = association[end].get("Name"), kinds.get(association[end].get("Type"))
            if kind is not None and function_of(name) is None and not _is_made(arguments, kind, name):
                yield f"the {end} of an association is the {kind.type} '{name}', which the step does not make"


def _shape_faults(arguments: Mapping[str, Any]) -> Iterator[str]:
    members = (*(kind.member for kind in KINDS), ASSOCIATIONS)
    for member in sorted(set(arguments) - set(members)):
        yield f"a step of type Lineage has no argument '{member}'"
    if not any(arguments.get(member) for member in members):
        yield f"a step of type Lineage needs one of {', '.join(members)}"
    for kind in KINDS:
        entities, faults = _listed(arguments, kind.member, _MOST_ENTITIES)
        yield from faults
        if any(kind.name not in entity for entity in entities):
            yield f"each of {kind.member} needs its {kind.name}"
    associations, faults = _listed(arguments, ASSOCIATIONS, _MOST_ASSOCIATIONS)
    yield from faults
    yield from (fault for each in associations for end in ENDS for fault in _end_faults(end, each.get(end)))


def _listed(arguments: Mapping[str, Any], member: str, most: int) -> tuple[list[dict[str, Any]], list[str]]:
    entries = arguments.get(member) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], [f"{member} must be a list of objects"]
    return entries, [f"got {len(entries)} {member}, expected at most {most}"] if len(entries) > most else []


def _end_faults(end: str, reference: Any) -> Iterator[str]:
    types = [kind.type for kind in KINDS]
    if not isinstance(reference, dict) or set(reference) not in ({"Arn"}, {"Name", "Type"}):
        yield f"the {end} of an association needs Name and Type of an entity of the step, or an Arn"
    elif "Arn" not in reference and reference["Type"] not in types:
        yield f"the {end} of an association has the Type {reference['Type']!r}, expected one of {', '.join(types)}"


def _is_made(arguments: Mapping[str, Any], kind: EntityKind, name: str) -> bool:
    """Whether an entity has the name; one whose name is only known when it runs may have any."""
    names = [entry[kind.name] for entry in arguments.get(kind.member) or ()]
    return name in names or any(function_of(each) is not None for each in names)
