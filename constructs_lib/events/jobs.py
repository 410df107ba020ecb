"""Rules on jobs, endpoints and pipelines of SageMaker."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, get_args

from attrs import field, frozen
from constructs import Construct

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.tokens import has_text_token
from constructs_lib.events.delivery import Delivery
from constructs_lib.events.inputs import EventValue
from constructs_lib.events.rules import EventRule
from constructs_lib.events.targets import EventTarget

JobStatus = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]
"""Status of a job."""

EndpointStatus = Literal[
    "Creating", "InService", "OutOfService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed",
    "Failed", "Deleting",
]  # fmt: skip
"""Status of an endpoint, as DescribeEndpoint writes it."""

PipelineStatus = Literal["Executing", "Stopping", "Stopped", "Failed", "Succeeded"]
"""Status of a pipeline's execution."""

_ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:([a-z-]+)/[^*?]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@frozen(kw_only=True, field_transformer=freeze_fields)
class NamedEvents:
    """Events of something that has a name, an ARN, a status and tags; all that is given has to match.

    Attributes:
        names: of which one has to be the name. Default: any.
        name_prefix: another way to match the name: how it begins. Default: any.
        arns: of which one has to be the ARN. Default: any.
        tags: that it has, with these values. Default: any.
        statuses: of which one has to be the new one. Default: any.
    """

    detail_type: ClassVar[str]
    member: ClassVar[str]
    known: ClassVar[tuple[str, ...]]
    resource: ClassVar[str]

    names: Sequence[str] = ()
    name_prefix: str | None = None
    arns: Sequence[str] = ()
    tags: Mapping[str, str] = field(factory=dict)
    statuses: Sequence[str] = ()

    def problems(self) -> list[str]:
        """What can never match."""
        problems = _status_problems(self.statuses, self.known)
        problems += _arn_problems("arns", self.arns, self.resource)
        texts = [*(("names", name) for name in self.names)]
        if self.name_prefix is not None:
            texts.append(("name_prefix", self.name_prefix))
        problems += [
            f"{what}: got {text!r}, expected letters, digits and hyphens, beginning with no hyphen"
            for what, text in texts
            if _NAME.fullmatch(text) is None and not has_text_token(text)
        ]
        problems += [
            f"tags: got the key {key!r}, expected 1 to 128 characters" for key in self.tags if not 1 <= len(key) <= 128
        ]
        return problems

    def pattern(self) -> dict[str, Any]:
        """The events, as a rule's pattern."""
        prefix = [] if self.name_prefix is None else [{"prefix": self.name_prefix}]
        detail = {
            f"{self.member}Name": [*self.names, *prefix],
            f"{self.member}Arn": list(self.arns),
            f"{self.member}Status": self._event_statuses(),
            "Tags": {key: [value] for key, value in self.tags.items()},
        }
        return _pattern(self.detail_type, detail)

    def once_key(self) -> tuple[EventValue, ...]:
        """What tells one change of one of them from all others."""
        return (EventValue(f"detail.{self.member}Arn"), EventValue(f"detail.{self.member}Status"))

    def _event_statuses(self) -> list[str]:
        return list(self.statuses)


@frozen(kw_only=True, field_transformer=freeze_fields)
class JobStateEvents(NamedEvents):
    """Events of jobs of one kind; what else can be given is that of `NamedEvents`.

    Attributes:
        statuses: of which one has to be the new one. Default: any.
    """

    known = get_args(JobStatus)

    statuses: Sequence[JobStatus] = ()


@frozen(kw_only=True, field_transformer=freeze_fields)
class ProcessingJobs(JobStateEvents):
    """Events of processing jobs; what can be given is that of `JobStateEvents`."""

    detail_type = "SageMaker Processing Job State Change"
    member = "ProcessingJob"
    resource = "processing-job"


@frozen(kw_only=True, field_transformer=freeze_fields)
class TrainingJobs(JobStateEvents):
    """Events of training jobs, of which one in progress sends many; what can be given is that of `JobStateEvents`."""

    detail_type = "SageMaker Training Job State Change"
    member = "TrainingJob"
    resource = "training-job"


@frozen(kw_only=True, field_transformer=freeze_fields)
class TuningJobs(JobStateEvents):
    """Events of hyperparameter tuning jobs; what can be given is that of `JobStateEvents`."""

    detail_type = "SageMaker HyperParameter Tuning Job State Change"
    member = "HyperParameterTuningJob"
    resource = "hyper-parameter-tuning-job"


@frozen(kw_only=True, field_transformer=freeze_fields)
class TransformJobs(JobStateEvents):
    """Events of transform jobs; what can be given is that of `JobStateEvents`."""

    detail_type = "SageMaker Transform Job State Change"
    member = "TransformJob"
    resource = "transform-job"


@frozen(kw_only=True, field_transformer=freeze_fields)
class Endpoints(NamedEvents):
    """Events of endpoints; what else can be given is that of `NamedEvents`.

    Attributes:
        statuses: of which one has to be the new one. Events write them otherwise than the API (``IN_SERVICE``),
            which is seen to. Default: any.
    """

    detail_type = "SageMaker Endpoint State Change"
    member = "Endpoint"
    known = get_args(EndpointStatus)
    resource = "endpoint"

    statuses: Sequence[EndpointStatus] = ()

    def once_key(self) -> tuple[EventValue, ...]:
        """What tells one change from all others: an endpoint is in service again and again."""
        return (*super().once_key(), EventValue("detail.LastModifiedTime"))

    def _event_statuses(self) -> list[str]:
        return [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper() for status in self.statuses]


@frozen(kw_only=True, field_transformer=freeze_fields)
class PipelineExecutions:
    """Events of executions of SageMaker pipelines.

    Attributes:
        pipeline_arns: of which one has to be the pipeline's. Default: any.
        statuses: of which one has to be the new one. Default: any.
    """

    pipeline_arns: Sequence[str] = ()
    statuses: Sequence[PipelineStatus] = ()

    def problems(self) -> list[str]:
        """What can never match."""
        return [
            *_status_problems(self.statuses, get_args(PipelineStatus)),
            *_arn_problems("pipeline_arns", self.pipeline_arns, "pipeline"),
        ]

    def pattern(self) -> dict[str, Any]:
        """The events, as a rule's pattern."""
        return _pattern(
            "SageMaker Model Building Pipeline Execution Status Change",
            {"pipelineArn": list(self.pipeline_arns), "currentPipelineExecutionStatus": list(self.statuses)},
        )

    def once_key(self) -> tuple[EventValue, ...]:
        """What tells one change of one execution from all others."""
        return (EventValue("detail.pipelineExecutionArn"), EventValue("detail.currentPipelineExecutionStatus"))


JobEvents = ProcessingJobs | TrainingJobs | TuningJobs | TransformJobs | Endpoints | PipelineExecutions
"""Events that SageMaker sends when something changes."""


class JobStateRule(EventRule):
    """Calls targets when a job, an endpoint or a pipeline changes its state.

    SageMaker may send several events of one change; a workflow is started for the first of them only, unless its target
    says otherwise.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> from aws_cdk import aws_sqs as sqs
        >>> from constructs_lib.events.targets import QueueTarget
        >>> stack = Stack(App(), "Training")
        >>> failed = TrainingJobs(statuses=["Failed"], name_prefix="housing-")
        >>> rule = JobStateRule(stack, "Failed", jobs=failed, targets=[QueueTarget(queue=sqs.Queue(stack, "Queue"))])
        >>> rule.rule.event_pattern["detail"]["TrainingJobStatus"]
        ['Failed']
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        jobs: JobEvents,
        targets: Sequence[EventTarget],
        delivery: Delivery | None = None,
        description: str | None = None,
    ) -> None:
        """Defines the rule.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            jobs: which events are of interest.
            targets: 1 to 5.
            delivery: how often targets are tried, and what keeps what they do not take. Default: `Delivery`'s own
                defaults.
            description: what it is for, as EventBridge's pages show it. Default: none.

        Raises:
            ValueError: all problems of the filter together, or those of the targets and the delivery.
        """
        if problems := jobs.problems():
            raise ValueError("\n".join(f"{scope.node.path}/{construct_id}: jobs.{problem}" for problem in problems))
        super().__init__(
            scope,
            construct_id,
            pattern=jobs.pattern(),
            targets=targets,
            once_key=jobs.once_key(),
            delivery=delivery,
            description=description,
        )


def _pattern(detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    asked = {name: wanted for name, wanted in detail.items() if wanted}
    pattern: dict[str, Any] = {"source": ["aws.sagemaker"], "detail-type": [detail_type]}
    return {**pattern, "detail": asked} if asked else pattern


def _status_problems(statuses: Sequence[str], known: Sequence[str]) -> list[str]:
    return [
        f"statuses: got {status!r}, expected one of {', '.join(known)}" for status in statuses if status not in known
    ]


def _arn_problems(name: str, arns: Sequence[str], resource: str) -> list[str]:
    problems = []
    for arn in arns:
        match = _ARN.fullmatch(arn)
        if not has_text_token(arn) and (match is None or match[1] != resource):
            problems.append(f"{name}: got {arn!r}, expected arn:aws:sagemaker:REGION:ACCOUNT:{resource}/NAME")
    return problems
