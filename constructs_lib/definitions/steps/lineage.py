"""The step that notes down what was made of what."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import Calls, Need
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import StepOutput, Text

EntityKind = Literal["Action", "Artifact", "Context"]
ActionStatus = Literal["Unknown", "InProgress", "Completed", "Failed", "Stopping", "Stopped"]
_MAPS: dict[EntityKind, str] = {"Action": "ActionArns", "Artifact": "ArtifactArns", "Context": "ContextArns"}


@frozen(kw_only=True, field_transformer=freeze_fields)
class LineageEntity:
    """Something that lineage tells of: an action, an artifact or a context.

    Args:
        kind: of the entity.
        name: 1 to 120 letters, digits and inner hyphens.
        type: in the words of the team, such as ``ModelTraining`` or ``Model``.
        source_uri: where it is, or what it is about.
        source_type: of the address. Default: not said.
        properties: texts that are kept with it. Default: none.
        status: of an action. Default: not said.
        description: of an action or a context, for people; at most 3072 characters. Default: none.
    """

    kind: EntityKind
    name: Text
    type: Text
    source_uri: Text
    source_type: Text | None = None
    properties: Mapping[str, Text] = NO_MEMBERS
    status: ActionStatus | None = None
    description: Text | None = None

    def document(self) -> dict[str, Any]:
        """The request that creates it."""
        source: dict[str, Any] = {"SourceUri": self.source_uri}
        if self.source_type is not None:
            typed = [{"SourceIdType": self.source_type, "Value": self.source_uri}]
            source |= {"SourceTypes": typed} if self.kind == "Artifact" else {"SourceType": self.source_type}
        named = {f"{self.kind}Name": self.name, "Source": source, f"{self.kind}Type": self.type}
        told = {
            "Properties": self.properties or None,
            "Status": self.status,
            "Description": self.description,
        }
        return named | present(told)


@frozen(kw_only=True)
class LineageAssociation:
    """That something came of something: two entities of the step, or such as are there already, by their ARNs.

    Args:
        source: what it came of.
        destination: what came of it.
        type: how. Default: not said.
    """

    source: LineageEntity | Text
    destination: LineageEntity | Text
    type: Literal["ContributedTo", "AssociatedWith", "DerivedFrom", "Produced", "SameAs"] | None = None

    def document(self) -> dict[str, Any]:
        """It, as the step's Arguments hold it."""
        ends = {"Source": _end(self.source), "Destination": _end(self.destination)}
        return ends if self.type is None else {**ends, "AssociationType": self.type}


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class LineageStep(TaskStep):
    """Notes down entities of lineage, and which came of which.

    Its outputs are the ARNs of what it made: ``step.arn_of(entity)``. Only SageMaker Pipelines has it.

    Args:
        entities: that are made. Default: none.
        associations: between them and others. Default: none; something of both is given.
    """

    kind: ClassVar[str] = "Lineage"
    pipeline_type: ClassVar[str | None] = "Lineage"
    only_in_pipelines: ClassVar[bool] = True

    entities: Sequence[LineageEntity] = ()
    associations: Sequence[LineageAssociation] = ()

    def arn_of(self, entity: LineageEntity) -> StepOutput:
        """The ARN of an entity that the step has made."""
        return self.output(f"{_MAPS[entity.kind]}['{entity.name}']")

    @property
    def integration(self) -> Integration:
        """The first of the calls that the step makes."""
        return Integration(service="sagemaker", action="addAssociation", sdk=True)

    @property
    def pipeline_call(self) -> Integration | None:
        """The Arguments are those of many calls."""
        return None

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return DeclaredOutput(members=dict.fromkeys((*_MAPS.values(), "Associations"), "document"))

    def own_request(self) -> dict[str, Any]:
        """The Arguments that the step's properties make."""
        made = {
            f"{kind}s": [entity.document() for entity in self.entities if entity.kind == kind] or None for kind in _MAPS
        }
        return {**made, "Associations": [found.document() for found in self.associations] or None}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        kinds = dict.fromkeys(entity.kind for entity in self.entities)
        actions = [f"sagemaker:Create{kind}" for kind in kinds]
        actions += ["sagemaker:AddTags"] if kinds else []
        actions += ["sagemaker:AddAssociation"] if self.associations else []
        return (Calls(actions=actions, resources=["*"], reason="artifacts get their names from the service"),)


def _end(entity: LineageEntity | Text) -> dict[str, Any]:
    return {"Name": entity.name, "Type": entity.kind} if isinstance(entity, LineageEntity) else {"Arn": entity}
