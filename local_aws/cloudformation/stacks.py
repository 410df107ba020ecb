"""Stacks as records: resources, events, outputs, exports, and the state of one region."""

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import define, field

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.parameters import ParameterValue
from local_aws.cloudformation.template import ResourceDefinition, Template

if TYPE_CHECKING:
    from local_aws.cloudformation.change_sets import ChangeSet
    from local_aws.cloudformation.rollback import Rollback

STACK_TYPE = "AWS::CloudFormation::Stack"


def now() -> datetime:
    """The time of an event."""
    return datetime.now(UTC)


@define(kw_only=True, eq=False)
class StackResource:
    """A resource that a stack has, or had while an operation runs.

    Attributes:
        physical_id: empty until it exists.
        properties: resolved; references to secrets stay references.
        attributes: what Fn::GetAtt gives.
        kept: what the provider keeps with it.
        dependencies: logical ids that it needs.
    """

    logical_id: str
    type: str
    definition: ResourceDefinition
    dependencies: frozenset[str] = frozenset()
    physical_id: str = ""
    status: str = ""
    reason: str | None = None
    updated: datetime = field(factory=now)
    properties: dict[str, Any] = field(factory=dict)
    attributes: dict[str, Any] = field(factory=dict)
    kept: dict[str, Any] = field(factory=dict)


@define(kw_only=True, eq=False)
class Stack:
    """One stack, alive or deleted.

    Attributes:
        resources: by logical id.
        events: oldest first.
        imports: names of the exports that it reads.
        lock: guards status and records; never held across a call to a service.
        settled: set while no operation runs.
        cancel: set when the running operation starts nothing more: something failed, or somebody asked.
        cancel_requested: whether somebody asked (``CancelUpdateStack``).
        delete_requested: whether the stack is to be deleted while it is still created.
        rollback: what it takes to go back to the last good state, after a failed update that was not rolled back.
    """

    stack_id: str
    name: str
    account: str
    region: str
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    created: datetime = field(factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    template: Template | None = None
    description: str | None = None
    parameters: Mapping[str, ParameterValue] = field(factory=dict)
    tags: Mapping[str, str] = field(factory=dict)
    capabilities: list[str] = field(factory=list)
    role_arn: str | None = None
    notification_arns: list[str] = field(factory=list)
    termination_protection: bool = False
    disable_rollback: bool = False
    retain_except_on_create: bool = False
    timeout_minutes: int | None = None
    policy: str | None = None
    parent_id: str | None = None
    root_id: str | None = None
    change_set_id: str | None = None
    outputs: list[dict[str, Any]] = field(factory=list)
    resources: dict[str, StackResource] = field(factory=dict)
    events: list[dict[str, Any]] = field(factory=list)
    change_sets: "dict[str, ChangeSet]" = field(factory=dict)
    imports: frozenset[str] = frozenset()
    lock: threading.RLock = field(factory=threading.RLock)
    settled: threading.Event = field(factory=threading.Event)
    cancel: threading.Event = field(factory=threading.Event)
    cancel_requested: bool = False
    delete_requested: bool = False
    rollback: "Rollback | None" = None

    def __attrs_post_init__(self) -> None:
        self.settled.set()

    def set_status(self, status: str, reason: str | None = None) -> None:
        """Moves the stack to a status, with the event that says so."""
        with self.lock:
            self.status, self.reason = status, reason
            self._add_event(
                logical_id=self.name,
                physical_id=self.stack_id,
                kind=STACK_TYPE,
                event_id=str(uuid.uuid4()),
                status=status,
                reason=reason,
            )

    def set_resource_status(
        self, resource: StackResource, status: str, reason: str | None = None, *, physical_id: str | None = None
    ) -> None:
        """Moves a resource to a status, with the event that says so.

        Args:
            resource: the resource.
            status: the new status.
            reason: why.
            physical_id: the id that the event shows. Default: the resource's.
        """
        with self.lock:
            resource.status, resource.reason, resource.updated = status, reason, now()
            self._add_event(
                logical_id=resource.logical_id,
                physical_id=resource.physical_id if physical_id is None else physical_id,
                kind=resource.type,
                event_id=f"{resource.logical_id}-{uuid.uuid4()}",
                status=status,
                reason=reason,
                properties=resource.properties,
            )

    def _add_event(
        self,
        *,
        logical_id: str,
        physical_id: str,
        kind: str,
        event_id: str,
        status: str,
        reason: str | None,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        # clients sort by milliseconds: no two events of a stack share one
        time = now()
        time = time.replace(microsecond=time.microsecond // 1000 * 1000)
        if self.events and time <= self.events[-1]["Timestamp"]:
            time = self.events[-1]["Timestamp"] + timedelta(milliseconds=1)
        event = {
            "StackId": self.stack_id,
            "EventId": event_id,
            "StackName": self.name,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "Timestamp": time,
            "ResourceStatus": status,
        }
        if reason is not None:
            event["ResourceStatusReason"] = reason
        if properties is not None:
            event["ResourceProperties"] = json.dumps(properties, default=str)
        self.events.append(event)

    @property
    def is_active(self) -> bool:
        """Whether the stack is not deleted."""
        return self.status != "DELETE_COMPLETE"

    def exports(self) -> Iterator[tuple[str, str]]:
        """Name and value of each export."""
        for output in self.outputs:
            if "ExportName" in output:
                yield output["ExportName"], output["OutputValue"]

    def describe(self) -> dict[str, Any]:
        """As DescribeStacks shows it."""
        with self.lock:
            optional = {
                "ChangeSetId": self.change_set_id,
                "Description": self.description,
                "LastUpdatedTime": self.updated,
                "DeletionTime": self.deleted,
                "StackStatusReason": self.reason,
                "RoleARN": self.role_arn,
                "TimeoutInMinutes": self.timeout_minutes,
                "ParentId": self.parent_id,
                "RootId": self.root_id,
            }
            return {
                "StackId": self.stack_id,
                "StackName": self.name,
                "CreationTime": self.created,
                "StackStatus": self.status,
                "Parameters": [parameter.answer() for parameter in self.parameters.values()],
                "Outputs": [dict(output) for output in self.outputs],
                "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
                "Capabilities": list(self.capabilities),
                "NotificationARNs": list(self.notification_arns),
                "EnableTerminationProtection": self.termination_protection,
                "DisableRollback": self.disable_rollback,
                "RetainExceptOnCreate": self.retain_except_on_create,
                "RollbackConfiguration": {},
                "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
                **{key: value for key, value in optional.items() if value is not None},
            }

    def summary(self) -> dict[str, Any]:
        """As ListStacks shows it."""
        described = self.describe()
        names = (
            "StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus",
            "StackStatusReason", "ParentId", "RootId", "DriftInformation",
        )  # fmt: skip
        summary = {name: described[name] for name in names if name in described}
        if self.description is not None:
            summary["TemplateDescription"] = self.description
        return summary


@define(eq=False)
class RegionState:
    """The stacks of one account and region."""

    stacks: dict[str, Stack] = field(factory=dict)
    _lock: threading.RLock = field(factory=threading.RLock)

    def add(self, account: str, region: str, name: str) -> Stack:
        """A new stack; the name must be free.

        Raises:
            ValidationError: there is an active stack of that name (``AlreadyExistsException`` is the caller's word).
        """
        with self._lock:
            if self.find_active(name) is not None:
                raise ValidationError(f"Stack [{name}] already exists")
            stack_id = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid.uuid4()}"
            stack = Stack(stack_id=stack_id, name=name, account=account, region=region)
            self.stacks[stack_id] = stack
            return stack

    def find_active(self, name: str) -> Stack | None:
        """The stack of that name or id that is not deleted."""
        with self._lock:
            by_id = self.stacks.get(name)
            if by_id is not None:
                return by_id if by_id.is_active else None
            return next((stack for stack in self.stacks.values() if stack.name == name and stack.is_active), None)

    def find(self, name: str) -> Stack:
        """A stack by name (active ones) or by id (deleted ones too).

        Raises:
            ValidationError: there is none.
        """
        with self._lock:
            found = self.stacks.get(name) or self.find_active(name)
        if found is None:
            raise ValidationError(f"Stack with id {name} does not exist")
        return found

    def all(self) -> list[Stack]:
        """Every stack, deleted ones too, newest first."""
        with self._lock:
            return list(reversed(self.stacks.values()))

    def exported(self, name: str) -> str:
        """An export's value.

        Raises:
            ValidationError: no active stack exports that name.
        """
        owner = self.export_owner(name)
        if owner is None:
            raise ValidationError(f"No export named {name} found.")
        return dict(self.stacks[owner].exports())[name]

    def export_owner(self, name: str) -> str | None:
        """The id of the stack that has this export."""
        for stack in self.all():
            if stack.is_active and any(export == name for export, _ in stack.exports()):
                return stack.stack_id
        return None

    def importers(self, name: str) -> list[str]:
        """The names of the active stacks that import an export."""
        return [stack.name for stack in self.all() if stack.is_active and name in stack.imports]
