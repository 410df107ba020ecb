"""What lineage and experiments keep: entities, and the associations between them."""

import hashlib
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.resource_names import now, validation_error


@frozen(kw_only=True)
class EntityKind:
    """Names of one kind of entity.

    Attributes:
        name: as in the API, such as ``Artifact``.
        arn: as in ARNs, such as ``artifact``.
        traced: whether lineage queries walk over it.
    """

    name: str
    arn: str
    traced: bool = True


ARTIFACT = EntityKind(name="Artifact", arn="artifact")
ACTION = EntityKind(name="Action", arn="action")
CONTEXT = EntityKind(name="Context", arn="context")
TRIAL_COMPONENT = EntityKind(name="TrialComponent", arn="experiment-trial-component")
TRIAL = EntityKind(name="Trial", arn="experiment-trial", traced=False)
EXPERIMENT = EntityKind(name="Experiment", arn="experiment", traced=False)


@define(eq=False, kw_only=True)
class Entity:
    """One artifact, action, context, trial component, trial or experiment.

    Attributes:
        kind: which of them.
        name: unique among those of its kind, account and region; an artifact's need not be.
        arn: of the entity.
        members: of its description, beside names and times.
        created_by: ARN of whoever made it; None where a service did.
        created: when.
        modified: when it last changed.
        modified_by: ARN of whoever changed it last.
    """

    kind: EntityKind
    name: str | None
    arn: str
    members: dict[str, Any]
    created_by: str | None = None
    created: datetime = field(factory=now)
    modified: datetime = field(factory=now)
    modified_by: str | None = None

    @property
    def type(self) -> str | None:
        """As lineage filters it: ``DataSet``, ``Model``, ``Endpoint``; of a trial component, its job's."""
        if self.kind is TRIAL_COMPONENT:
            source_type: str | None = self.members.get("Source", {}).get("SourceType")
            return source_type
        return self.members.get(f"{self.kind.name}Type")

    @property
    def source_uri(self) -> str | None:
        """What it stands for."""
        uri: str | None = self.members.get("Source", {}).get("SourceUri")
        return uri

    def describe(self) -> dict[str, Any]:
        """What the kind's Describe operation answers."""
        told: dict[str, Any] = {f"{self.kind.name}Arn": self.arn, "CreationTime": self.created}
        told |= {"LastModifiedTime": self.modified, "CreatedBy": _user(self.created_by)}
        told |= {"LastModifiedBy": _user(self.modified_by or self.created_by)} | self.members
        return told if self.name is None else told | {f"{self.kind.name}Name": self.name}


@frozen(kw_only=True)
class Association:
    """One arrow from an entity to another.

    Attributes:
        source: ARN of where it begins.
        destination: ARN of where it ends.
        type: such as ``ContributedTo``; None where none was given.
        created_by: ARN of whoever drew it; None where a service did.
        created: when.
    """

    source: str
    destination: str
    type: str | None
    created_by: str | None = None
    created: datetime = field(factory=now)


@define(eq=False)
class _Graph:
    entities: dict[str, Entity] = field(factory=dict)
    associations: dict[tuple[str, str], Association] = field(factory=dict)


@define(eq=False)
class LineageRecords:
    """Entities and associations of every account and region."""

    _graphs: RegionalState[_Graph] = field(factory=lambda: RegionalState(_Graph))
    _lock: threading.RLock = field(factory=threading.RLock)

    def add(self, entity: Entity) -> None:
        """Keeps an entity.

        Raises:
            AwsError: ``ValidationException``: it is there already.
        """
        with self._lock:
            if self._graph(entity.arn).entities.setdefault(entity.arn, entity) is not entity:
                raise validation_error(f"{entity.kind.name} {entity.arn} already exists.")

    def settle(self, arn: str, make: Callable[[], Entity]) -> Entity:
        """The entity of an ARN, made where it is not there."""
        with self._lock:
            entities = self._graph(arn).entities
            return entities[arn] if arn in entities else entities.setdefault(arn, make())

    def change(self, entity: Entity, members: dict[str, Any], by: str | None = None) -> None:
        """Replaces members of an entity."""
        with self._lock:
            entity.members = entity.members | members
            entity.modified, entity.modified_by = now(), by

    def find(self, arn: str) -> Entity:
        """The entity of an ARN.

        Raises:
            AwsError: ``ResourceNotFound``: there is none.
        """
        found = self._graph(arn).entities.get(arn) if arn.count(":") >= 5 else None
        if found is None:
            raise AwsError("ResourceNotFound", f"Resource '{arn}' does not exist.")
        return found

    def all(self, context: RequestContext, kind: EntityKind) -> list[Entity]:
        """Every entity of a kind, in the caller's account and region."""
        with self._lock:
            return [each for each in self._graphs[context].entities.values() if each.kind is kind]

    def remove(self, entity: Entity) -> None:
        """Forgets an entity.

        Raises:
            AwsError: ``ValidationException``: associations begin or end at it.
        """
        with self._lock:
            graph = self._graph(entity.arn)
            if tied := [pair for pair in graph.associations if entity.arn in pair]:
                raise validation_error(
                    f"{entity.kind.name} {entity.arn} cannot be deleted: it has {len(tied)} associations."
                )
            graph.entities.pop(entity.arn, None)

    def associate(self, association: Association) -> None:
        """Draws an arrow; one that is there already stays as it is."""
        with self._lock:
            pair = (association.source, association.destination)
            self._graph(association.source).associations.setdefault(pair, association)

    def dissociate(self, source: str, destination: str) -> None:
        """Takes an arrow away.

        Raises:
            AwsError: ``ResourceNotFound``: there is none.
        """
        with self._lock:
            if self._graph(source).associations.pop((source, destination), None) is None:
                raise AwsError("ResourceNotFound", f"Association from '{source}' to '{destination}' does not exist.")

    def associations(self, context: RequestContext) -> list[Association]:
        """Every arrow of the caller's account and region, those to trials among them."""
        with self._lock:
            return list(self._graphs[context].associations.values())

    def lineage(self, context: RequestContext) -> list[Association]:
        """The arrows that lineage is made of: a trial has its components, but nothing came of it."""
        return [each for each in self.associations(context) if self.find(each.destination).kind.traced]

    def _graph(self, arn: str) -> _Graph:
        _, _, _, region, account, _ = arn.split(":", 5)
        return self._graphs.of(account, region)


def entity_arn(kind: EntityKind, account: str, region: str, name: str) -> str:
    """The ARN of an entity; an artifact's `name` is what `artifact_id` gives."""
    return f"arn:aws:sagemaker:{region}:{account}:{kind.arn}/{name}"


def artifact_id(source_uri: str, artifact_type: str, source_types: Iterable[dict[str, str]] = ()) -> str:
    """The last part of an artifact's ARN: the same source and type are the same artifact."""
    parts = [source_uri, artifact_type, *sorted(f"{each['SourceIdType']}={each['Value']}" for each in source_types)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _user(arn: str | None) -> dict[str, Any]:
    return {} if arn is None else {"IamIdentity": {"Arn": arn}}
