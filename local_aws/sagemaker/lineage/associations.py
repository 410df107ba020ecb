"""Associations and lineage queries as the API has them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.lineage.book import created_between
from local_aws.sagemaker.lineage.records import (
    ACTION,
    ARTIFACT,
    CONTEXT,
    TRIAL_COMPONENT,
    Association,
    Entity,
    LineageRecords,
)
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import validation_error

_DEEPEST = 10
_PAGE = 50
_TRACED = (ARTIFACT, ACTION, CONTEXT, TRIAL_COMPONENT)


@define(eq=False)
class AssociationOperations(ValidatedGroup):
    """AddAssociation, DeleteAssociation, ListAssociations and QueryLineage.

    Args:
        records: entities and associations.
    """

    service: ClassVar[str] = "sagemaker"
    _records: LineageRecords

    @operation("AddAssociation")
    def add_association(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Draws an arrow between two entities."""
        source, destination = request["SourceArn"], request["DestinationArn"]
        if source == destination:
            raise validation_error(f"An entity cannot be associated with itself: {source}")
        self._records.find(source)
        self._records.find(destination)
        if any(each.source == destination and each.destination == source for each in self._records.lineage(context)):
            raise validation_error(f"Association from {source} to {destination} would close a circle.")
        self._records.associate(
            Association(
                source=source,
                destination=destination,
                type=request.get("AssociationType"),
                created_by=context.principal.arn,
            )
        )
        return {"SourceArn": source, "DestinationArn": destination}

    @operation("DeleteAssociation")
    def delete_association(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Takes an arrow away."""
        self._records.dissociate(request["SourceArn"], request["DestinationArn"])
        return {"SourceArn": request["SourceArn"], "DestinationArn": request["DestinationArn"]}

    @operation("ListAssociations")
    def list_associations(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Arrows that begin or end at an entity, a page at a time."""
        summaries = [summary for summary in self._summaries(context) if _asked_for(summary, request)]
        sort_by = request.get("SortBy", "CreationTime")
        page, token = page_of(
            summaries,
            created_between(request) | {"SortBy": "CreationTime" if sort_by == "CreationTime" else "Status"},
            lambda summary: Listed(
                name=f"{summary['SourceArn']} {summary['DestinationArn']}",
                created=summary["CreationTime"],
                status=None if sort_by == "CreationTime" else summary.get(sort_by),
            ),
        )
        return with_token({"AssociationSummaries": page}, token)

    def _summaries(self, context: RequestContext) -> Iterator[dict[str, Any]]:
        for association in self._records.lineage(context):
            source, destination = self._records.find(association.source), self._records.find(association.destination)
            told = {
                "SourceArn": source.arn,
                "DestinationArn": destination.arn,
                "SourceType": source.type,
                "DestinationType": destination.type,
                "SourceName": source.name,
                "DestinationName": destination.name,
                "AssociationType": association.type,
                "CreationTime": association.created,
            }
            yield {name: value for name, value in told.items() if value is not None}

    @operation("QueryLineage")
    def query_lineage(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """What an entity came from, what came from it, or both."""
        starts = [self._records.find(arn) for arn in request.get("StartArns", ())]
        if not starts and "Filters" not in request:
            raise validation_error("StartArns or Filters are needed")
        depth = request.get("MaxDepth", _DEEPEST)
        if depth < 1:
            raise validation_error(f"MaxDepth: got {depth}, expected 1 to {_DEEPEST}")
        walk = _Walk(self._records.lineage(context), depth)
        wanted = request.get("Direction", "Both")
        if wanted in ("Both", "Ascendants"):
            walk.go(starts, up=True)
        if wanted in ("Both", "Descendants"):
            walk.go(starts, up=False)
        begun = {entity.arn for entity in starts}
        met = [self._records.find(arn) for arn in walk.met if arn not in begun]
        if not starts:
            met = [each for kind in _TRACED for each in self._records.all(context, kind)]
        found = [entity for entity in met if _passes(entity, request.get("Filters", {}))]
        offset, size = _offset(request.get("NextToken")), request.get("MaxResults", _PAGE)
        vertices = [_vertex(entity) for entity in found[offset : offset + size]]
        answer: dict[str, Any] = {"Vertices": vertices, "Edges": []}
        if request.get("IncludeEdges", True) and offset == 0:
            answer["Edges"] = [_edge(association) for association in walk.edges]
        return with_token(answer, _token(offset + size) if len(found) > offset + size else None)


@define(eq=False)
class _Walk:
    """Goes along arrows, breadth first.

    Attributes:
        met: ARNs in the order in which they were met, without the start.
        edges: the arrows that were gone along.
    """

    associations: list[Association]
    depth: int
    met: dict[str, None] = field(factory=dict)
    edges: list[Association] = field(factory=list)

    def go(self, starts: list[Entity], *, up: bool) -> None:
        """Follows the arrows from the start: against them, or with them."""
        ahead: dict[str, list[Association]] = {}
        for association in self.associations:
            ahead.setdefault(association.destination if up else association.source, []).append(association)
        seen = {entity.arn for entity in starts}
        queue = deque((entity.arn, 0) for entity in starts)
        while queue:
            arn, steps = queue.popleft()
            if steps == self.depth:
                continue
            for association in ahead.get(arn, ()):
                self.edges.append(association)
                following = association.source if up else association.destination
                if following not in seen:
                    seen.add(following)
                    self.met[following] = None
                    queue.append((following, steps + 1))


def _vertex(entity: Entity) -> dict[str, Any]:
    told = {"Arn": entity.arn, "Type": entity.type, "LineageType": entity.kind.name}
    return {name: value for name, value in told.items() if value is not None}


def _edge(association: Association) -> dict[str, Any]:
    told = {"SourceArn": association.source, "DestinationArn": association.destination}
    return told if association.type is None else told | {"AssociationType": association.type}


def _asked_for(summary: dict[str, Any], request: dict[str, Any]) -> bool:
    names = ("SourceArn", "DestinationArn", "SourceType", "DestinationType", "AssociationType")
    return all(summary.get(name) == request[name] for name in names if name in request)


def _passes(entity: Entity, filters: dict[str, Any]) -> bool:
    properties = entity.members.get("Properties", {})
    return (
        ("Types" not in filters or entity.type in filters["Types"])
        and ("LineageTypes" not in filters or entity.kind.name in filters["LineageTypes"])
        and all(properties.get(name) == value for name, value in filters.get("Properties", {}).items())
        and _within(entity.created, filters, "Created")
        and _within(entity.modified, filters, "Modified")
    )


def _within(moment: datetime, filters: dict[str, Any], name: str) -> bool:
    after, before = filters.get(f"{name}After"), filters.get(f"{name}Before")
    return (after is None or moment > _aware(after)) and (before is None or moment < _aware(before))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _token(offset: int) -> str:
    return urlsafe_b64encode(json.dumps(offset).encode()).decode()


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(json.loads(urlsafe_b64decode(token)))
    except (ValueError, TypeError):
        raise validation_error("The token is not valid.") from None
