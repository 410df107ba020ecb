"""The stacks of the local AWS: what the operations of the API do."""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field
from botocore.exceptions import ClientError

from local_aws.cloudformation.callbacks import Callbacks
from local_aws.cloudformation.capabilities import check_capabilities
from local_aws.cloudformation.change_sets import NO_CHANGES, ChangeSet
from local_aws.cloudformation.changes import differs, plan
from local_aws.cloudformation.engine import StackEngine, run_safely
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.evaluation import Evaluation, Surroundings, evaluate
from local_aws.cloudformation.nested import NestedStacks
from local_aws.cloudformation.parameters import ParameterValue
from local_aws.cloudformation.resource_work import ResourceWorker
from local_aws.cloudformation.rollback import Rollback
from local_aws.cloudformation.stack_outputs import StackOutputs
from local_aws.cloudformation.stacks import RegionState, Stack
from local_aws.cloudformation.template_source import template_body
from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.platform import SERVICE_CREDENTIALS, Credentials, Platform

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}\Z")
UPDATABLE = {
    "CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
}  # fmt: skip
HOLD_SECONDS = 2.0
"""How long an answer waits for a stack to settle: clients look again only after five seconds."""


@define(eq=False)
class StackService:
    """Starts stack operations and keeps their records.

    Args:
        platform: the local AWS.
        callbacks: receives the answers of custom resources and wait conditions.
    """

    platform: Platform
    callbacks: Callbacks
    states: RegionalState[RegionState] = field(factory=lambda: RegionalState(RegionState))

    # who acts

    def caller(self, context: RequestContext) -> Credentials:
        """The caller's own session, as AWS forwards it; signatures are not verified, so the key is enough."""
        key = context.principal.access_key
        if key is not None:
            return Credentials(access_key_id=key, secret_access_key="forwarded", session_token=None)  # noqa: S106
        if context.principal.role_arn is not None:
            return self._assume(context.principal.role_arn)
        return SERVICE_CREDENTIALS

    def credentials(self, context: RequestContext, role_arn: str | None) -> Credentials:
        """Those with which a stack's resources are made: its role's, else the caller's.

        Raises:
            ValidationError: the role does not exist or does not trust CloudFormation.
        """
        return self.caller(context) if role_arn is None else self._assume(role_arn)

    def _assume(self, role_arn: str) -> Credentials:
        try:
            return self.platform.assume(
                role_arn, session="AWSCloudFormation", service_principal="cloudformation.amazonaws.com"
            )
        except ClientError as error:
            raise ValidationError(
                f"Role {role_arn} is invalid or cannot be assumed: {error.response['Error'].get('Message', '')}"
            ) from error

    # what a request means

    def body(self, context: RequestContext, parameters: dict[str, Any], stack: Stack | None = None) -> str:
        """The template's text of a request; with UsePreviousTemplate, the stack's.

        Raises:
            ValidationError: there is none, or it cannot be read.
        """
        if parameters.get("UsePreviousTemplate"):
            if stack is None or stack.template is None:
                raise ValidationError("UsePreviousTemplate: the stack has no template")
            return stack.template.body
        s3 = self.platform.client("s3", region=context.region, credentials=self.caller(context))
        body = template_body(parameters, s3)
        if body is None:
            raise ValidationError("Either Template URL or Template Body must be specified.")
        return body

    def evaluate(
        self,
        stack: Stack,
        credentials: Credentials,
        body: str,
        given: list[dict[str, Any]],
        *,
        previous: Mapping[str, ParameterValue],
        tags: Mapping[str, str],
        notification_arns: list[str],
    ) -> Evaluation:
        """A template with its parameters, checked.

        Raises:
            ValidationError: everything that is wrong with it.
        """
        state = self.states.of(stack.account, stack.region)
        pseudo = {
            "AWS::AccountId": stack.account,
            "AWS::NotificationARNs": notification_arns,
            "AWS::Partition": "aws",
            "AWS::Region": stack.region,
            "AWS::StackId": stack.stack_id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        surroundings = Surroundings(
            pseudo=pseudo,
            client_of=lambda service: self.platform.client(service, region=stack.region, credentials=credentials),
            exported=state.exported,
            stack_output=StackOutputs(platform=self.platform, region=stack.region, credentials=credentials).read,
            export_owner=state.export_owner,
        )
        return evaluate(body, given, previous=previous, tags=tags, surroundings=surroundings)

    def engine(self, stack: Stack, credentials: Credentials) -> StackEngine:
        """The engine for the next operation on a stack."""
        stack.cancel.clear()
        stack.cancel_requested = False
        services = {"callbacks": self.callbacks, "nested": NestedStacks(self, stack, credentials)}
        worker = ResourceWorker(
            platform=self.platform,
            stack=stack,
            credentials=credentials,
            services=services,
            cancelled=stack.cancel,
            stopping=self.callbacks.stopping,
        )
        return StackEngine(self.states.of(stack.account, stack.region), stack, worker)

    def _start(self, stack: Stack, work: Callable[[], None], failed_status: str) -> None:
        self.platform.workers.submit(run_safely, stack, work, failed_status)

    def claim(self, stack: Stack, allowed: set[str], status: str, verb: str) -> None:
        """Takes the stack for one operation, so that whoever asks from now on sees it in progress.

        Args:
            stack: the stack.
            allowed: the statuses from which the operation starts.
            status: the status while it goes on.
            verb: what the operation does, for the error.

        Raises:
            ValidationError: it is in a state that does not allow it, as where another operation runs.
        """
        while True:
            with stack.lock:
                if stack.status not in allowed:
                    raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be {verb}.")
                if stack.settled.is_set():
                    stack.settled.clear()
                    stack.status, stack.reason = status, None
                    return
            # the operation before has said its last status and is about to let go
            stack.settled.wait()

    # creating, updating, deleting

    def new_stack(self, context: RequestContext, name: str) -> Stack:
        """An empty stack under review.

        Raises:
            AwsError: ``AlreadyExistsException``; ValidationError: not a stack name.
        """
        if not _NAME.match(name):
            raise ValidationError(
                f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must "
                "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        state = self.states[context]
        if state.find_active(name) is not None:
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
        return state.add(context.account, context.region, name)

    def create_stack(self, context: RequestContext, parameters: dict[str, Any]) -> Stack:
        """CreateStack: checks everything, then works in the background."""
        body = self.body(context, parameters)
        credentials = self.credentials(context, parameters.get("RoleARN"))
        stack = self.new_stack(context, parameters["StackName"])
        try:
            evaluation = self.evaluate(
                stack,
                credentials,
                body,
                parameters.get("Parameters", []),
                previous={},
                tags=tags_of_request(parameters),
                notification_arns=parameters.get("NotificationARNs", []),
            )
            check_capabilities(evaluation, parameters.get("Capabilities", []))
        except BaseException:
            self.states[context].stacks.pop(stack.stack_id)
            raise
        disable_rollback = bool(parameters.get("DisableRollback"))
        settings = {
            "role_arn": parameters.get("RoleARN"),
            "disable_rollback": disable_rollback,
            "retain_except_on_create": bool(parameters.get("RetainExceptOnCreate")),
            "capabilities": list(parameters.get("Capabilities", [])),
            "notification_arns": list(parameters.get("NotificationARNs", [])),
            "timeout_minutes": parameters.get("TimeoutInMinutes"),
            "termination_protection": bool(parameters.get("EnableTerminationProtection")),
            "policy": parameters.get("StackPolicyBody"),
        }
        on_failure = parameters.get("OnFailure") or ("DO_NOTHING" if disable_rollback else "ROLLBACK")
        self.run_create(stack, credentials, evaluation, on_failure, settings)
        return stack

    def run_create(
        self,
        stack: Stack,
        credentials: Credentials,
        evaluation: Evaluation,
        on_failure: str,
        settings: Mapping[str, Any],
    ) -> None:
        """Starts the creation of a stack under review; the settings are attributes of the stack."""
        self.claim(stack, {"REVIEW_IN_PROGRESS"}, "CREATE_IN_PROGRESS", "created")
        engine = self.engine(stack, credentials)
        with stack.lock:
            for name, value in settings.items():
                setattr(stack, name, value)
        self._start(stack, lambda: engine.create(evaluation, on_failure=on_failure), "CREATE_FAILED")

    def update_stack(self, context: RequestContext, parameters: dict[str, Any]) -> Stack:
        """UpdateStack: checks everything, then works in the background."""
        stack = self.states[context].find(parameters["StackName"])
        role_arn = parameters.get("RoleARN") or stack.role_arn
        credentials = self.credentials(context, role_arn)
        evaluation = self.evaluate(
            stack,
            credentials,
            self.body(context, parameters, stack),
            parameters.get("Parameters", []),
            previous=stack.parameters,
            tags=tags_of_request(parameters) if "Tags" in parameters else stack.tags,
            notification_arns=parameters.get("NotificationARNs", stack.notification_arns),
        )
        check_capabilities(evaluation, parameters.get("Capabilities", []))
        check_updatable(stack)
        check_types(stack, evaluation)
        if not differs(stack, evaluation, plan(stack, evaluation)):
            raise ValidationError("No updates are to be performed.")
        settings = {
            "role_arn": role_arn,
            "disable_rollback": bool(parameters.get("DisableRollback")),
            "capabilities": list(parameters.get("Capabilities", [])),
            "notification_arns": list(parameters.get("NotificationARNs", stack.notification_arns)),
        }
        self.run_update(stack, credentials, evaluation, settings)
        return stack

    def run_update(
        self, stack: Stack, credentials: Credentials, evaluation: Evaluation, settings: Mapping[str, Any]
    ) -> None:
        """Starts an update; the settings are attributes of the stack, which a rollback takes back."""
        self.claim(stack, UPDATABLE, "UPDATE_IN_PROGRESS", "updated")
        engine = self.engine(stack, credentials)
        with stack.lock:
            stack.rollback = stack.rollback or Rollback.of(stack)
            for name, value in settings.items():
                setattr(stack, name, value)
        self._start(stack, lambda: engine.update(evaluation, disable_rollback=stack.disable_rollback), "UPDATE_FAILED")

    def delete_stack(self, context: RequestContext, parameters: dict[str, Any]) -> Stack | None:
        """DeleteStack; gives None where there is no such stack, which AWS takes for done."""
        state = self.states[context]
        stack = state.find_active(parameters["StackName"])
        if stack is None:
            return None
        if stack.termination_protection:
            raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        if stack.parent_id is not None:
            raise ValidationError(f"Stack [{stack.name}] is nested and is deleted with its parent {stack.parent_id}")
        retain = parameters.get("RetainResources", [])
        if retain and stack.status != "DELETE_FAILED":
            raise ValidationError(
                "Invalid operation on stack: RetainResources can be given only for a stack in DELETE_FAILED state"
            )
        role_arn = parameters.get("RoleARN") or stack.role_arn
        credentials = self.credentials(context, role_arn)
        force = parameters.get("DeletionMode") == "FORCE_DELETE_STACK"
        with stack.lock:
            status = stack.status
            creating = status == "CREATE_IN_PROGRESS"
            if status == "DELETE_IN_PROGRESS":
                return stack
            if creating:
                stack.delete_requested = stack.cancel_requested = True
                stack.status, stack.reason = "DELETE_IN_PROGRESS", None
                stack.cancel.set()
            elif status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
                raise ValidationError(f"Stack [{stack.stack_id}] cannot be deleted while in status {status}")
        if not creating:
            self.claim(stack, {status}, "DELETE_IN_PROGRESS", "deleted")

        def work() -> None:
            if creating:
                stack.settled.wait()
                stack.settled.clear()
            self.engine(stack, credentials).delete(retain=retain, force=force)

        self._start(stack, work, "DELETE_FAILED")
        return stack

    def roll_back(self, context: RequestContext, name: str, role_arn: str | None, skip: list[str]) -> Stack:
        """RollbackStack and ContinueUpdateRollback."""
        stack = self.states[context].find(name)
        credentials = self.credentials(context, role_arn or stack.role_arn)
        if stack.status == "CREATE_FAILED":
            self.claim(stack, {"CREATE_FAILED"}, "ROLLBACK_IN_PROGRESS", "rolled back")
            self._start(stack, self.engine(stack, credentials).roll_back_creation, "ROLLBACK_FAILED")
        else:
            self.claim(stack, {"UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"}, "UPDATE_ROLLBACK_IN_PROGRESS", "rolled back")
            engine = self.engine(stack, credentials)
            self._start(stack, lambda: engine.roll_back(None, skip), "UPDATE_ROLLBACK_FAILED")
        return stack

    # change sets

    def create_change_set(self, context: RequestContext, parameters: dict[str, Any]) -> ChangeSet:
        """CreateChangeSet: works the changes out before it answers."""
        kind = parameters.get("ChangeSetType", "UPDATE")
        if kind == "IMPORT" or parameters.get("ResourcesToImport"):
            raise NotAvailableLocallyError("change sets of type IMPORT")
        if parameters.get("DeploymentMode") or parameters.get("DeploymentConfig", {}).get("Mode") == "EXPRESS":
            raise NotAvailableLocallyError("change sets that revert drift, and the deployment mode EXPRESS")
        name, state = parameters["StackName"], self.states[context]
        existing = state.find_active(name)
        if kind == "CREATE" and existing is not None and existing.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                f"Stack [{existing.name}] already exists and cannot be created again with the changeSet "
                f"[{parameters['ChangeSetName']}]."
            )
        if kind == "UPDATE":
            if existing is None:
                raise ValidationError(f"Stack [{name}] does not exist")
            check_updatable(existing)
        if existing is not None and parameters["ChangeSetName"] in existing.change_sets:
            raise AwsError("AlreadyExistsException", f"ChangeSet {parameters['ChangeSetName']} already exists")
        body = self.body(context, parameters, existing)
        stack = existing or self.new_stack(context, name)
        try:
            change_set = self._plan_change_set(context, stack, kind, body, parameters)
        except BaseException:
            if existing is None:
                state.stacks.pop(stack.stack_id)
            raise
        with stack.lock:
            if existing is None:
                stack.set_status("REVIEW_IN_PROGRESS", "User Initiated")
                stack.change_set_id = change_set.change_set_id
            stack.change_sets[change_set.name] = change_set
        return change_set

    def _plan_change_set(
        self, context: RequestContext, stack: Stack, kind: str, body: str, parameters: dict[str, Any]
    ) -> ChangeSet:
        role_arn = parameters.get("RoleARN") or stack.role_arn
        notification_arns = parameters.get("NotificationARNs", stack.notification_arns)
        tags = tags_of_request(parameters) if "Tags" in parameters else stack.tags
        evaluation = self.evaluate(
            stack,
            self.credentials(context, role_arn),
            body,
            parameters.get("Parameters", []),
            previous=stack.parameters,
            tags=tags,
            notification_arns=notification_arns,
        )
        check_capabilities(evaluation, parameters.get("Capabilities", []))
        check_types(stack, evaluation)
        changes = plan(stack, evaluation)
        on_stack_failure = parameters.get("OnStackFailure")
        name = parameters["ChangeSetName"]
        change_set = ChangeSet(
            change_set_id=f"arn:aws:cloudformation:{stack.region}:{stack.account}:changeSet/{name}/{uuid.uuid4()}",
            name=name,
            stack=stack,
            kind=kind,
            body=body,
            parameters=evaluation.parameters,
            tags=tags,
            capabilities=list(parameters.get("Capabilities", [])),
            notification_arns=list(notification_arns),
            description=parameters.get("Description"),
            role_arn=role_arn,
            on_failure=on_stack_failure or "ROLLBACK",
            on_stack_failure=on_stack_failure,
            include_nested=bool(parameters.get("IncludeNestedStacks")),
            changes=changes,
        )
        if kind == "UPDATE" and not differs(stack, evaluation, changes):
            change_set.status, change_set.reason, change_set.execution_status = "FAILED", NO_CHANGES, "UNAVAILABLE"
        return change_set

    def execute_change_set(self, context: RequestContext, change_set: ChangeSet, parameters: dict[str, Any]) -> None:
        """ExecuteChangeSet; the stack's other change sets are void from then on."""
        if change_set.execution_status != "AVAILABLE":
            raise AwsError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current status of "
                f"[{change_set.status if change_set.status == 'FAILED' else change_set.execution_status}]",
            )
        stack = change_set.stack
        credentials = self.credentials(context, change_set.role_arn)
        evaluation = self.evaluate(
            stack,
            credentials,
            change_set.body,
            [{"ParameterKey": key, "ParameterValue": item.text} for key, item in change_set.parameters.items()],
            previous={},
            tags=change_set.tags,
            notification_arns=change_set.notification_arns,
        )
        on_failure = "DO_NOTHING" if parameters.get("DisableRollback") else change_set.on_failure
        settings = {
            "role_arn": change_set.role_arn,
            "disable_rollback": on_failure == "DO_NOTHING",
            "retain_except_on_create": bool(parameters.get("RetainExceptOnCreate")),
            "capabilities": change_set.capabilities,
            "notification_arns": change_set.notification_arns,
            "change_set_id": change_set.change_set_id,
            "change_sets": {change_set.name: change_set},
        }
        if change_set.kind == "CREATE":
            self.run_create(stack, credentials, evaluation, on_failure, settings)
        else:
            self.run_update(stack, credentials, evaluation, settings)
        change_set.execution_status = "EXECUTE_COMPLETE"
        stack.settled.wait(HOLD_SECONDS)


def tags_of_request(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The request's Tags as a map.

    Raises:
        ValidationError: a key of AWS's own.
    """
    tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
    reserved = [key for key in tags if key.lower().startswith("aws:")]
    if reserved:
        raise ValidationError(f"Tag keys must not start with aws:, got {', '.join(reserved)}")
    return tags


def check_updatable(stack: Stack) -> None:
    """Refuses an update of a stack whose state does not allow one.

    Raises:
        ValidationError: in AWS's words.
    """
    if stack.status not in UPDATABLE:
        raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")


def check_types(stack: Stack, evaluation: Evaluation) -> None:
    """Refuses a template that gives an existing resource another type.

    Raises:
        ValidationError: naming the resources.
    """
    changed = [
        name
        for name, definition in evaluation.resources.items()
        if name in stack.resources and stack.resources[name].type != definition.type
    ]
    if changed:
        raise ValidationError(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{', '.join(changed)}]"
        )
