"""What the resource types of EC2's networks share."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.resources.provider import Provider, ResourceScope, tag_changes, tag_list, tags_of
from local_aws.cloudformation.resources.shapes import request, shape_problems, without


def add_tags(scope: ResourceScope, physical_id: str, properties: Mapping[str, Any]) -> None:
    """Gives a resource its tags."""
    if tags := tag_list(tags_of(properties)):
        scope.client("ec2").create_tags(Resources=[physical_id], Tags=tags)


def change_tags(scope: ResourceScope, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Changes a resource's tags."""
    added, removed = tag_changes(old, new)
    client = scope.client("ec2")
    if removed:
        client.delete_tags(Resources=[physical_id], Tags=[{"Key": key} for key in removed])
    if added:
        client.create_tags(Resources=[physical_id], Tags=tag_list(added))


class NetworkProvider(Provider):
    """What the types share: one Create request, tags, and an id that EC2 gives.

    Attributes:
        operation: the Create operation, whose request the properties are.
        own_calls: properties that are not part of it.
    """

    operation: str
    own_calls: frozenset[str] = frozenset({"Tags"})

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: nested members and types that EC2 does not know."""
        yield from super().problems(properties)
        known = {name: value for name, value in properties.items() if name in self.schema.properties}
        yield from shape_problems("ec2", self.operation, without(known, *self.own_calls))

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties as the Create request."""
        return request("ec2", self.operation, without(properties, *self.own_calls))

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the tags."""
        change_tags(scope, physical_id, old, new)
        return None
