"""What a resource type is to the engine: its properties, and how it is made, changed and removed."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from attrs import define, field, frozen
from botocore.exceptions import ClientError

from local_aws.cloudformation.errors import OperationCancelledError, ReplacementNeededError, is_absent
from local_aws.cloudformation.resources.names import physical_name
from local_aws.gateway.context import DEFAULT_ACCOUNT
from local_aws.platform import Credentials, Platform


@frozen(kw_only=True)
class Schema:
    """The top-level properties of a resource type, as AWS publishes them, so far as the local AWS carries them out.

    Attributes:
        properties: the names that a template may set.
        required: those that it must set.
        create_only: those whose change needs a replacement.
        attributes: what Fn::GetAtt gives. None: any (custom resources).
        name: the property that names the resource, where a generated name takes its place.
    """

    properties: frozenset[str]
    required: frozenset[str] = frozenset()
    create_only: frozenset[str] = frozenset()
    attributes: frozenset[str] | None = frozenset()
    name: str | None = None

    @classmethod
    def of(
        cls,
        properties: str,
        *,
        required: str = "",
        create_only: str = "",
        attributes: str = "",
        name: str | None = None,
    ) -> "Schema":
        """A schema from lists of names separated by spaces."""
        return cls(
            properties=frozenset(properties.split()),
            required=frozenset(required.split()),
            create_only=frozenset(create_only.split()),
            attributes=frozenset(attributes.split()),
            name=name,
        )


def _ignore(physical_id: str) -> None:
    del physical_id


@define(kw_only=True, eq=False)
class ResourceScope:
    """One resource within one stack operation: who acts, where, and for whom.

    Attributes:
        physical_id: of the resource, once it exists.
        cancelled: set when the stack operation is given up.
        on_created: told the physical id as soon as the resource exists, so that a failure after it can be undone.
        kept: attributes that the service tells only once (a secret, a custom resource's data), kept with the resource.
        services: what some providers need of the engine (nested stacks, callbacks), by name.
    """

    platform: Platform
    credentials: Credentials
    region: str
    account: str = DEFAULT_ACCOUNT
    stack_id: str
    stack_name: str
    logical_id: str
    type: str
    physical_id: str | None = None
    cancelled: threading.Event = field(factory=threading.Event)
    on_created: Callable[[str], None] = _ignore
    kept: dict[str, Any] = field(factory=dict)
    services: Mapping[str, Any] = field(factory=dict)

    def client(self, service: str, region: str | None = None) -> Any:
        """A client with the stack's credentials."""
        return self.platform.client(service, region=region or self.region, credentials=self.credentials)

    def created(self, physical_id: str) -> str:
        """Says that the resource now exists; gives the id back."""
        if self.physical_id != physical_id:
            self.physical_id = physical_id
            self.on_created(physical_id)
        return physical_id

    def name(self, limit: int, *, lower: bool = False) -> str:
        """A generated name: stack, logical id and random letters."""
        return physical_name(self.stack_name, self.logical_id, limit=limit, lower=lower)

    def pause(self, seconds: float) -> None:
        """Waits between two looks at a resource that settles by itself.

        Raises:
            OperationCancelledError: the stack operation was given up meanwhile.
        """
        if self.cancelled.wait(seconds):
            verb = "creation" if self.physical_id is None else "operation"
            raise OperationCancelledError(f"Resource {verb} cancelled")

    def at_rest(self, describe: Callable[[], dict[str, Any]], member: str, *busy: str) -> dict[str, Any]:
        """What a resource is once nothing is under way with it.

        Args:
            describe: asks for it.
            member: of the answer: the status.
            busy: the statuses while something is under way.

        Raises:
            OperationCancelledError: the stack operation was given up meanwhile.
        """
        while True:
            found = describe()
            if found[member] not in busy:
                return found
            self.pause(0.1)

    def until_absent(self, describe: Callable[[], Any]) -> None:
        """Waits until a resource that is being deleted is gone.

        Args:
            describe: asks for it.

        Raises:
            OperationCancelledError: the stack operation was given up meanwhile.
        """
        while True:
            try:
                describe()
            except ClientError as error:
                if is_absent(error):
                    return
                raise
            self.pause(0.1)

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """An ARN in this account; `region` "" for global services."""
        return f"arn:aws:{service}:{self.region if region is None else region}:{self.account}:{resource}"


class Provider:
    """Makes, changes and removes the resources of one type. Has no state of its own.

    Attributes:
        type: such as ``AWS::S3::Bucket``.
        schema: its properties and attributes.
        capability: what a template with this type must acknowledge: None, or ``CAPABILITY_IAM`` (which becomes
            ``CAPABILITY_NAMED_IAM`` where the resource has a custom name).
        tags_as_map: whether the type's Tags are a map; else they are a list of Key and Value.
    """

    type: ClassVar[str]
    schema: ClassVar[Schema]
    capability: ClassVar[str | None] = None
    tags_as_map: ClassVar[bool] = False

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a resource's properties, before anything is made.

        Args:
            properties: resolved but for `Pending` values of resources that do not exist yet.
        """
        unknown = sorted(set(properties) - self.schema.properties)
        if unknown:
            yield f"Encountered unsupported propert{'y' if len(unknown) == 1 else 'ies'} {', '.join(unknown)}"
        for name in sorted(self.schema.required - set(properties)):
            yield f"Property {name} cannot be empty."

    def update_problems(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        """Why a change is not possible at all, before anything is touched."""
        del old, new
        yield from ()

    def has_attribute(self, name: str) -> bool:
        """Whether Fn::GetAtt knows the attribute."""
        return self.schema.attributes is None or name in self.schema.attributes

    def replaces(self, old: Mapping[str, Any], new: Mapping[str, Any], changed: Iterable[str]) -> bool:
        """Whether a change of these properties needs a new physical resource."""
        del old, new
        return not self.schema.create_only.isdisjoint(changed)

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the resource; gives what Ref gives, its physical id.

        Calls `ResourceScope.created` as soon as there is something to remove.
        """
        del scope, properties
        raise TypeError(f"{self.type} cannot be created")

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The values that Fn::GetAtt gives."""
        del scope, physical_id, properties
        return {}

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the resource in place; a new physical id where the type gives one (custom resources).

        Raises:
            ReplacementNeededError: it takes a new resource after all.
        """
        del scope, physical_id, old, new
        raise ReplacementNeededError

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the resource; an absent one raises the service's own error, which the engine takes for done."""


def changed_properties(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The names of the properties that differ."""
    return {name for name in {*old, *new} if not _same(old.get(name), new.get(name))}


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON values: 1 and true differ, unlike in Python."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def tags_of(properties: Mapping[str, Any]) -> dict[str, str]:
    """The Tags of a resource (a list of Key and Value, or a map) as a map."""
    own = properties.get("Tags") or []
    if isinstance(own, dict):
        return {key: str(value) for key, value in own.items()}
    return {tag["Key"]: str(tag.get("Value", "")) for tag in own}


def tag_list(tags: Mapping[str, str], *, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as a list of pairs, under the names that a service uses."""
    return [{key: name, value: text} for name, text in tags.items()]


def tag_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """What to set and which keys to remove to turn the Tags of old properties into those of new ones."""
    before, after = tags_of(old), tags_of(new)
    return (
        {name: text for name, text in after.items() if before.get(name) != text},
        [name for name in before if name not in after],
    )
