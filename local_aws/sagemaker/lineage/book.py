"""What the operations on all kinds of entities share."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.lineage.records import Entity, EntityKind, LineageRecords, entity_arn
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.tags import TagStore


@define(eq=False)
class EntityBook:
    """The entities of one kind, as requests name them.

    Args:
        kind: of the entities.
        records: keeps them.
        tags: where their tags are kept.
    """

    kind: EntityKind
    records: LineageRecords
    tags: TagStore

    @property
    def _name(self) -> str:
        return f"{self.kind.name}Name"

    def arn(self, context: RequestContext, name: str) -> str:
        """The ARN of a name; an ARN stays as it is."""
        return name if name.startswith("arn:") else entity_arn(self.kind, context.account, context.region, name)

    def create(self, context: RequestContext, request: dict[str, Any], identity: str | None = None) -> dict[str, Any]:
        """Carries out the kind's Create operation.

        Args:
            context: who asks, and where.
            request: its members are the description's, but for name and tags.
            identity: the last part of the ARN. Default: the name.

        Raises:
            AwsError: ``ValidationException``: it is there already.
        """
        name = request.get(self._name)
        entity = Entity(
            kind=self.kind,
            name=name,
            arn=self.arn(context, identity or request[self._name]),
            members={key: value for key, value in request.items() if key not in (self._name, "Tags")},
            created_by=context.principal.arn,
        )
        self.records.add(entity)
        self.tags.create(entity.arn, request.get("Tags"))
        return self.told(entity)

    def find(self, context: RequestContext, name: str) -> Entity:
        """An entity by its name or ARN.

        Raises:
            AwsError: ``ResourceNotFound``: there is none.
        """
        try:
            found = self.records.find(self.arn(context, name))
        except AwsError as error:
            raise AwsError(error.code, f"{self.kind.name} '{name}' does not exist.") from error
        if found.kind is not self.kind:
            raise validation_error(f"{name} is not the ARN of a {self.kind.name}.")
        return found

    def update(
        self, context: RequestContext, name: str, request: Mapping[str, Any], *, maps: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Carries out the kind's Update operation.

        Args:
            context: who asks, and where.
            name: of the entity, or its ARN.
            request: new values of members.
            maps: members that are merged, and of which ``<member>ToRemove`` names what goes.
        """
        entity = self.find(context, name)
        own = (self._name, f"{self.kind.name}Arn")
        changed = {
            key: value
            for key, value in request.items()
            if key not in own and key not in maps and key.removesuffix("ToRemove") not in maps
        }
        for member in maps:
            gone = set(request.get(f"{member}ToRemove", ()))
            kept = {key: value for key, value in entity.members.get(member, {}).items() if key not in gone}
            changed[member] = kept | request.get(member, {})
        self.records.change(entity, changed, context.principal.arn)
        return self.told(entity)

    def delete(self, entity: Entity) -> dict[str, Any]:
        """Carries out the kind's Delete operation."""
        self.records.remove(entity)
        self.tags.forget(entity.arn)
        return self.told(entity)

    def told(self, entity: Entity) -> dict[str, Any]:
        """What Create, Update and Delete answer."""
        return {f"{self.kind.name}Arn": entity.arn}

    def page(
        self,
        context: RequestContext,
        request: dict[str, Any],
        members: tuple[str, ...],
        wanted: Callable[[Entity], bool],
    ) -> dict[str, Any]:
        """The answer of the kind's List operation.

        Args:
            context: in whose account and region.
            request: its times, order and page.
            members: of the description that a summary has.
            wanted: the rest of the filter.
        """
        entities = [entity for entity in self.records.all(context, self.kind) if wanted(entity)]
        page, token = page_of(entities, created_between(request), _look)
        return with_token({f"{self.kind.name}Summaries": [self._summary(entity, members) for entity in page]}, token)

    def _summary(self, entity: Entity, members: tuple[str, ...]) -> dict[str, Any]:
        described = entity.describe()
        names = (self._name, f"{self.kind.name}Arn", "CreationTime", "LastModifiedTime", *members)
        return {name: described[name] for name in names if name in described}


def created_between(request: dict[str, Any]) -> dict[str, Any]:
    """A List request with its times under the names that SageMaker's other lists give them."""
    times = {"CreationTimeAfter": "CreatedAfter", "CreationTimeBefore": "CreatedBefore"}
    return request | {ours: request[theirs] for ours, theirs in times.items() if theirs in request}


def _look(entity: Entity) -> Listed:
    return Listed(name=entity.name or entity.arn, created=entity.created, modified=entity.modified)
