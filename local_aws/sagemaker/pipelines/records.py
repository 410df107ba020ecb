"""Pipelines, their versions, their executions, and the runs of their steps: kept in memory."""

import secrets
import string
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from local_aws.sagemaker.pipelines.definition import Definition, Step
from local_aws.sagemaker.pipelines.parameters import Value
from local_aws.sagemaker.resource_names import now

EXECUTING, STOPPING, STOPPED, FAILED, SUCCEEDED = "Executing", "Stopping", "Stopped", "Failed", "Succeeded"
STARTING = "Starting"
OPEN = frozenset({EXECUTING, STOPPING, STARTING})
_LETTERS = string.ascii_lowercase + string.digits
_EXECUTION_ID_LENGTH = 12
_REASON_CHARACTERS = 1024


def random_name(length: int) -> str:
    """Small letters and digits, as AWS makes names of."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


@define(eq=False, kw_only=True)
class PipelineVersion:
    """What a pipeline was after one creation or update.

    Attributes:
        number: 1 for the first.
        definition: checked.
        created: when.
        name: that a user gave it.
        description: that a user gave it.
        aliases: that point to it.
        last_execution_arn: of the last execution of it.
    """

    number: int
    definition: Definition
    created: datetime = field(factory=now)
    name: str | None = None
    description: str | None = None
    aliases: list[str] = field(factory=list)
    last_execution_arn: str | None = None


@define(eq=False, kw_only=True)
class Pipeline:
    """One pipeline.

    Attributes:
        name: as it was given; names differ by more than case.
        arn: of it.
        account: whose.
        region: where.
        role_arn: its executions act as this role, unless they name another.
        display_name: for people.
        description: for people.
        parallelism: ``ParallelismConfiguration``.
        created_by: the ARN of who made it.
        modified_by: the ARN of who changed it last.
        versions: the last is the current one.
        executions: by id, oldest first.
        tokens: of requests that were carried out: what they asked for, and what came of it.
        lock: held while executions are added, and while the pipeline is removed.
    """

    name: str
    arn: str
    account: str
    region: str
    role_arn: str
    display_name: str | None
    description: str | None
    parallelism: Mapping[str, Any] | None
    created_by: str
    modified_by: str
    versions: list[PipelineVersion]
    created: datetime = field(factory=now)
    modified: datetime = field(factory=now)
    last_run: datetime | None = None
    executions: "dict[str, Execution]" = field(factory=dict)
    tokens: dict[str, tuple[Any, str]] = field(factory=dict)
    lock: threading.RLock = field(factory=threading.RLock)

    @property
    def current(self) -> PipelineVersion:
        """The newest version."""
        return self.versions[-1]

    def newest_executions(self) -> "list[Execution]":
        """All executions, newest first."""
        return list(self.executions.values())[::-1]


@define(eq=False, kw_only=True)
class StepRun:
    """One step of one execution.

    Attributes:
        step: of the definition.
        status: ``Starting``, ``Executing``, ``Stopping``, ``Stopped``, ``Failed`` or ``Succeeded``.
        started: when.
        ended: when; None while it goes on.
        failure: why it failed.
        metadata: as ListPipelineExecutionSteps tells it.
        attempts: how often it was begun.
        properties: what references to it find.
        outcome: of a Condition step.
        cache_key: by which later executions find its result; None where it was not asked for.
        artifacts: objects, or beginnings of keys, that its result consists of.
        cached_from: the ARN of the execution whose result it took.
        selected_from: the ARN of the execution from which a selective execution has it.
    """

    step: Step
    status: str = STARTING
    started: datetime = field(factory=now)
    ended: datetime | None = None
    failure: str | None = None
    metadata: dict[str, Any] = field(factory=dict)
    attempts: int = 0
    properties: Any = None
    outcome: bool | None = None
    cache_key: str | None = None
    artifacts: tuple[str, ...] = ()
    cached_from: str | None = None
    selected_from: str | None = None

    def end(self, status: str, failure: str | None = None) -> None:
        """The step has ended."""
        self.ended = now()
        self.failure = failure[:_REASON_CHARACTERS] if failure is not None else None
        self.status = status

    def take_result(self, other: "StepRun") -> None:
        """Its result is that of a run of another execution."""
        self.properties, self.outcome, self.artifacts = other.properties, other.outcome, other.artifacts
        self.metadata = dict(other.metadata)

    def describe(self) -> dict[str, Any]:
        """A PipelineExecutionStep."""
        document = self.step.document
        answer: dict[str, Any] = {
            "StepName": self.step.name,
            "StepDisplayName": document.get("DisplayName"),
            "StepDescription": document.get("Description"),
            "StartTime": self.started,
            "EndTime": self.ended,
            "StepStatus": self.status,
            "FailureReason": self.failure,
            "Metadata": dict(self.metadata),
            "AttemptCount": self.attempts or None,
        }
        if self.cached_from is not None:
            answer["CacheHitResult"] = {"SourcePipelineExecutionArn": self.cached_from}
        if self.selected_from is not None:
            answer["SelectiveExecutionResult"] = {"SourcePipelineExecutionArn": self.selected_from}
        return {name: value for name, value in answer.items() if value is not None}


@frozen(kw_only=True)
class Selection:
    """Which steps a selective execution runs.

    Attributes:
        steps: their names.
        source: the execution that the results of the others come from; None where none is needed.
    """

    steps: frozenset[str]
    source: "Execution | None"


@define(eq=False, kw_only=True)
class Execution:
    """One execution of a pipeline.

    Attributes:
        id: twelve letters and digits.
        arn: of it.
        pipeline: that it is of.
        version: of the pipeline.
        role_arn: as which it acts.
        parameters: their values.
        given: the parameters that the request named, as it wrote them.
        parallelism: ``ParallelismConfiguration``.
        created_by: the ARN of who started it.
        display_name: for people.
        description: for people.
        selection: which steps it runs; None for all.
        experiment: ``ExperimentName`` and ``TrialName`` that its jobs belong to.
        mlflow: ``MlflowConfig``, as the definition and the request have it; None for none.
        runs: of steps by name, in the order in which they began.
        lineage: what Lineage steps have made, by step; a retry goes on from there.
    """

    id: str = field(factory=lambda: random_name(_EXECUTION_ID_LENGTH))
    pipeline: Pipeline
    version: PipelineVersion
    role_arn: str
    parameters: Mapping[str, Value]
    given: list[dict[str, str]]
    parallelism: Mapping[str, Any] | None
    created_by: str
    modified_by: str
    display_name: str
    description: str | None = None
    selection: Selection | None = None
    experiment: dict[str, str] | None = None
    mlflow: dict[str, str] | None = None
    status: str = EXECUTING
    failure: str | None = None
    created: datetime = field(factory=now)
    modified: datetime = field(factory=now)
    begun: datetime = field(factory=now)
    ended: datetime | None = None
    runs: dict[str, StepRun] = field(factory=dict)
    lineage: dict[str, dict[str, Any]] = field(factory=dict)
    lock: threading.RLock = field(factory=threading.RLock)

    @property
    def arn(self) -> str:
        """Of the execution."""
        return f"{self.pipeline.arn}/execution/{self.id}"

    @property
    def definition(self) -> Definition:
        """What it runs."""
        return self.version.definition

    def describe(self) -> dict[str, Any]:
        """What DescribePipelineExecution answers."""
        answer: dict[str, Any] = {
            "PipelineArn": self.pipeline.arn,
            "PipelineExecutionArn": self.arn,
            "PipelineExecutionDisplayName": self.display_name,
            "PipelineExecutionStatus": self.status,
            "PipelineExecutionDescription": self.description,
            "PipelineExperimentConfig": self.experiment,
            "MLflowConfig": self.mlflow,
            "FailureReason": self.failure,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "CreatedBy": {"IamIdentity": {"Arn": self.created_by}},
            "LastModifiedBy": {"IamIdentity": {"Arn": self.modified_by}},
            "ParallelismConfiguration": self.parallelism,
            "PipelineVersionId": self.version.number,
            "PipelineVersionAliases": list(self.version.aliases) or None,
            "RoleArn": self.role_arn,
        }
        if self.selection is not None:
            source = {} if self.selection.source is None else {"SourcePipelineExecutionArn": self.selection.source.arn}
            steps = [{"StepName": name} for name in self.definition.steps if name in self.selection.steps]
            answer["SelectiveExecutionConfig"] = {**source, "SelectedSteps": steps}
        return {name: value for name, value in answer.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """A PipelineExecutionSummary."""
        answer = {
            "PipelineExecutionArn": self.arn,
            "StartTime": self.created,
            "PipelineExecutionStatus": self.status,
            "PipelineExecutionDescription": self.description,
            "PipelineExecutionDisplayName": self.display_name,
            "PipelineExecutionFailureReason": self.failure,
        }
        return {name: value for name, value in answer.items() if value is not None}
