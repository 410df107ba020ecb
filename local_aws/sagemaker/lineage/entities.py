"""Artifacts, actions and contexts as the API has them."""

from collections.abc import Callable
from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.lineage.book import EntityBook
from local_aws.sagemaker.lineage.records import ACTION, ARTIFACT, CONTEXT, Entity, LineageRecords, artifact_id
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.tags import TagStore

_PROPERTIES = ("Properties",)


@define(eq=False)
class EntityOperations(ValidatedGroup):
    """Create, Describe, List, Update and Delete of artifacts, actions and contexts.

    Args:
        records: entities and associations.
        tags: where their tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _records: LineageRecords
    _tags: TagStore
    _artifacts: EntityBook = field(init=False)
    _actions: EntityBook = field(init=False)
    _contexts: EntityBook = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._artifacts = EntityBook(ARTIFACT, self._records, self._tags)
        self._actions = EntityBook(ACTION, self._records, self._tags)
        self._contexts = EntityBook(CONTEXT, self._records, self._tags)

    @operation("CreateArtifact")
    def create_artifact(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records an artifact; one of the same source and type is the same."""
        return self._artifacts.create(context, request, _identity(request["Source"], request["ArtifactType"]))

    @operation("DescribeArtifact")
    def describe_artifact(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of an artifact."""
        return self._artifacts.find(context, request["ArtifactArn"]).describe()

    @operation("ListArtifacts")
    def list_artifacts(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of artifacts, a page at a time."""
        return self._artifacts.page(context, request, ("Source", "ArtifactType"), _wanted(request, "ArtifactType"))

    @operation("UpdateArtifact")
    def update_artifact(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes an artifact's name and properties."""
        arn = request["ArtifactArn"]
        if "ArtifactName" in request:
            self._artifacts.find(context, arn).name = request["ArtifactName"]
        return self._artifacts.update(context, arn, request, maps=_PROPERTIES)

    @operation("DeleteArtifact")
    def delete_artifact(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets an artifact, by its ARN or by its source."""
        if ("ArtifactArn" in request) == ("Source" in request):
            raise validation_error("exactly one of ArtifactArn and Source is needed")
        if "ArtifactArn" in request:
            return self._artifacts.delete(self._artifacts.find(context, request["ArtifactArn"]))
        uri = request["Source"]["SourceUri"]
        found = [each for each in self._records.all(context, ARTIFACT) if each.source_uri == uri]
        if len(found) != 1:
            raise validation_error(f"{len(found)} artifacts have the source {uri}, expected one")
        return self._artifacts.delete(found[0])

    @operation("CreateAction")
    def create_action(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records an action."""
        return self._actions.create(context, request)

    @operation("DescribeAction")
    def describe_action(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of an action."""
        return self._actions.find(context, request["ActionName"]).describe()

    @operation("ListActions")
    def list_actions(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of actions, a page at a time."""
        members = ("Source", "ActionType", "Status")
        return self._actions.page(context, request, members, _wanted(request, "ActionType"))

    @operation("UpdateAction")
    def update_action(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes an action's status, description and properties."""
        return self._actions.update(context, request["ActionName"], request, maps=_PROPERTIES)

    @operation("DeleteAction")
    def delete_action(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets an action."""
        return self._actions.delete(self._actions.find(context, request["ActionName"]))

    @operation("CreateContext")
    def create_context(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records a context."""
        return self._contexts.create(context, request)

    @operation("DescribeContext")
    def describe_context(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a context."""
        return self._contexts.find(context, request["ContextName"]).describe()

    @operation("ListContexts")
    def list_contexts(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of contexts, a page at a time."""
        return self._contexts.page(context, request, ("Source", "ContextType"), _wanted(request, "ContextType"))

    @operation("UpdateContext")
    def update_context(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes a context's description and properties."""
        return self._contexts.update(context, request["ContextName"], request, maps=_PROPERTIES)

    @operation("DeleteContext")
    def delete_context(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets a context."""
        return self._contexts.delete(self._contexts.find(context, request["ContextName"]))


def _identity(source: dict[str, Any], artifact_type: str) -> str:
    return artifact_id(source["SourceUri"], artifact_type, source.get("SourceTypes", ()))


def _wanted(request: dict[str, Any], type_member: str) -> Callable[[Entity], bool]:
    """Whether an entity is of the source and the type that a List request asks for."""
    uri, kind = request.get("SourceUri"), request.get(type_member)
    return lambda entity: (uri is None or entity.source_uri == uri) and (kind is None or entity.type == kind)
