"""What a rule calls."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from attrs import field, frozen
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.events.delivery import admit_rule
from constructs_lib.events.inputs import (
    EventInput,
    EventValue,
    execution_input_problems,
    input_problems,
    render_input,
)
from constructs_lib.events.pipeline_parameters import parameter_problems
from constructs_lib.events.starter import OnceOnlyStarter
from constructs_lib.permissions import Statement


class IStartable(Protocol):
    """A state machine: a `StepFunctionsWorkflow`, or one of `aws_stepfunctions`."""

    @property
    def state_machine_arn(self) -> str:
        """Its ARN."""


class IStartablePipeline(Protocol):
    """A SageMaker pipeline, such as an `aws_sagemaker.IPipeline`."""

    @property
    def pipeline_arn(self) -> str:
        """Its ARN."""


@frozen(kw_only=True)
class Binding:
    """The rule that a target is bound to.

    Attributes:
        scope: for what the target needs beside itself.
        rule_arn: of the rule.
        once_key: values by which its events tell one thing that happened from another.
        dead_letter_queue: keeps what was not taken.
        encryption_key: for logs; None for CloudWatch's own.
    """

    scope: Construct
    rule_arn: str
    once_key: Sequence[EventValue]
    dead_letter_queue: sqs.IQueue
    encryption_key: kms.IKey | None


@frozen(kw_only=True, field_transformer=freeze_fields)
class BoundTarget:
    """A target as EventBridge takes it.

    Attributes:
        arn: of what is called.
        statements: what the rule's role needs for it; empty where its own policy lets the rule call it.
        members: of `CfnRule.TargetProperty`, beside ARN, role and delivery.
    """

    arn: str
    statements: Sequence[Statement] = ()
    members: Mapping[str, Any] = field(factory=dict)


class EventTarget(Protocol):
    """Something that a rule calls."""

    def problems(self) -> list[str]:
        """What is wrong with it; nothing for one that is right."""

    def bind(self, binding: Binding) -> BoundTarget:
        """Makes what it needs, and tells how it is called."""


@frozen(kw_only=True)
class NotificationTarget:
    """A message to an SNS topic, such as that of an `AlarmTopic`.

    Attributes:
        topic: encrypted; the rule's role may use the key that the topic knows.
        message: a text or a document. Default: the whole event.
    """

    topic: sns.ITopic
    message: EventInput | None = None

    def problems(self) -> list[str]:
        """What is wrong with the message."""
        return _problems_of("message", self.message)

    def bind(self, binding: Binding) -> BoundTarget:  # noqa: ARG002 - it needs nothing of the rule
        """Called with the rule's role: EventBridge reads no conditions in the policies of topics."""
        key = self.topic.master_key
        statements = [Statement(actions=["sns:Publish"], resources=[self.topic.topic_arn])]
        if key is not None:
            statements.append(Statement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]))
        return BoundTarget(arn=self.topic.topic_arn, statements=statements, members=_input_members(self.message))


@frozen(kw_only=True)
class FunctionTarget:
    """A call of a Lambda function; nobody waits for its answer.

    What the function itself fails at is not the rule's: Lambda tries it again, and brings it to the function's own
    destination for failures.

    Attributes:
        function: that is called.
        payload: its payload. Default: the whole event.
    """

    function: lambda_.IFunction
    payload: EventInput | None = None

    def problems(self) -> list[str]:
        """What is wrong with the payload."""
        return _problems_of("payload", self.payload)

    def bind(self, binding: Binding) -> BoundTarget:
        """Lets this rule alone call the function."""
        # in the rule's stack: the function's own would have to wait for it
        lambda_.CfnPermission(
            binding.scope,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal="events.amazonaws.com",
            source_arn=binding.rule_arn,
        )
        return BoundTarget(arn=self.function.function_arn, members=_input_members(self.payload))


@frozen(kw_only=True)
class QueueTarget:
    """A message to an SQS queue.

    Attributes:
        queue: encrypted by SQS, or under a key that EventBridge may use, as with `EncryptionKey`.
        message: a text or a document. Default: the whole event.
        message_group_id: of the messages in a FIFO queue, which needs one. Default: none.
    """

    queue: sqs.IQueue
    message: EventInput | None = None
    message_group_id: str | None = None

    def problems(self) -> list[str]:
        """What is wrong with the message, and whether the queue needs a group."""
        problems = _problems_of("message", self.message)
        if self.queue.fifo != (self.message_group_id is not None):
            expected = "one for a FIFO queue" if self.queue.fifo else "none for a standard queue"
            problems.append(f"message_group_id: got {self.message_group_id!r}, expected {expected}")
        return problems

    def bind(self, binding: Binding) -> BoundTarget:
        """Lets this rule alone send to the queue."""
        admit_rule(binding.scope, self.queue, binding.rule_arn)
        members = _input_members(self.message)
        if self.message_group_id is not None:
            members["sqs_parameters"] = events.CfnRule.SqsParametersProperty(message_group_id=self.message_group_id)
        return BoundTarget(arn=self.queue.queue_arn, members=members)


@frozen(kw_only=True)
class WorkflowTarget:
    """An execution of a workflow.

    EventBridge delivers at least once, and SageMaker may send several events of one change. So by default a small
    Express state machine stands between, which starts one execution for each change (see `OnceOnlyStarter`).

    Attributes:
        workflow: that is started: a Standard state machine.
        input: the execution's input. Default: the whole event.
        once: whether what happens once starts one execution. Default: it does. Otherwise EventBridge itself starts
            the workflow, again for each duplicate.
    """

    workflow: IStartable
    input: EventInput | None = None
    once: bool = True

    def problems(self) -> list[str]:
        """What is wrong with the input, as far as the workflow's definition is known here."""
        problems = execution_input_problems(self.workflow, self.input)
        if self.input is not None and not isinstance(self.input, Mapping | EventValue):
            problems.append(f"got {self.input!r}, expected a JSON object: an execution's input is no text")
        return [*_problems_of("input", self.input, templated=self.once), *(f"input: {problem}" for problem in problems)]

    def bind(self, binding: Binding) -> BoundTarget:
        """Called with the rule's role."""
        arn, members = self.workflow.state_machine_arn, _input_members(self.input)
        if self.once:
            starter = OnceOnlyStarter(
                binding.scope,
                "Starter",
                state_machine_arn=self.workflow.state_machine_arn,
                dead_letter_queue=binding.dead_letter_queue,
                encryption_key=binding.encryption_key,
            )
            arn, members = starter.state_machine.ref, {"input_transformer": self._keyed_input(binding)}
        return BoundTarget(
            arn=arn, statements=[Statement(actions=["states:StartExecution"], resources=[arn])], members=members
        )

    def _keyed_input(self, binding: Binding) -> events.CfnRule.InputTransformerProperty:
        rendered = render_input({} if self.input is None else self.input)
        document = "<aws.events.event.json>" if self.input is None else rendered.template
        keys = {f"key{number}": value.json_path for number, value in enumerate(binding.once_key)}
        # two rules may start one workflow for one event
        key = " ".join([binding.scope.node.addr[-12:], *(f"<{name}>" for name in keys)])
        return events.CfnRule.InputTransformerProperty(
            input_paths_map={**rendered.paths, **keys}, input_template=f'{{"Key":"{key}","Input":{document}}}'
        )


@frozen(kw_only=True, field_transformer=freeze_fields)
class PipelineTarget:
    """An execution of a SageMaker pipeline. A duplicate of an event starts another one.

    Attributes:
        pipeline: that is started.
        parameters: texts, or values of the event, by the parameter's name. Default: the pipeline's own defaults.
    """

    pipeline: IStartablePipeline
    parameters: Mapping[str, str | EventValue] = field(factory=dict)

    def problems(self) -> list[str]:
        """What is wrong with the parameters, as far as the pipeline's definition is known here."""
        return list(parameter_problems(self.pipeline, self.parameters))

    def bind(self, binding: Binding) -> BoundTarget:  # noqa: ARG002 - it needs nothing of the rule
        """Called with the rule's role."""
        arn = self.pipeline.pipeline_arn
        parameters = [
            events.CfnRule.SageMakerPipelineParameterProperty(
                name=name, value=value.json_path if isinstance(value, EventValue) else value
            )
            for name, value in self.parameters.items()
        ]
        return BoundTarget(
            arn=arn,
            statements=[Statement(actions=["sagemaker:StartPipelineExecution"], resources=[arn])],
            members={
                "sage_maker_pipeline_parameters": events.CfnRule.SageMakerPipelineParametersProperty(
                    pipeline_parameter_list=parameters
                )
            },
        )


def _problems_of(name: str, given: EventInput | None, *, templated: bool = False) -> list[str]:
    found = [] if given is None else input_problems(given, templated=templated)
    return [f"{name}: {problem}" for problem in found]


def _input_members(given: EventInput | None) -> dict[str, Any]:
    if given is None:
        return {}
    rendered = render_input(given)
    if not rendered.paths:
        return {"input": rendered.template}
    return {
        "input_transformer": events.CfnRule.InputTransformerProperty(
            input_paths_map=dict(rendered.paths), input_template=rendered.template
        )
    }
