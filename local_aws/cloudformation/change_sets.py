"""Change sets as records."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define, field

from local_aws.cloudformation.parameters import ParameterValue
from local_aws.cloudformation.stacks import Stack, now

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


@define(kw_only=True, eq=False)
class ChangeSet:
    """A prepared operation on a stack.

    Attributes:
        kind: CREATE or UPDATE.
        status: CREATE_COMPLETE, or FAILED with its reason.
        execution_status: AVAILABLE, UNAVAILABLE, EXECUTE_IN_PROGRESS, EXECUTE_COMPLETE, EXECUTE_FAILED.
        body: the template's text.
        on_failure: what happens where the execution fails: ROLLBACK, DELETE or DO_NOTHING.
    """

    change_set_id: str
    name: str
    stack: Stack
    kind: str
    body: str
    parameters: Mapping[str, ParameterValue]
    tags: Mapping[str, str]
    capabilities: list[str]
    notification_arns: list[str]
    description: str | None = None
    role_arn: str | None = None
    on_failure: str = "ROLLBACK"
    on_stack_failure: str | None = None
    include_nested: bool = False
    changes: list[dict[str, Any]] = field(factory=list)
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    execution_status: str = "AVAILABLE"
    created: datetime = field(factory=now)

    def summary(self) -> dict[str, Any]:
        """As ListChangeSets shows it."""
        optional = {
            "StatusReason": self.reason,
            "Description": self.description,
        }
        return {
            "StackId": self.stack.stack_id,
            "StackName": self.stack.name,
            "ChangeSetId": self.change_set_id,
            "ChangeSetName": self.name,
            "ExecutionStatus": self.execution_status,
            "Status": self.status,
            "CreationTime": self.created,
            "IncludeNestedStacks": self.include_nested,
            "ImportExistingResources": False,
            **{key: value for key, value in optional.items() if value is not None},
        }

    def describe(self) -> dict[str, Any]:
        """As DescribeChangeSet shows it, but for the changes."""
        described = {
            **self.summary(),
            "Parameters": [parameter.answer() for parameter in self.parameters.values()],
            "NotificationARNs": self.notification_arns,
            "RollbackConfiguration": {},
            "Capabilities": self.capabilities,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
        }
        if self.on_stack_failure is not None:
            described["OnStackFailure"] = self.on_stack_failure
        return described
