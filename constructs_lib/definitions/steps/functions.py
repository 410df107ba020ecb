"""Steps that invoke a Lambda function."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.needs import InvokeFunction, Need
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.pipeline_options import OutputType, output_parameters
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Join, Text

_RESPONSE = DeclaredOutput(
    members={"ExecutedVersion": "string", "FunctionError": "string", "Payload": "document", "StatusCode": "integer"}
)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class LambdaStep(TaskStep):
    """Invokes a Lambda function.

    Its output is the response: ``step.output("Payload.accuracy")`` is a member of what the function returned. Where
    it waits for a callback, the output is what the callback gave.

    Args:
        function_arn: the function's ARN, without a version.
        payload: what the function gets, with references anywhere in it. Default: an empty object.
        qualifier: version or alias. Default: the latest code.
        wait_for_callback: goes on when somebody answers the task token, for which the payload must hold
            `TASK_TOKEN`; set `timeout_seconds` with it. Default: goes on with the function's response.
        outputs: members of what the function returns that later steps of a pipeline read, by name and type; Step
            Functions needs no such list. Default: none.
    """

    kind: ClassVar[str] = "Lambda function"
    pipeline_type: ClassVar[str | None] = "Lambda"
    cached_by_pipelines: ClassVar[bool] = True

    function_arn: Text
    payload: Mapping[str, Any] = NO_MEMBERS
    qualifier: Text | None = None
    wait_for_callback: bool = False
    outputs: Mapping[str, OutputType] = NO_MEMBERS

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(
            service="lambda", action="invoke", pattern="callback" if self.wait_for_callback else "request"
        )

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return DeclaredOutput(members={"*": "document"}) if self.wait_for_callback else _RESPONSE

    @property
    def pipeline_call(self) -> Integration | None:
        """The Arguments are what the function gets."""
        return None

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines."""
        return DeclaredOutput(members=self.outputs)

    def pipeline_path(self, path: str) -> str:
        """A path into the output, as it leads into `pipeline_response`."""
        return path.removeprefix("Payload.")

    def pipeline_property(self, path: str) -> str:
        """A path into the output, as SageMaker Pipelines writes it."""
        return f"OutputParameters['{self.pipeline_path(path)}']"

    def pipeline_arguments(self, *, custom_prefix: bool) -> Mapping[str, Any]:  # noqa: ARG002 - it names no job
        """The step's Arguments in a pipeline's document."""
        return self.payload

    @property
    def qualified_arn(self) -> Text:
        """The ARN of the function, with the version or alias that is meant."""
        if self.qualifier is None:
            return self.function_arn
        return Join(":", [self.function_arn, self.qualifier])

    @property
    def pipeline_members(self) -> Mapping[str, Any]:
        """What stands beside the Arguments in a pipeline's document."""
        return {"FunctionArn": self.qualified_arn, "OutputParameters": output_parameters(self.outputs)}

    @property
    def documents(self) -> frozenset[str]:
        """Members of the request that are JSON of any form."""
        return frozenset({"Payload"})

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {"FunctionName": self.function_arn, "Payload": self.payload, "Qualifier": self.qualifier}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (InvokeFunction(function_arn=self.function_arn, qualifier=self.qualifier),)
