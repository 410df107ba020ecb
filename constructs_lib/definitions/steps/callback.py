"""The step that asks somebody over a queue, and waits for the answer."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.needs import Calls, Need, UseKey
from constructs_lib.definitions.outputs import DeclaredOutput, Output
from constructs_lib.definitions.pipeline_options import OutputType, output_parameters
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Text


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class CallbackStep(TaskStep):
    """Sends a message with a token to a queue, and goes on when somebody answers the token, within seven days.

    Only SageMaker Pipelines has it; in Step Functions a `QueueStep` or `LambdaStep` waits for a callback. Its output is
    the answer: ``step.output("answer")``.

    Args:
        queue_url: URL of the SQS queue.
        queue_arn: ARN of the queue.
        payload: ``arguments`` of the message, with references anywhere in it. Default: an empty object.
        outputs: members of the answer that later steps read, by name and type. Default: none.
        kms_key: ARN of the key that encrypts the queue. Default: none.
    """

    kind: ClassVar[str] = "Callback"
    pipeline_type: ClassVar[str | None] = "Callback"
    only_in_pipelines: ClassVar[bool] = True
    cached_by_pipelines: ClassVar[bool] = True

    queue_url: Text
    queue_arn: Text
    payload: Mapping[str, Any] = NO_MEMBERS
    outputs: Mapping[str, OutputType] = NO_MEMBERS
    kms_key: Text | None = None

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="sqs", action="sendMessage")

    @property
    def pipeline_call(self) -> Integration | None:
        """The Arguments are a part of the message."""
        return None

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return DeclaredOutput(members=self.outputs)

    def pipeline_property(self, path: str) -> str:
        """A path into the output, as SageMaker Pipelines writes it."""
        return f"OutputParameters['{path}']"

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {"QueueUrl": self.queue_url, "MessageBody": self.payload}

    @property
    def documents(self) -> frozenset[str]:
        """Members of the request that are JSON of any form."""
        return frozenset({"MessageBody"})

    def pipeline_arguments(self, *, custom_prefix: bool) -> Mapping[str, Any]:  # noqa: ARG002 - it names no job
        """The step's Arguments in a pipeline's document."""
        return self.payload

    @property
    def pipeline_members(self) -> Mapping[str, Any]:
        """What stands beside the Arguments in a pipeline's document."""
        return {"SqsQueueUrl": self.queue_url, "OutputParameters": output_parameters(self.outputs)}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        send = Calls(actions=["sqs:SendMessage"], resources=[self.queue_arn])
        if self.kms_key is None:
            return (send,)
        return (send, UseKey(kms_key=self.kms_key, actions=["kms:Decrypt", "kms:GenerateDataKey"]))
