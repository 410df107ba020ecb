"""Operations on change sets."""

from typing import Any

from attrs import define

from local_aws.cloudformation.change_sets import ChangeSet
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.service import StackService
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page

_PAGE = 100
_CONTEXTS = ("BeforeContext", "AfterContext")


def find_change_set(stacks: StackService, context: RequestContext, parameters: dict[str, Any]) -> ChangeSet:
    """The change set of a request: by its ARN, or by its name and its stack.

    Raises:
        AwsError: ``ChangeSetNotFound``; ValidationError: a name without a stack, or no such stack.
    """
    name, state = parameters["ChangeSetName"], stacks.states[context]
    if name.startswith("arn:"):
        found = [
            change_set
            for stack in state.all()
            for change_set in stack.change_sets.values()
            if change_set.change_set_id == name
        ]
        if found:
            return found[0]
        raise AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", status=404)
    if "StackName" not in parameters:
        raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
    stack = state.find(parameters["StackName"])
    if name not in stack.change_sets:
        raise AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", status=404)
    return stack.change_sets[name]


@define(eq=False)
class ChangeSetOperations(OperationGroup):
    """CreateChangeSet and what follows.

    Args:
        stacks: the service behind them.
    """

    service = "cloudformation"
    stacks: StackService

    @operation("CreateChangeSet")
    def create_change_set(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Works out what a template would change."""
        change_set = self.stacks.create_change_set(context, parameters)
        return {"Id": change_set.change_set_id, "StackId": change_set.stack.stack_id}

    @operation("DescribeChangeSet")
    def describe_change_set(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """A change set with a page of its changes."""
        change_set = find_change_set(self.stacks, context, parameters)
        found, token = page(change_set.changes, parameters.get("NextToken"), None, _PAGE, code="ValidationError")
        if not parameters.get("IncludePropertyValues"):
            found = [_without_values(change) for change in found]
        return {**change_set.describe(), "Changes": found, "NextToken": token}

    @operation("ExecuteChangeSet")
    def execute_change_set(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Carries a change set out; waits a moment for the end, since clients poll slowly."""
        change_set = find_change_set(self.stacks, context, parameters)
        self.stacks.execute_change_set(context, change_set, parameters)
        return {}

    @operation("DeleteChangeSet")
    def delete_change_set(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Removes a change set; one that is not there counts as removed."""
        try:
            change_set = find_change_set(self.stacks, context, parameters)
        except AwsError as error:
            if error.code != "ChangeSetNotFound":
                raise
            return {}
        with change_set.stack.lock:
            change_set.stack.change_sets.pop(change_set.name, None)
        return {}

    @operation("ListChangeSets")
    def list_change_sets(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """The change sets of a stack."""
        stack = self.stacks.states[context].find(parameters["StackName"])
        summaries = [change_set.summary() for change_set in stack.change_sets.values()]
        found, token = page(summaries, parameters.get("NextToken"), None, _PAGE, code="ValidationError")
        return {"Summaries": found, "NextToken": token}


def _without_values(change: dict[str, Any]) -> dict[str, Any]:
    resource = {key: value for key, value in change["ResourceChange"].items() if key not in _CONTEXTS}
    resource["Details"] = [
        {**detail, "Target": {key: value for key, value in detail["Target"].items() if not key.endswith("Value")}}
        for detail in resource["Details"]
    ]
    return {**change, "ResourceChange": resource}
