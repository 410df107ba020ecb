"""Operations that read a stack's resources, events, exports and imports."""

import json
from typing import Any

from attrs import define

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.service import StackService
from local_aws.cloudformation.stacks import Stack, StackResource
from local_aws.gateway.context import RequestContext
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page

_PAGE = 100


def _summary(resource: StackResource) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "LogicalResourceId": resource.logical_id,
        "ResourceType": resource.type,
        "ResourceStatus": resource.status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
    if resource.physical_id:
        summary["PhysicalResourceId"] = resource.physical_id
    if resource.reason is not None:
        summary["ResourceStatusReason"] = resource.reason
    return summary


@define(eq=False)
class StackResourceOperations(OperationGroup):
    """What a stack consists of, and what happened to it.

    Args:
        stacks: the service behind them.
    """

    service = "cloudformation"
    stacks: StackService

    def _resources(self, stack: Stack) -> list[StackResource]:
        with stack.lock:
            return list(stack.resources.values())

    @operation("DescribeStackResources")
    def describe_stack_resources(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """The resources of a stack, or of the stack that has a physical resource."""
        state, physical_id = self.stacks.states[context], parameters.get("PhysicalResourceId")
        if "StackName" in parameters:
            stack = state.find(parameters["StackName"])
        elif physical_id is not None:
            owners = [
                item
                for item in state.all()
                if item.is_active and any(resource.physical_id == physical_id for resource in self._resources(item))
            ]
            if not owners:
                raise ValidationError(f"Stack for {physical_id} does not exist")
            stack = owners[0]
        else:
            raise ValidationError("Either StackName or PhysicalResourceId must be given")
        logical_id = parameters.get("LogicalResourceId")
        found = [
            {
                **_summary(resource),
                "StackName": stack.name,
                "StackId": stack.stack_id,
                "Timestamp": resource.updated,
            }
            for resource in self._resources(stack)
            if logical_id in {None, resource.logical_id}
        ]
        return {"StackResources": found}

    @operation("DescribeStackResource")
    def describe_stack_resource(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """One resource."""
        stack = self.stacks.states[context].find(parameters["StackName"])
        logical_id = parameters["LogicalResourceId"]
        resource = stack.resources.get(logical_id)
        if resource is None:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {stack.name}")
        detail = {
            **_summary(resource),
            "StackName": stack.name,
            "StackId": stack.stack_id,
            "LastUpdatedTimestamp": resource.updated,
            "Metadata": _metadata(resource),
        }
        return {"StackResourceDetail": {key: value for key, value in detail.items() if value is not None}}

    @operation("ListStackResources")
    def list_stack_resources(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Summaries of a stack's resources."""
        stack = self.stacks.states[context].find(parameters["StackName"])
        summaries = [
            {**_summary(resource), "LastUpdatedTimestamp": resource.updated} for resource in self._resources(stack)
        ]
        found, token = page(summaries, parameters.get("NextToken"), None, _PAGE, code="ValidationError")
        return {"StackResourceSummaries": found, "NextToken": token}

    @operation("DescribeStackEvents")
    def describe_stack_events(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """What happened, newest first."""
        if "StackName" not in parameters:
            raise ValidationError("StackName must be given")
        stack = self.stacks.states[context].find(parameters["StackName"])
        with stack.lock:
            events = list(reversed(stack.events))
        # the marker counts from the oldest event, so that new ones do not shift the pages
        token = parameters.get("NextToken")
        end = int(token) if token and token.isdigit() else len(events)
        start = max(0, end - _PAGE)
        found = events[len(events) - end : len(events) - start]
        return {"StackEvents": found, "NextToken": str(start) if start else None}

    @operation("ListExports")
    def list_exports(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """The exports of the region."""
        exports = [
            {"ExportingStackId": stack.stack_id, "Name": name, "Value": value}
            for stack in self.stacks.states[context].all()
            if stack.is_active
            for name, value in stack.exports()
        ]
        exports.sort(key=lambda item: item["Name"])
        found, token = page(exports, parameters.get("NextToken"), None, _PAGE, code="ValidationError")
        return {"Exports": found, "NextToken": token}

    @operation("ListImports")
    def list_imports(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """The stacks that use an export."""
        state, name = self.stacks.states[context], parameters["ExportName"]
        state.exported(name)
        importers = state.importers(name)
        if not importers:
            raise ValidationError(f"Export '{name}' is not imported by any stack.")
        found, token = page(importers, parameters.get("NextToken"), None, _PAGE, code="ValidationError")
        return {"Imports": found, "NextToken": token}

    @operation("SignalResource")
    def signal_resource(self, context: RequestContext, parameters: dict[str, Any]) -> None:
        """Signals a wait condition's handle, as a PUT on its URL does."""
        stack = self.stacks.states[context].find(parameters["StackName"])
        resource = stack.resources.get(parameters["LogicalResourceId"])
        callback = None if resource is None else self.stacks.callbacks.find(resource.physical_id)
        if callback is None:
            raise ValidationError(
                f"Resource {parameters['LogicalResourceId']} of stack {stack.name} does not wait for signals"
            )
        callback.add({"Status": parameters["Status"], "UniqueId": parameters["UniqueId"], "Data": "", "Reason": ""})


def _metadata(resource: StackResource) -> str | None:

    return None if resource.definition.metadata is None else json.dumps(resource.definition.metadata)
