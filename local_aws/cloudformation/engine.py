"""Stack operations: create, update with cleanup, rollback, delete."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from attrs import define, evolve

from local_aws.cloudformation.errors import reason_of
from local_aws.cloudformation.evaluation import Evaluation
from local_aws.cloudformation.graph import reverse
from local_aws.cloudformation.parallel import run_graph
from local_aws.cloudformation.resource_work import LiveValues, ResourceWorker
from local_aws.cloudformation.resources.provider import changed_properties
from local_aws.cloudformation.rollback import Rollback
from local_aws.cloudformation.stacks import RegionState, Stack, StackResource, now
from local_aws.gateway.errors import AwsError

_RETAINED = {"Retain", "RetainExceptOnCreate"}
_DEAD = {"DELETE_COMPLETE", "DELETE_SKIPPED"}


@define(eq=False)
class StackEngine:
    """Carries out one operation on one stack, in the thread that calls it.

    Args:
        state: the region's stacks, for exports.
        stack: the stack.
        worker: makes its resources.
    """

    state: RegionState
    stack: Stack
    worker: ResourceWorker

    # creating

    def create(self, evaluation: Evaluation, *, on_failure: str, reason: str | None = "User Initiated") -> None:
        """Makes every resource of a new stack.

        Args:
            evaluation: what the stack should be.
            on_failure: ``ROLLBACK``, ``DELETE`` or ``DO_NOTHING``.
            reason: of the first event.
        """
        stack = self.stack
        self._take(evaluation)
        stack.set_status("CREATE_IN_PROGRESS", reason)
        deadline = None if stack.timeout_minutes is None else time.monotonic() + 60 * stack.timeout_minutes
        failure = self._deploy(evaluation, deadline)
        with stack.lock:
            if stack.delete_requested:
                return  # whoever asked has seen it in progress already
            if failure is None:
                stack.set_status("CREATE_COMPLETE")
                return
            if on_failure == "DO_NOTHING":
                stack.set_status("CREATE_FAILED", failure)
                return
            kind = "DELETE" if on_failure == "DELETE" else "ROLLBACK"
            stack.set_status(f"{kind}_IN_PROGRESS", f"{failure}{kind.capitalize()} requested by user.")
        self._delete_all(kind, creating=True)

    def roll_back_creation(self) -> None:
        """Removes what a failed creation left (``RollbackStack``)."""
        self.stack.set_status("ROLLBACK_IN_PROGRESS", "User Initiated")
        self._delete_all("ROLLBACK", creating=True)

    def _take(self, evaluation: Evaluation) -> None:
        stack = self.stack
        with stack.lock:
            stack.template, stack.description = evaluation.template, evaluation.template.description
            stack.parameters, stack.tags = evaluation.parameters, evaluation.tags

    def _deploy(
        self,
        evaluation: Evaluation,
        deadline: float | None,
        replaced: list[StackResource] | None = None,
    ) -> str | None:
        """Brings every resource to its wanted state; gives the failure as AWS words it, else None."""
        stack, cancelled = self.stack, self.worker.cancelled
        old_ones = [] if replaced is None else replaced
        failures = run_graph(
            evaluation.dependencies,
            lambda logical_id: self._apply(evaluation, logical_id, old_ones),
            cancelled=cancelled,
            deadline=deadline,
        )
        if failures:
            return self._failure_text(failures)
        if cancelled.is_set():
            late = deadline is not None and time.monotonic() >= deadline
            return "Stack creation time exceeded the specified timeout. " if late else "Operation cancelled. "
        try:
            outputs = list(evaluation.outputs(LiveValues(stack)))
            self._check_exports({item["ExportName"]: item["OutputValue"] for item in outputs if "ExportName" in item})
        except AwsError as error:
            return f"{error.message} "
        with stack.lock:
            stack.outputs = outputs
            stack.imports = frozenset(evaluation.imports)
        return None

    def _failure_text(self, failures: Collection[str]) -> str:
        text = ""
        for verb, status in (("create", "CREATE_FAILED"), ("update", "UPDATE_FAILED")):
            names = [name for name in failures if self.stack.resources[name].status == status]
            if names:
                text += f"The following resource(s) failed to {verb}: [{', '.join(names)}]. "
        return text

    def _check_exports(self, wanted: Mapping[str, str]) -> None:
        for name, value in self.stack.exports():
            users = [user for user in self.state.importers(name) if user != self.stack.name]
            if users and wanted.get(name) != value:
                verb = "updated" if name in wanted else "deleted"
                raise AwsError(
                    "ValidationError", f"Export {name} cannot be {verb} as it is in use by {', '.join(users)}"
                )

    def _apply(self, evaluation: Evaluation, logical_id: str, replaced: list[StackResource]) -> None:
        stack, definition = self.stack, evaluation.resources[logical_id]
        dependencies = evaluation.dependencies[logical_id]
        resource = stack.resources.get(logical_id)
        if resource is not None and resource.status in {"CREATE_FAILED", *_DEAD}:
            if resource.physical_id and resource.status == "CREATE_FAILED":
                replaced.append(resource)
            resource = None
        if resource is None:
            resource = StackResource(
                logical_id=logical_id, type=definition.type, definition=definition, dependencies=dependencies
            )
            with stack.lock:
                stack.resources[logical_id] = resource
            try:
                resource.properties = evaluation.properties(definition, LiveValues(stack))
            except AwsError as error:
                stack.set_resource_status(resource, "CREATE_FAILED", reason_of(error))
                raise
            self.worker.create(resource)
            return
        try:
            properties = evaluation.properties(definition, LiveValues(stack))
        except AwsError as error:
            stack.set_resource_status(resource, "UPDATE_FAILED", reason_of(error))
            raise
        if changed_properties(resource.properties, properties) or resource.status == "UPDATE_FAILED":
            old = self.worker.update(resource, properties)
            if old is not None:
                replaced.append(old)
        resource.definition, resource.dependencies = definition, dependencies

    # updating

    def update(
        self, evaluation: Evaluation, *, disable_rollback: bool = False, reason: str | None = "User Initiated"
    ) -> None:
        """Brings a stack to a new state; back to the old one where that fails.

        Args:
            evaluation: what the stack should be.
            disable_rollback: leave a failed update as it is, for a later attempt or ``RollbackStack``.
            reason: of the first event.
        """
        stack = self.stack
        rollback = stack.rollback or Rollback.of(stack)
        stack.rollback = rollback
        stack.updated = now()
        self._take(evaluation)
        stack.set_status("UPDATE_IN_PROGRESS", reason)
        replaced: list[StackResource] = []
        failure = self._deploy(evaluation, None, replaced)
        if failure is not None:
            if disable_rollback and not stack.cancel_requested:
                stack.set_status("UPDATE_FAILED", failure)
            else:
                self.roll_back(failure)
            return
        stack.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        with stack.lock:
            removed = [stack.resources.pop(name) for name in list(stack.resources) if name not in evaluation.resources]
        self._clean_up(
            [
                *((resource, resource.definition.deletion_policy) for resource in removed),
                *((old, old.definition.update_replace_policy) for old in replaced),
            ]
        )
        stack.rollback = None
        stack.set_status("UPDATE_COMPLETE")

    def _clean_up(self, leftovers: Iterable[tuple[StackResource, str]]) -> None:
        """Removes resources that a stack no longer needs; what cannot be removed is left, and the events say so."""
        self.worker.begin_clean_up()
        by_key: dict[str, tuple[StackResource, str]] = {}
        for resource, policy in leftovers:
            key = resource.logical_id if resource.logical_id not in by_key else f"{resource.logical_id} (2)"
            by_key[key] = (resource, policy)
        needs = {key: resource.dependencies for key, (resource, _) in by_key.items()}

        def remove(key: str) -> None:
            resource, policy = by_key[key]
            if policy in _RETAINED and resource.physical_id:
                self.stack.set_resource_status(resource, "DELETE_SKIPPED")
            else:
                self.worker.delete(resource)

        run_graph(reverse(needs), remove, cancelled=self.worker.cancelled, stop_on_failure=False)

    # rolling back

    def roll_back(self, failure: str | None, skip: Collection[str] = ()) -> None:
        """Takes a stack back to the state before its failed update.

        Args:
            failure: why, for the first event. Default: the user asked.
            skip: logical ids that are taken as restored (``ContinueUpdateRollback``).
        """
        stack = self.stack
        rollback = stack.rollback
        if rollback is None:
            raise AwsError("ValidationError", f"Stack {stack.name} has nothing to roll back to")
        self.worker.begin_clean_up()
        stack.set_status("UPDATE_ROLLBACK_IN_PROGRESS", failure or "User Initiated")
        leftovers: list[tuple[StackResource, str]] = []
        rollback_needs = {name: resource.dependencies for name, resource in rollback.resources.items()}

        def restore(logical_id: str) -> None:
            old, current = rollback.resources[logical_id], stack.resources.get(logical_id)
            if current is None or logical_id in skip:
                self._put_back(old)
            elif current.physical_id != old.physical_id:
                if current.physical_id:
                    leftovers.append((current, "Delete"))
                self._put_back(old)
            elif changed_properties(current.properties, old.properties) or current.status == "UPDATE_FAILED":
                self.worker.restore(current, old)
            else:
                current.definition, current.dependencies = old.definition, old.dependencies

        failures = run_graph(rollback_needs, restore, cancelled=self.worker.cancelled, stop_on_failure=False)
        if failures:
            stack.set_status(
                "UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{', '.join(failures)}]."
            )
            return
        stack.set_status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        with stack.lock:
            created = [stack.resources.pop(name) for name in list(stack.resources) if name not in rollback.resources]
        self._clean_up([*leftovers, *((resource, self._creation_policy(resource)) for resource in created)])
        with stack.lock:
            rollback.restore_settings(stack)
            stack.rollback = None
        stack.set_status("UPDATE_ROLLBACK_COMPLETE")

    def _put_back(self, old: StackResource) -> None:
        resource = evolve(old)
        with self.stack.lock:
            self.stack.resources[old.logical_id] = resource
        self.stack.set_resource_status(resource, "UPDATE_COMPLETE")

    def _creation_policy(self, resource: StackResource) -> str:
        """What becomes of a resource whose creation is rolled back."""
        policy = resource.definition.deletion_policy
        if policy == "RetainExceptOnCreate" or self.stack.retain_except_on_create:
            return "Delete"
        return policy

    # deleting

    def delete(self, *, retain: Collection[str] = (), force: bool = False) -> None:
        """Removes a stack.

        Args:
            retain: logical ids to leave behind.
            force: leave behind whatever cannot be removed.
        """
        stack = self.stack
        stack.set_status("DELETE_IN_PROGRESS", "User Initiated")
        for name, _ in stack.exports():
            users = [user for user in self.state.importers(name) if user != stack.name]
            if users:
                stack.set_status(
                    "DELETE_FAILED",
                    f"Delete canceled. Cannot delete export {name} as it is in use by {', '.join(users)}.",
                )
                return
        self._delete_all("DELETE", retain=retain, force=force)

    def _delete_all(
        self, kind: str, *, creating: bool = False, retain: Collection[str] = (), force: bool = False
    ) -> None:
        stack = self.stack
        self.worker.begin_clean_up()
        left = {name: item for name, item in stack.resources.items() if item.status not in _DEAD}
        needs = {name: resource.dependencies for name, resource in left.items()}

        def remove(logical_id: str) -> None:
            resource = left[logical_id]
            policy = self._creation_policy(resource) if creating else resource.definition.deletion_policy
            if creating and resource.status == "CREATE_FAILED":
                policy = "Delete"
            if logical_id in retain or (policy in _RETAINED and resource.physical_id):
                stack.set_resource_status(resource, "DELETE_SKIPPED")
                return
            try:
                self.worker.delete(resource)
            except Exception:
                if not force:
                    raise
                stack.set_resource_status(resource, "DELETE_SKIPPED", resource.reason)

        failures = run_graph(reverse(needs), remove, cancelled=self.worker.cancelled, stop_on_failure=False)
        if failures:
            names = ", ".join(failures)
            stack.set_status(f"{kind}_FAILED", f"The following resource(s) failed to delete: [{names}]. ")
            return
        with stack.lock:
            stack.outputs, stack.imports, stack.rollback = [], frozenset(), None
            if kind == "DELETE":
                stack.deleted = now()
        stack.set_status(f"{kind}_COMPLETE")


def run_safely(stack: Stack, work: Callable[[], Any], failed_status: str) -> None:
    """Runs an operation in the background; the stack settles whatever happens.

    Args:
        stack: the stack, whose `settled` is set at the end.
        work: the operation.
        failed_status: what the stack becomes where the local AWS itself fails.
    """
    try:
        work()
    except Exception as error:  # noqa: BLE001 - the stack says it; nobody waits for this thread
        stack.set_status(failed_status, reason_of(error))
    finally:
        stack.settled.set()
