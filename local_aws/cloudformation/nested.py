"""Nested stacks: a resource of one stack that is a stack itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.stacks import Stack
from local_aws.cloudformation.template_source import template_body
from local_aws.platform import Credentials

if TYPE_CHECKING:
    from local_aws.cloudformation.resources.provider import ResourceScope
    from local_aws.cloudformation.service import StackService


@define(eq=False)
class NestedStacks:
    """Carries out the nested stacks of one stack, with its credentials, in the thread that asks.

    Args:
        service: where the stacks are kept.
        parent: the stack that has them.
        credentials: the parent's.
    """

    service: "StackService"
    parent: Stack
    credentials: Credentials

    def _evaluate(self, stack: Stack, properties: Mapping[str, Any], previous: Mapping[str, Any]) -> Any:
        s3 = self.service.platform.client("s3", region=self.parent.region, credentials=self.credentials)
        body = template_body({"TemplateURL": properties["TemplateURL"]}, s3)
        given = [
            {"ParameterKey": key, "ParameterValue": ",".join(value) if isinstance(value, list) else value}
            for key, value in (properties.get("Parameters") or {}).items()
        ]
        return self.service.evaluate(
            stack,
            self.credentials,
            body or "",
            given,
            previous=previous,
            tags={tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags") or []},
            notification_arns=properties.get("NotificationARNs", []),
        )

    def create(self, scope: "ResourceScope", name: str, properties: Mapping[str, Any]) -> str:
        """Makes a nested stack; gives its id.

        Raises:
            ResourceError: it failed; what it made is removed already.
        """
        state = self.service.states.of(self.parent.account, self.parent.region)
        stack = state.add(self.parent.account, self.parent.region, name)
        stack.parent_id = self.parent.stack_id
        stack.root_id = self.parent.root_id or self.parent.stack_id
        stack.role_arn, stack.capabilities = self.parent.role_arn, list(self.parent.capabilities)
        stack.timeout_minutes = int(properties["TimeoutInMinutes"]) if "TimeoutInMinutes" in properties else None
        try:
            evaluation = self._evaluate(stack, properties, {})
        except BaseException:
            state.stacks.pop(stack.stack_id)
            raise
        # told only now: command lines look at the events of every nested stack that they hear of
        scope.created(stack.stack_id)
        engine = self.service.engine(stack, self.credentials)
        # a nested failure is undone by the parent's rollback, which deletes the nested stack
        engine.create(evaluation, on_failure="DO_NOTHING", reason=None)
        self._require(stack, "CREATE_COMPLETE", "created")
        return stack.stack_id

    def update(self, stack_id: str, properties: Mapping[str, Any]) -> None:
        """Updates a nested stack.

        Raises:
            ResourceError: it failed, and is back where it was.
        """
        stack = self.find(stack_id)
        evaluation = self._evaluate(stack, properties, stack.parameters)
        self.service.engine(stack, self.credentials).update(evaluation, reason=None)
        self._require(stack, "UPDATE_COMPLETE", "updated")

    def delete(self, stack_id: str) -> None:
        """Removes a nested stack.

        Raises:
            ResourceError: something of it could not be removed.
        """
        state = self.service.states.of(self.parent.account, self.parent.region)
        stack = state.find_active(stack_id)
        if stack is None:
            return
        self.service.engine(stack, self.credentials).delete()
        self._require(stack, "DELETE_COMPLETE", "deleted")

    def find(self, stack_id: str) -> Stack:
        """A nested stack by its id."""
        return self.service.states.of(self.parent.account, self.parent.region).find(stack_id)

    def _require(self, stack: Stack, status: str, verb: str) -> None:
        if stack.status != status:
            raise ResourceError(
                f"Embedded stack {stack.stack_id} was not successfully {verb}: {stack.reason or stack.status}"
            )
