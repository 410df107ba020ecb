"""The steps that start other workflows: SageMaker pipelines and state machines."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.needs import ApiAccess, ManagedRule, Need, RunWorkflow
from constructs_lib.definitions.outputs import DeclaredOutput, OperationOutput, Output
from constructs_lib.definitions.steps.base import TaskStep, name_from
from constructs_lib.definitions.steps.integrations import Integration, WaitLoop
from constructs_lib.definitions.values import EXECUTION_ARN, Text, UniqueName

_STARTED = DeclaredOutput(members={"ExecutionArn": "string", "StartDate": "string"})
_ENDED = DeclaredOutput(
    members={
        "ExecutionArn": "string",
        "Input": "document",
        "Name": "string",
        "Output": "document",
        "StartDate": "number",
        "StateMachineArn": "string",
        "Status": "string",
        "StopDate": "number",
    }
)


def _start_token(step: "PipelineStep") -> Text:
    return UniqueName(name_from(step.name))


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class PipelineStep(TaskStep):
    """Starts a SageMaker pipeline and waits for its end.

    Step Functions has no ``.sync`` for pipelines, so the step asks for the status again and again. Its output is the
    response of DescribePipelineExecution: ``step.output("PipelineExecutionArn")``. A pipeline that fails, or is
    stopped, fails the step with ``PipelineFailed``. A Retry repeats the request to start it, under one token, not the
    waiting. The pipeline goes on where the workflow's execution is stopped.

    Args:
        pipeline_name: of the pipeline.
        parameters: of its execution. Default: the pipeline's own.
        start_token: 32 to 128 letters, digits and inner hyphens; one token starts one execution. Default: the step's
            name and a hash of the execution's ARN (see `UniqueName`).
        wait: False goes on when it has started; the output is that of StartPipelineExecution. Default: waits.
        poll_seconds: pause between two looks at it; 1 to 99999999. Default: half a minute.
    """

    kind: ClassVar[str] = "SageMaker pipeline"
    name_member: ClassVar[str | None] = "ClientRequestToken"

    pipeline_name: Text
    parameters: Mapping[str, Text] = NO_MEMBERS
    start_token: Text = Factory(_start_token, takes_self=True)
    wait: bool = True
    poll_seconds: int = 30

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="sagemaker", action="startPipelineExecution", sdk=True)

    @property
    def response(self) -> Output:
        """What the step gives back."""
        verb = "Describe" if self.wait else "Start"
        return OperationOutput(service="sagemaker", operation=f"{verb}PipelineExecution")

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        parameters = [{"Name": name, "Value": value} for name, value in self.parameters.items()]
        return {
            "PipelineName": self.pipeline_name,
            "PipelineParameters": parameters or None,
            "ClientRequestToken": self.start_token,
        }

    @property
    def wait_loop(self) -> WaitLoop | None:
        """How the step waits."""
        if not self.wait:
            return None
        return WaitLoop(
            question=Integration(service="sagemaker", action="describePipelineExecution", sdk=True),
            request={},
            handles=("PipelineExecutionArn",),
            status="PipelineExecutionStatus",
            done=("Succeeded",),
            pending=("Executing", "Stopping"),
            reason="FailureReason",
            subject="pipeline",
            goal="succeeded",
            poll_seconds=self.poll_seconds,
        )

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        actions = ["sagemaker:StartPipelineExecution"]
        start = ApiAccess(actions=actions, resource_type="pipeline", name=self.pipeline_name)
        look = ApiAccess(
            actions=["sagemaker:DescribePipelineExecution"],
            resource_type="pipeline",
            name=self.pipeline_name,
            below="execution",
        )
        return (start, look) if self.wait else (start,)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class WorkflowStep(TaskStep):
    """Starts an execution of another state machine, waits for its end and reads its output.

    Its output is the response of DescribeExecution: ``step.output("Output.accuracy")`` is a member of what the other
    workflow gave. It is stopped when this one is.

    Args:
        state_machine_arn: ARN of the other state machine.
        given: its input, with references anywhere in it. Default: an empty object.
        execution_name: 1 to 80 characters. Default: Step Functions makes one.
        wait: False goes on when it has started; the output is that of StartExecution. Default: waits.
    """

    kind: ClassVar[str] = "Nested workflow"

    state_machine_arn: Text
    given: Mapping[str, Any] = NO_MEMBERS
    execution_name: Text | None = None
    wait: bool = True

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="states", action="startExecution", pattern="sync:2" if self.wait else "request")

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return _ENDED if self.wait else _STARTED

    @property
    def documents(self) -> frozenset[str]:
        """Members of the request that are JSON of any form."""
        return frozenset({"Input"})

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        # by this member the console shows which execution has started another
        given = {**self.given, "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": EXECUTION_ARN}
        return {"StateMachineArn": self.state_machine_arn, "Input": given, "Name": self.execution_name}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        run = RunWorkflow(state_machine_arn=self.state_machine_arn, wait=self.wait)
        rule = ManagedRule(name="StepFunctionsGetEventsForStepFunctionsExecutionRule")
        return (run, rule) if self.wait else (run,)
