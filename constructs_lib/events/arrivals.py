"""Workflows that start when new data arrives."""

from collections.abc import Mapping
from typing import Any, ClassVar

from aws_cdk import Annotations
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.events.delivery import Delivery
from constructs_lib.events.inputs import EventValue
from constructs_lib.events.rules import EventRule
from constructs_lib.events.targets import IStartable, WorkflowTarget

_LONGEST_KEY = 1024


class DataArrivalRule(EventRule):
    """Starts a workflow when an object arrives in a bucket: once for each object that was written.

    The bucket is told to send its events to EventBridge, which costs a US dollar for a million of them. Empty objects,
    such as the folders that S3's pages make, start nothing.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> from constructs_lib.definitions import ExecutionInput, Join, LambdaStep, WorkflowDefinition
        >>> from constructs_lib.environments.storage import Storage
        >>> from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
        >>> stack = Stack(App(), "Training")
        >>> look = LambdaStep(
        ...     name="Look",
        ...     function_arn="arn:aws:lambda:eu-west-1:111122223333:function:look",
        ...     payload={"uri": ExecutionInput("DataUri")},
        ... )
        >>> definition = WorkflowDefinition(name="looking", steps=[look])
        >>> rule = DataArrivalRule(
        ...     stack,
        ...     "NewData",
        ...     bucket=Storage(stack, "Data").bucket,
        ...     prefix="incoming/",
        ...     suffix=".csv",
        ...     workflow=StepFunctionsWorkflow(stack, "Looking", definition=definition),
        ...     input={"DataUri": Join("/", ["s3:/", DataArrivalRule.BUCKET_NAME, DataArrivalRule.OBJECT_KEY])},
        ... )
        >>> rule.rule.event_pattern["detail"]["object"]["key"]
        [{'wildcard': 'incoming/*.csv'}]
    """

    BUCKET_NAME: ClassVar = EventValue("detail.bucket.name")
    """The name of the bucket that an object arrived in."""

    OBJECT_KEY: ClassVar = EventValue("detail.object.key")
    """The key of the object that arrived."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        workflow: IStartable,
        input: Mapping[str, Any] | None = None,  # noqa: A002 - what Step Functions calls it
        prefix: str = "",
        suffix: str = "",
        delivery: Delivery | None = None,
    ) -> None:
        """Defines the rule.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            bucket: of this app; another one must send its events to EventBridge already.
            workflow: that is started.
            input: the execution's input, with `BUCKET_NAME`, `OBJECT_KEY` and other values of the event.
                Default: the members ``Bucket`` and ``Key``.
            prefix: how the object's key begins. Default: as it likes.
            suffix: how the object's key ends. Default: as it likes.
            delivery: how often a start is tried, and what keeps what could not be started. Default: `Delivery`'s own
                defaults.

        Raises:
            ValueError: all problems of the input and the delivery together, or prefix and suffix are too long.
        """
        if len(prefix) + len(suffix) > _LONGEST_KEY:
            raise ValueError(
                f"{scope.node.path}/{construct_id}: prefix and suffix: got {len(prefix) + len(suffix)} characters, "
                f"expected at most {_LONGEST_KEY}"
            )
        given = {"Bucket": self.BUCKET_NAME, "Key": self.OBJECT_KEY} if input is None else input
        super().__init__(
            scope,
            construct_id,
            pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {**_key_pattern(prefix, suffix), "size": [{"numeric": [">", 0]}]},
                },
            },
            targets=[WorkflowTarget(workflow=workflow, input=given)],
            once_key=(self.BUCKET_NAME, self.OBJECT_KEY, EventValue("detail.object.sequencer")),
            delivery=delivery,
        )
        resource = bucket.node.default_child
        if isinstance(resource, s3.CfnBucket):
            resource.add_property_override(
                "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
            )
        else:
            Annotations.of(self).add_warning_v2(
                "mlops:bucketEvents",
                f"{bucket.node.path} is not of this app: it must send its events to EventBridge",
            )


def _key_pattern(prefix: str, suffix: str) -> dict[str, Any]:
    if prefix and suffix:
        plain = [text.replace("\\", "\\\\").replace("*", "\\*") for text in (prefix, suffix)]
        return {"key": [{"wildcard": "*".join(plain)}]}
    if prefix:
        return {"key": [{"prefix": prefix}]}
    return {"key": [{"suffix": suffix}]} if suffix else {}
