"""The steps that call any service: an API of AWS, and a JSON document in S3."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from attrs import frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.needs import Calls, Need, ReadObject
from constructs_lib.definitions.outputs import DeclaredOutput, OperationOutput, Output
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Text


@frozen(kw_only=True, field_transformer=freeze_fields)
class Allowed:
    """Something that a step must be allowed to do.

    Args:
        actions: IAM actions, such as ``dynamodb:PutItem``; no wildcards.
        resources: ARNs.
        reason: why a resource holds a wildcard. Default: none of them does.
    """

    actions: Sequence[str]
    resources: Sequence[Text]
    reason: str | None = None


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ApiStep(TaskStep):
    """Calls any operation of AWS's API that has no step of its own.

    Its output is the operation's response.

    Args:
        service: as in the state's resource, such as ``dynamodb``.
        action: in camel case, such as ``putItem``.
        allowed: what the engine must be allowed to do for it.
        pattern: how it is waited for. Default: not at all.
        optimized: whether Step Functions has an integration of its own for it. Default: the plain SDK call.
    """

    kind: ClassVar[str] = "AWS call"

    service: str
    action: str
    allowed: Sequence[Allowed]
    pattern: Literal["request", "sync", "callback"] = "request"
    optimized: bool = False

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service=self.service, action=self.action, pattern=self.pattern, sdk=not self.optimized)

    @property
    def response(self) -> Output:
        """What the step gives back."""
        if self.pattern != "request":
            return DeclaredOutput(members={"*": "document"})
        return OperationOutput(service=self.service, operation=self.integration.operation)

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make: none, it is given whole."""
        return {}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return tuple(
            Calls(actions=found.actions, resources=found.resources, reason=found.reason) for found in self.allowed
        )


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class ReadJsonStep(TaskStep):
    """Reads a JSON document from S3, such as the metrics that an evaluation has written; at most 256 KiB.

    Its output is the document: ``step.output("Document.accuracy")``.

    Args:
        bucket: name of the bucket.
        key: of the object.
        kms_key: ARN of the key that encrypts it. Default: none.
    """

    kind: ClassVar[str] = "JSON in S3"

    bucket: Text
    key: Text
    kms_key: Text | None = None

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="s3", action="getObject", sdk=True)

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return DeclaredOutput(members={"Document": "document"})

    @property
    def selector(self) -> Mapping[str, str] | None:
        """How the step's output is made of the response."""
        return {"Document.$": "States.StringToJson($.Body)"}

    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make."""
        return {"Bucket": self.bucket, "Key": self.key}

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        return (ReadObject(bucket=self.bucket, key=self.key, kms_key=self.kms_key),)
