"""Makes, changes and removes one resource of a stack, with the events that AWS shows."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, evolve, field
from botocore.exceptions import ClientError

from local_aws.cloudformation.dynamic import resolve_secrets
from local_aws.cloudformation.errors import (
    OperationCancelledError,
    ReplacementNeededError,
    ResourceError,
    ValidationError,
    is_absent,
    reason_of,
)
from local_aws.cloudformation.resources.provider import Provider, ResourceScope, changed_properties
from local_aws.cloudformation.resources.registry import find_provider
from local_aws.cloudformation.stacks import Stack, StackResource
from local_aws.platform import Credentials, Platform

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


@define(eq=False)
class LiveValues:
    """Ref and Fn::GetAtt answered by the resources that a stack has."""

    stack: Stack

    def ref(self, logical_id: str) -> Any:
        """The physical id."""
        return self.stack.resources[logical_id].physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        """The attribute's value.

        Raises:
            ValidationError: the resource has no such attribute.
        """
        resource = self.stack.resources[logical_id]
        if name in resource.attributes:
            return resource.attributes[name]
        if resource.type.startswith("Custom::") or resource.type == "AWS::CloudFormation::CustomResource":
            raise ValidationError(
                f"CustomResource attribute error: Vendor response doesn't contain {name} attribute in object "
                f"{self.stack.stack_id}|{logical_id}"
            )
        raise ValidationError(f"Template error: resource {logical_id} has no value for the attribute {name}")


def _require(problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise ResourceError("; ".join(found))


@define(kw_only=True, eq=False)
class ResourceWorker:
    """Works on the resources of one stack in one operation.

    Args:
        platform: the local AWS.
        stack: whose resources they are.
        credentials: of the stack's role, or of who asked.
        services: what some providers need of the engine.
        cancelled: set when the operation is given up.
        stopping: set when the server ends: nothing is cleaned up any more.
    """

    platform: Platform
    stack: Stack
    credentials: Credentials
    services: Mapping[str, Any] = field(factory=dict)
    cancelled: threading.Event = field(factory=threading.Event)
    stopping: threading.Event = field(factory=threading.Event)

    def begin_clean_up(self) -> None:
        """Work that follows a failure or an end starts afresh, unless the server stops."""
        if self.stopping.is_set():
            raise OperationCancelledError("the local AWS stops")
        self.cancelled.clear()

    def client(self, service: str) -> Any:
        """A client in the stack's region with its credentials."""
        return self.platform.client(service, region=self.stack.region, credentials=self.credentials)

    def _scope(self, resource: StackResource, *, announce: str | None = None) -> ResourceScope:
        def on_created(physical_id: str) -> None:
            resource.physical_id = physical_id
            if announce is not None:
                self.stack.set_resource_status(resource, announce, "Resource creation Initiated")

        return ResourceScope(
            platform=self.platform,
            credentials=self.credentials,
            region=self.stack.region,
            account=self.stack.account,
            stack_id=self.stack.stack_id,
            stack_name=self.stack.name,
            logical_id=resource.logical_id,
            type=resource.type,
            physical_id=resource.physical_id or None,
            cancelled=self.cancelled,
            on_created=on_created,
            kept=resource.kept,
            services=self.services,
        )

    def _provider(self, resource: StackResource) -> Provider:
        provider = find_provider(resource.type)
        if provider is None:
            raise ResourceError(f"Unrecognized resource type {resource.type}")
        return provider

    def _make(self, resource: StackResource, status: str) -> None:
        provider = self._provider(resource)
        _require(provider.problems(resource.properties))
        properties = resolve_secrets(resource.properties, self.client)
        scope = self._scope(resource, announce=status)
        resource.physical_id = provider.create(scope, properties)
        resource.attributes = provider.attributes(scope, resource.physical_id, properties)

    def create(self, resource: StackResource) -> None:
        """Makes a resource; whatever happens, the record and the events say it."""
        self.stack.set_resource_status(resource, "CREATE_IN_PROGRESS")
        try:
            self._make(resource, "CREATE_IN_PROGRESS")
        except BaseException as error:
            self.stack.set_resource_status(resource, "CREATE_FAILED", reason_of(error))
            raise
        self.stack.set_resource_status(resource, "CREATE_COMPLETE")

    def update(self, resource: StackResource, properties: dict[str, Any]) -> StackResource | None:
        """Changes a resource in place, or makes another in its place.

        Args:
            resource: as it is. Its record takes the new properties.
            properties: resolved, as it should be.

        Returns:
            The record of the old physical resource where the new one took its place, else None.
        """
        provider = self._provider(resource)
        old = evolve(resource, kept=dict(resource.kept))
        changed = changed_properties(old.properties, properties)
        try:
            _require(provider.problems(properties))
            _require(provider.update_problems(old.properties, properties))
            if provider.replaces(old.properties, properties, changed):
                return self._replace(provider, resource, old, properties)
            resource.properties = properties
            self.stack.set_resource_status(resource, "UPDATE_IN_PROGRESS")
            before, after = (resolve_secrets(item, self.client) for item in (old.properties, properties))
            scope = self._scope(resource)
            try:
                physical_id = provider.update(scope, old.physical_id, before, after)
            except ReplacementNeededError:
                return self._replace(provider, resource, old, properties)
            replaced = physical_id is not None and physical_id != old.physical_id
            if replaced and physical_id is not None:
                resource.physical_id = physical_id
                self.stack.set_resource_status(resource, "UPDATE_IN_PROGRESS", REPLACING)
            resource.attributes = provider.attributes(scope, resource.physical_id, after)
        except BaseException as error:
            self.stack.set_resource_status(resource, "UPDATE_FAILED", reason_of(error))
            raise
        self.stack.set_resource_status(resource, "UPDATE_COMPLETE")
        return old if replaced else None

    def _replace(
        self, provider: Provider, resource: StackResource, old: StackResource, properties: dict[str, Any]
    ) -> StackResource | None:
        name = provider.schema.name
        if name is not None and name in properties and properties[name] == old.properties.get(name):
            raise ResourceError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {properties[name]} and update the stack again."
            )
        self.stack.set_resource_status(resource, "UPDATE_IN_PROGRESS", REPLACING)
        resource.properties, resource.kept, resource.attributes = properties, {}, {}
        resource.physical_id = ""
        self._make(resource, "UPDATE_IN_PROGRESS")
        self.stack.set_resource_status(resource, "UPDATE_COMPLETE")
        return old if old.physical_id != resource.physical_id else None

    def restore(self, resource: StackResource, old: StackResource) -> None:
        """Changes a resource in place back to what it was; raises where that fails."""
        provider = self._provider(resource)
        attempted = resource.properties
        resource.properties = old.properties
        self.stack.set_resource_status(resource, "UPDATE_IN_PROGRESS")
        try:
            before, after = (resolve_secrets(item, self.client) for item in (attempted, old.properties))
            scope = self._scope(resource)
            if changed_properties(attempted, old.properties):
                provider.update(scope, old.physical_id, before, after)
            resource.attributes = provider.attributes(scope, old.physical_id, after)
        except BaseException as error:
            resource.properties = attempted
            self.stack.set_resource_status(resource, "UPDATE_FAILED", reason_of(error))
            raise
        resource.definition, resource.dependencies = old.definition, old.dependencies
        self.stack.set_resource_status(resource, "UPDATE_COMPLETE")

    def delete(self, resource: StackResource) -> None:
        """Removes a resource; an absent one counts as removed."""
        if not resource.physical_id:
            self.stack.set_resource_status(resource, "DELETE_COMPLETE")
            return
        self.stack.set_resource_status(resource, "DELETE_IN_PROGRESS")
        try:
            provider = self._provider(resource)
            properties = resolve_secrets(resource.properties, self.client)
            provider.delete(self._scope(resource), resource.physical_id, properties)
        except ClientError as error:
            if not is_absent(error):
                self.stack.set_resource_status(resource, "DELETE_FAILED", reason_of(error))
                raise
        except BaseException as error:
            self.stack.set_resource_status(resource, "DELETE_FAILED", reason_of(error))
            raise
        self.stack.set_resource_status(resource, "DELETE_COMPLETE")
