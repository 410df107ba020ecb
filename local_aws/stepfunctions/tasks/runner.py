"""The work of Task states."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define, frozen

from local_aws.gateway.errors import AwsError
from local_aws.stepfunctions.language import definition as d
from local_aws.stepfunctions.language.documents import Environment, is_too_large, to_json
from local_aws.stepfunctions.language.errors import DATA_LIMIT_EXCEEDED, TIMEOUT, StatesError, runtime_error
from local_aws.stepfunctions.language.resources import Resource
from local_aws.stepfunctions.running.clock import Clock
from local_aws.stepfunctions.running.executions import Branch, Execution
from local_aws.stepfunctions.tasks.activities import Activities, ActivityWork
from local_aws.stepfunctions.tasks.aws_calls import AwsCalls, Dialect
from local_aws.stepfunctions.tasks.events import TaskHistory
from local_aws.stepfunctions.tasks.integrations import ELSEWHERE, Integration, integration_of
from local_aws.stepfunctions.tasks.lambda_calls import function_result, invocation
from local_aws.stepfunctions.tasks.roles import RoleUse
from local_aws.stepfunctions.tasks.sdk_names import botocore_service, operation_name, service_model
from local_aws.stepfunctions.tasks.sync_jobs import SyncJobs
from local_aws.stepfunctions.tasks.tokens import Pending, TaskTokens
from local_aws.stepfunctions.tasks.wire_shapes import to_request

Blocking = Callable[[Callable[[], Any]], "asyncio.Future[Any]"]


@frozen(kw_only=True)
class Work:
    """One attempt of a Task state.

    Attributes:
        resource: what is called.
        arguments: what it is given.
        role: whose rights it has.
        region: where.
        history: records its events.
        pending: the token it waits for; None where it waits for none.
        started_by: the state machine's and the execution's ARN.
    """

    resource: Resource
    arguments: Any
    role: RoleUse
    region: str
    history: TaskHistory
    pending: Pending | None
    started_by: tuple[str, str]


@define(eq=False, kw_only=True)
class TaskRunner:
    """Carries out Task states.

    Args:
        calls: to AWS services.
        blocking: runs a function in a worker thread.
        tokens: of callbacks and activities.
        activities: by account and region.
        jobs: waits for started jobs.
        clock: time.
    """

    calls: AwsCalls
    blocking: Blocking
    tokens: TaskTokens
    activities: Callable[[str, str], Activities]
    jobs: SyncJobs
    clock: Clock

    async def run(self, execution: Execution, branch: Branch, state: d.TaskState, environment: Environment) -> Any:
        """Does the work of a Task state once; gives the result.

        Raises:
            StatesError: it failed.
        """
        resource = state.resource
        timeout = None if state.timeout is None else state.timeout(environment)
        heartbeat = None if state.heartbeat is None else state.heartbeat(environment)
        token = None
        if resource.waits_for_token:
            token = self.tokens.new()
            environment.context["Task"] = {"Token": token}
        elif resource.kind == "activity":
            token = self.tokens.new()
        arguments = state.flow.arguments(environment)
        role = self._role(execution, state, environment)
        history = TaskHistory(
            history=execution.history, branch=branch, resource=resource, region=execution.revision.region
        )
        pending = None if token is None else self.tokens.wait_for(token)
        work = Work(
            resource=resource,
            arguments=arguments,
            role=role,
            region=execution.revision.region,
            history=history,
            pending=pending,
            started_by=(execution.revision.arn, execution.arn),
        )
        try:
            do = self._prepared(work)
            history.scheduled(to_json(arguments), timeout, heartbeat, role.task)
            if pending is not None and resource.kind != "activity":
                pending.expect_heartbeats(heartbeat)
            try:
                result = await self._within(timeout, do(heartbeat))
                text = to_json(result)
                if is_too_large(text):
                    raise _too_large(resource)
            except StatesError as error:
                history.failed(error)
                raise
            history.succeeded(text)
            return result
        finally:
            if pending is not None:
                self.tokens.forget(pending)

    def _role(self, execution: Execution, state: d.TaskState, environment: Environment) -> RoleUse:
        if state.credentials is None:
            return RoleUse(execution=execution.revision.role_arn, region=execution.revision.region)
        credentials = state.credentials(environment)
        role = credentials.get("RoleArn") if isinstance(credentials, dict) else None
        if not isinstance(role, str):
            raise runtime_error(
                f"The Credentials field must have a RoleArn that is a string, got {to_json(credentials)}"
            )
        return RoleUse(execution=execution.revision.role_arn, region=execution.revision.region, task=role)

    def _prepared(self, work: Work) -> Callable[[float | None], Coroutine[Any, Any, Any]]:
        """What is to be done, once the arguments are known to be right.

        Raises:
            StatesError: ``States.Runtime``: the task cannot be started with them.
        """
        resource = work.resource
        if resource.kind == "lambda":
            return lambda _heartbeat: self._function(work)
        if resource.kind == "activity":
            return lambda heartbeat: self._activity(work, heartbeat)
        row = integration_of(resource) if resource.kind == "optimized" else None
        if row is None and resource.kind == "optimized":
            return lambda _heartbeat: _elsewhere(resource)
        if resource.kind == "sdk":
            service = botocore_service(resource.service) or ""
            operation = service_model(service).operation_model(
                operation_name(service_model(service), resource.action) or ""
            )
            json_members: frozenset[str] = frozenset()
        else:
            service, json_members = (row.client, row.json_members) if row else ("", frozenset())
            operation = service_model(service).operation_model(row.operation if row else "")
        arguments = work.arguments
        if row is not None and service == "lambda":
            request, problems = invocation(operation, arguments)
        else:
            request, problems = to_request(operation.input_shape, arguments, json_members=json_members)
        if problems:
            raise runtime_error(
                f"The Parameters '{to_json(arguments)}' could not be used to start the Task: [{', '.join(problems)}]"
            )
        if row is not None and service == "events":
            _add_origin(request, work.started_by)
        if service == "sagemaker" and resource.waits_for_job:
            request["Tags"] = [*request.get("Tags", ()), *_job_tags(work.started_by[1])]
        return lambda _heartbeat: self._call(work, row, service, operation, request)

    async def _call(
        self, work: Work, row: Integration | None, service: str, operation: Any, request: dict[str, Any]
    ) -> Any:
        work.history.started()
        dialect = Dialect(optimized=row)

        def call() -> Any:
            return self.calls.call(
                service, operation.name, request, role=work.role, region=work.region, dialect=dialect
            )

        if row is not None and row.sync is not None and work.resource.waits_for_job:
            return await self.jobs.run(work, row, request, call)
        answer = await self.blocking(call)
        if service == "lambda" and row is not None:
            result = await self.blocking(lambda: function_result(answer))
        else:
            result = dialect.result(operation, answer, metadata=True)
        if row is not None and service == "events" and result.get("FailedEntryCount"):
            raise StatesError("EventBridge.FailedEntry", to_json(result))
        if work.pending is None:
            return result
        work.history.submitted(to_json(result))
        return await work.pending.answer

    async def _function(self, work: Work) -> Any:
        work.history.started()
        row = integration_of(Resource(arn="", kind="optimized", service="lambda", action="invoke"))
        request = {"FunctionName": work.resource.arn, "Payload": to_json(work.arguments).encode()}
        answer = await self.blocking(
            lambda: self.calls.call(
                "lambda",
                "Invoke",
                request,
                role=work.role,
                region=work.resource.arn.split(":")[3],
                dialect=Dialect(optimized=row),
            )
        )
        result = await self.blocking(lambda: function_result(answer))
        return result["Payload"]

    async def _activity(self, work: Work, heartbeat: float | None) -> Any:
        pending = work.pending
        if pending is None:
            raise runtime_error("an activity needs a token")
        arn = work.resource.arn
        loop = asyncio.get_running_loop()

        def start(worker: str | None) -> None:
            if not pending.answer.done():
                work.history.started(worker)
                pending.expect_heartbeats(heartbeat)

        def taken(worker: str | None) -> bool:
            if pending.answer.done() or loop.is_closed():
                return False
            loop.call_soon_threadsafe(start, worker)
            return True

        activity = ActivityWork(token=pending.token, input=to_json(work.arguments), taken=taken)
        account, region = arn.split(":")[4], arn.split(":")[3]
        activities = self.activities(account, region)
        try:
            activities.schedule(arn, activity)
        except AwsError as error:
            raise StatesError(f"ActivityScheduleFailed.{error.code}", error.message) from None
        try:
            return await pending.answer
        finally:
            activities.withdraw(arn, activity)

    async def _within(self, seconds: float | None, work: Coroutine[Any, Any, Any]) -> Any:
        """Awaits work for at most `seconds`; None waits as long as it takes."""
        if seconds is None:
            return await work
        task = asyncio.ensure_future(work)
        late = False

        def stop() -> None:
            nonlocal late
            late = True
            task.cancel()

        alarm = self.clock.call_at(self.clock.now() + seconds, stop)
        try:
            return await task
        except asyncio.CancelledError:
            if late and task.cancelled():
                raise StatesError(TIMEOUT) from None
            raise
        finally:
            alarm.cancel()


async def _elsewhere(resource: Resource) -> Any:
    known = resource.action in ELSEWHERE.get(resource.service, {})
    what = f"{resource.service}:{resource.action}"
    raise runtime_error(
        f"the local AWS does not offer {what}; it works on AWS only" if known else f"{what} is not an integration"
    )


def _add_origin(request: dict[str, Any], started_by: tuple[str, str]) -> None:
    """Every event that a state machine puts names it and its execution among the resources."""
    for entry in request.get("Entries", []):
        entry["Resources"] = [*entry.get("Resources", []), *started_by]


def _job_tags(execution: str) -> list[dict[str, str]]:
    """What AWS tags a SageMaker job with that it waits for; the role needs ``sagemaker:AddTags`` for it."""
    tags = {"AWS_STEP_FUNCTIONS_EXECUTION_ARN": execution, "MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS"}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _too_large(resource: Resource) -> StatesError:
    name = resource.arn if resource.kind in {"lambda", "activity"} else resource.resource_type
    return StatesError(
        DATA_LIMIT_EXCEEDED,
        f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit.",
    )
