"""Operations on stacks."""

from typing import Any

from attrs import define

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.service import HOLD_SECONDS, StackService
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.pages import page

_PAGE = 100
_UNSUPPORTED = ("RollbackConfiguration", "ResourceTypes", "StackPolicyURL", "StackPolicyDuringUpdateURL")


def _refuse_unsupported(parameters: dict[str, Any]) -> None:
    for name in _UNSUPPORTED:
        if parameters.get(name):
            raise NotAvailableLocallyError(f"the parameter {name} of stack operations")


@define(eq=False)
class StackOperations(OperationGroup):
    """CreateStack, UpdateStack, DeleteStack and what reads and steers stacks.

    Args:
        stacks: the service behind them.
    """

    service = "cloudformation"
    stacks: StackService

    @operation("CreateStack")
    def create_stack(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Starts to make a stack."""
        _refuse_unsupported(parameters)
        return {"StackId": self.stacks.create_stack(context, parameters).stack_id}

    @operation("UpdateStack")
    def update_stack(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Starts to update a stack."""
        _refuse_unsupported(parameters)
        return {"StackId": self.stacks.update_stack(context, parameters).stack_id}

    @operation("DeleteStack")
    def delete_stack(self, context: RequestContext, parameters: dict[str, Any]) -> None:
        """Starts to remove a stack; waits a moment for its end, since clients poll slowly."""
        stack = self.stacks.delete_stack(context, parameters)
        if stack is not None:
            stack.settled.wait(HOLD_SECONDS)

    @operation("DescribeStacks")
    def describe_stacks(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """One stack (a deleted one by its id), or all that are not deleted."""
        state = self.stacks.states[context]
        name = parameters.get("StackName")
        if name is not None:
            return {"Stacks": [state.find(name).describe()]}
        active = [stack for stack in state.all() if stack.is_active]
        found, token = page(active, parameters.get("NextToken"), None, _PAGE, code="ValidationError")
        return {"Stacks": [stack.describe() for stack in found], "NextToken": token}

    @operation("ListStacks")
    def list_stacks(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Summaries of all stacks, deleted ones too."""
        wanted = parameters.get("StackStatusFilter")
        summaries = [stack.summary() for stack in self.stacks.states[context].all()]
        matching = [item for item in summaries if not wanted or item["StackStatus"] in wanted]
        found, token = page(matching, parameters.get("NextToken"), None, _PAGE, code="ValidationError")
        return {"StackSummaries": found, "NextToken": token}

    @operation("CancelUpdateStack")
    def cancel_update_stack(self, context: RequestContext, parameters: dict[str, Any]) -> None:
        """Gives up a running update; what it did is rolled back."""
        stack = self.stacks.states[context].find(parameters["StackName"])
        with stack.lock:
            if stack.status != "UPDATE_IN_PROGRESS":
                raise ValidationError(f"CancelUpdateStack cannot be called from current stack status: {stack.status}")
            stack.cancel_requested = True
            stack.cancel.set()

    @operation("ContinueUpdateRollback")
    def continue_update_rollback(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Tries a failed rollback again, some resources aside."""
        stack = self.stacks.states[context].find(parameters["StackName"])
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not continue rollback.")
        skip = parameters.get("ResourcesToSkip", [])
        unknown = [name for name in skip if name not in stack.resources]
        if unknown:
            raise ValidationError(f"ResourcesToSkip: [{', '.join(unknown)}] are not resources of the stack")
        self.stacks.roll_back(context, parameters["StackName"], parameters.get("RoleARN"), skip)
        return {}

    @operation("RollbackStack")
    def rollback_stack(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Takes a stack whose creation or update failed, and was left so, back."""
        stack = self.stacks.states[context].find(parameters["StackName"])
        if stack.status not in {"CREATE_FAILED", "UPDATE_FAILED"}:
            raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be rolled back.")
        self.stacks.roll_back(context, parameters["StackName"], parameters.get("RoleARN"), [])
        return {"StackId": stack.stack_id}

    @operation("UpdateTerminationProtection")
    def update_termination_protection(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Turns termination protection on or off."""
        stack = self.stacks.states[context].find(parameters["StackName"])
        if not stack.is_active:
            raise ValidationError(f"Stack [{stack.stack_id}] is deleted")
        stack.termination_protection = bool(parameters["EnableTerminationProtection"])
        return {"StackId": stack.stack_id}

    @operation("SetStackPolicy")
    def set_stack_policy(self, context: RequestContext, parameters: dict[str, Any]) -> None:
        """Refused: a policy that is kept but never asked would be worse than none."""
        del context, parameters
        raise NotAvailableLocallyError("stack policies")

    @operation("GetStackPolicy")
    def get_stack_policy(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """There is never a policy."""
        self.stacks.states[context].find(parameters["StackName"])
        return {}
