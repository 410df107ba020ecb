"""Steps that invoke a Lambda function."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.needs import InvokeFunction, Need
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.steps.base import Integration, TaskStep
from constructs_lib.definitions.values import Text

_RESPONSE = DeclaredOutput(
    members={"ExecutedVersion": "string", "FunctionError": "string", "Payload": "document", "StatusCode": "integer"}
)


@frozen(kw_only=True, eq=False, field_transformer=freeze_fields)
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
    """

    kind: ClassVar[str] = "Lambda function"

    function_arn: Text
    payload: Mapping[str, Any] = field(factory=dict)
    qualifier: Text | None = None
    wait_for_callback: bool = False

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
