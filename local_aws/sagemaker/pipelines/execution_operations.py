"""Executions of pipelines as the API has them."""

from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.pipelines.book import PipelineBook, version_of
from local_aws.sagemaker.pipelines.callback_work import Reply
from local_aws.sagemaker.pipelines.engine import Engine
from local_aws.sagemaker.pipelines.mlflow import track
from local_aws.sagemaker.pipelines.parameters import given, text_of
from local_aws.sagemaker.pipelines.records import (
    EXECUTING,
    FAILED,
    OPEN,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    Execution,
    Pipeline,
)
from local_aws.sagemaker.pipelines.selecting import selection_of
from local_aws.sagemaker.resource_names import now, validation_error

_PAGE_OF_PARAMETERS = 100


@define(eq=False)
class ExecutionOperations(ValidatedGroup):
    """StartPipelineExecution and the operations that stop, retry, change, describe and list, and those of callbacks.

    Args:
        book: of pipelines.
        engine: runs executions.
    """

    service: ClassVar[str] = "sagemaker"
    _book: PipelineBook
    _engine: Engine

    @operation("StartPipelineExecution")
    def start_pipeline_execution(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Starts an execution; once for a token."""
        pipeline = self._book.find(context, request["PipelineName"])
        with pipeline.lock:
            arn = _carried_out(pipeline, request)
            if arn is None:
                execution = _new_execution(context, pipeline, request)
                arn = execution.arn
                pipeline.executions[execution.id] = execution
                pipeline.tokens[request["ClientRequestToken"]] = (request, arn)
                pipeline.last_run = execution.created
                execution.version.last_execution_arn = arn
                self._engine.start(execution)
        return {"PipelineExecutionArn": arn}

    @operation("StopPipelineExecution")
    def stop_pipeline_execution(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Stops an execution: jobs are stopped, callbacks told, functions waited for."""
        execution = self._book.execution(context, request)
        with execution.lock:
            if execution.status not in OPEN:
                raise validation_error(
                    f"Only pipeline executions with status Executing can be stopped; {execution.arn} is "
                    f"{execution.status}."
                )
            first = execution.status == EXECUTING
            if first:
                execution.status = STOPPING
                execution.modified, execution.modified_by = now(), context.principal.arn
        if first:
            self._engine.request_stop(execution)
        return {"PipelineExecutionArn": execution.arn}

    @operation("RetryPipelineExecution")
    def retry_pipeline_execution(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Runs an execution that failed or was stopped again, from the steps that have not succeeded."""
        execution = self._book.execution(context, request)
        with execution.pipeline.lock, execution.lock:
            if _carried_out(execution.pipeline, request) is not None:
                return {"PipelineExecutionArn": execution.arn}
            if execution.status not in (FAILED, STOPPED):
                raise validation_error(
                    f"Only pipeline executions with status Failed or Stopped can be retried; {execution.arn} is "
                    f"{execution.status}."
                )
            execution.pipeline.tokens[request["ClientRequestToken"]] = (request, execution.arn)
            execution.runs = {name: run for name, run in execution.runs.items() if run.status == SUCCEEDED}
            execution.parallelism = request.get("ParallelismConfiguration", execution.parallelism)
            execution.failure = execution.ended = None
            execution.begun = execution.modified = now()
            execution.modified_by = context.principal.arn
            execution.status = EXECUTING
            self._engine.start(execution, again=True)
        return {"PipelineExecutionArn": execution.arn}

    @operation("UpdatePipelineExecution")
    def update_pipeline_execution(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes names and the parallelism, which holds from the next step on."""
        execution = self._book.execution(context, request)
        with execution.lock:
            execution.display_name = request.get("PipelineExecutionDisplayName", execution.display_name)
            execution.description = request.get("PipelineExecutionDescription", execution.description)
            execution.parallelism = request.get("ParallelismConfiguration", execution.parallelism)
            execution.modified, execution.modified_by = now(), context.principal.arn
        self._engine.look_again(execution)
        return {"PipelineExecutionArn": execution.arn}

    @operation("DescribePipelineExecution")
    def describe_pipeline_execution(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of an execution but its steps."""
        return self._book.execution(context, request).describe()

    @operation("DescribePipelineDefinitionForExecution")
    def describe_definition(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The definition that an execution runs."""
        execution = self._book.execution(context, request)
        return {"PipelineDefinition": execution.definition.text, "CreationTime": execution.version.created}

    @operation("ListPipelineExecutions")
    def list_pipeline_executions(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of a pipeline's executions, a page at a time."""
        pipeline = self._book.find(context, request["PipelineName"])
        found = pipeline.newest_executions()
        if "PipelineVersionAlias" in request:
            version = version_of(pipeline, {"PipelineVersionAlias": request["PipelineVersionAlias"]})
            found = [each for each in found if each.version is version]
        names = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
        asked = {names.get(name, name): value for name, value in request.items()}
        if asked.get("SortBy") == "PipelineExecutionArn":
            asked["SortBy"] = "Name"
        page, token = page_of(found, asked, lambda each: Listed(name=each.arn, created=each.created))
        return with_token({"PipelineExecutionSummaries": [each.summary() for each in page]}, token)

    @operation("ListPipelineExecutionSteps")
    def list_steps(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The steps that have begun, newest first, a page at a time; what does not run is not there."""
        execution = self._book.execution(context, request)
        page, token = page_of(
            list(execution.runs.values()), request, lambda run: Listed(name=run.step.name, created=run.started)
        )
        return with_token({"PipelineExecutionSteps": [run.describe() for run in page]}, token)

    @operation("ListPipelineParametersForExecution")
    def list_parameters(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The parameters with their values, a page at a time."""
        execution = self._book.execution(context, request)
        page, token = page_of(
            list(execution.parameters.items()),
            {"MaxResults": _PAGE_OF_PARAMETERS, "SortBy": "Name"} | request,
            lambda entry: Listed(name=entry[0], created=execution.created),
            descending=False,
        )
        listed = [{"Name": name, "Value": text_of(value)} for name, value in page]
        return with_token({"PipelineParameters": listed}, token)

    @operation("SendPipelineExecutionStepSuccess")
    def send_success(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Ends a Callback step well."""
        outputs = {entry["Name"]: entry["Value"] for entry in request.get("OutputParameters", ())}
        return self._answer(request, Reply(outputs))

    @operation("SendPipelineExecutionStepFailure")
    def send_failure(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Ends a Callback step as failed."""
        return self._answer(request, Reply({}, failure=request.get("FailureReason", "")))

    def _answer(self, request: dict[str, Any], reply: Reply) -> dict[str, Any]:
        token, client_token = request["CallbackToken"], request.get("ClientRequestToken")
        return {"PipelineExecutionArn": self._engine.callbacks.answer(token, reply, client_token)}


def _carried_out(pipeline: Pipeline, request: dict[str, Any]) -> str | None:
    """What came of an earlier request with this token.

    Raises:
        AwsError: ``ConflictException``: that one asked for something else.
    """
    before = pipeline.tokens.get(request["ClientRequestToken"])
    if before is None:
        return None
    if before[0] != request:
        raise AwsError(
            "ConflictException",
            f"ClientRequestToken {request['ClientRequestToken']} was used before, with other arguments.",
        )
    return before[1]


def _new_execution(context: RequestContext, pipeline: Pipeline, request: dict[str, Any]) -> Execution:
    version = version_of(pipeline, request)
    entries = request.get("PipelineParameters", [])
    try:
        parameters = given(version.definition.parameters, entries)
    except ValueError as error:
        raise validation_error(f"{error}.") from None
    moment = now()
    execution = Execution(
        pipeline=pipeline,
        version=version,
        role_arn=request.get("RoleArn", pipeline.role_arn),
        parameters=parameters,
        given=entries,
        parallelism=request.get("ParallelismConfiguration", pipeline.parallelism),
        created_by=context.principal.arn,
        modified_by=context.principal.arn,
        display_name=request.get("PipelineExecutionDisplayName", f"execution-{int(moment.timestamp() * 1000)}"),
        description=request.get("PipelineExecutionDescription"),
        selection=selection_of(pipeline, version.definition, request),
        created=moment,
        modified=moment,
        begun=moment,
    )
    try:
        track(execution, request.get("MlflowExperimentName"))
    except ValueError as error:
        raise validation_error(f"{error}.") from None
    return execution
