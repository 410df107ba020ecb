"""From what steps need to the statements that allow it, and no more."""

from collections.abc import Iterable, Iterator
from functools import singledispatchmethod

from attrs import frozen

from constructs_lib.definitions.imported import ImportedDefinition
from constructs_lib.definitions.imported_pipeline import ImportedPipeline
from constructs_lib.definitions.needs import (
    ApiAccess,
    Calls,
    EncryptVolumes,
    InvokeFunction,
    JoinNetwork,
    ListObjects,
    ManagedRule,
    Need,
    PassRole,
    PublishMetrics,
    PullImage,
    ReadObject,
    ReadObjects,
    RunWorkflow,
    UseKey,
    WriteLogs,
    WriteObjects,
    WriteResults,
)
from constructs_lib.definitions.pipeline import PipelineDefinition
from constructs_lib.definitions.values import Join, StepOutput, Text
from constructs_lib.definitions.workflow import WorkflowDefinition
from constructs_lib.permissions.network import network_statements
from constructs_lib.permissions.patterns import Location, location, name_patterns, repository_arn, text_pattern
from constructs_lib.permissions.statements import Statement

PULL_ACTIONS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""What reading an image takes, besides the account's token."""

_AT_RUN_TIME = "its name is known only when the workflow runs"


@frozen(kw_only=True)
class Derivation:
    """Makes statements for one place in AWS.

    Attributes:
        definition: the workflow, in which outputs of steps are looked up.
        partition: of the ARNs, as a text or a token.
        region: of the ARNs, as a text or a token.
        account: of the ARNs, as a text or a token.
    """

    definition: WorkflowDefinition | PipelineDefinition | ImportedDefinition | ImportedPipeline
    partition: str
    region: str
    account: str

    def statements(self, needs: Iterable[Need]) -> Iterator[Statement]:
        """The statements for these needs, one after the other."""
        for need in needs:
            yield from self.of(need)

    @singledispatchmethod
    def of(self, need: Need) -> Iterator[Statement]:
        """The statements for one need."""
        raise TypeError(f"got {need!r}, expected one of the needs of constructs_lib.definitions.needs")

    @of.register
    def _(self, need: ApiAccess) -> Iterator[Statement]:
        service = need.actions[0].partition(":")[0]
        below = "" if need.below is None else f"/{need.below}/*"
        names = name_patterns(need.name) if service == "sagemaker" else (text_pattern(need.name),)
        resources = [self._arn(service, f"{need.resource_type}{need.separator}{name}{below}") for name in names]
        yield _statement(need.actions, resources, f"{need.resource_type}: {_AT_RUN_TIME}")

    @of.register
    def _(self, need: Calls) -> Iterator[Statement]:
        resources = [text_pattern(resource) for resource in need.resources]
        yield _statement(need.actions, resources, need.reason or _AT_RUN_TIME)

    @of.register
    def _(self, need: RunWorkflow) -> Iterator[Statement]:
        machine = text_pattern(need.state_machine_arn)
        yield _statement(["states:StartExecution"], [machine], _AT_RUN_TIME)
        if need.wait:
            before, kind, name = machine.partition(":stateMachine:")
            executions = f"{before}:execution:{name}:*" if kind else self._arn("states", "execution:*")
            reason = "executions get their names when they start, and a token does not tell the state machine's"
            yield _statement(["states:DescribeExecution", "states:StopExecution"], [executions], reason)

    @of.register
    def _(self, need: UseKey) -> Iterator[Statement]:
        yield from _with_key(need.kms_key, list(need.actions))

    @of.register
    def _(self, need: ManagedRule) -> Iterator[Statement]:
        actions = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        yield _statement(actions, [self._arn("events", f"rule/{need.name}")])

    @of.register
    def _(self, need: InvokeFunction) -> Iterator[Statement]:
        arn = text_pattern(need.function_arn)
        invoked = arn if need.qualifier is None else f"{arn}:{text_pattern(need.qualifier)}"
        yield _statement(["lambda:InvokeFunction"], [invoked], "what is invoked is known only when the workflow runs")

    @of.register
    def _(self, need: PassRole) -> Iterator[Statement]:
        yield Statement(
            actions=["iam:PassRole"],
            resources=[text_pattern(need.role)],
            conditions={"StringEquals": {"iam:PassedToService": [need.service]}},
            reason="the role is known only when the workflow runs" if text_pattern(need.role) == "*" else None,
        )

    @of.register
    def _(self, need: ReadObjects) -> Iterator[Statement]:
        place = location(need.uri, need.kms_key, self.definition)
        yield _statement(["s3:GetObject"], [self._objects(place)], "the job reads all objects with this prefix")
        listed = [f"{place.prefix}*"]
        if isinstance(need.uri, StepOutput) and place.prefix.endswith("/"):
            listed.append(place.prefix.rstrip("/"))  # an output may be the folder itself, without its slash
        yield Statement(
            actions=["s3:ListBucket"],
            resources=[f"arn:{self.partition}:s3:::{place.bucket}"],
            conditions={"StringLike": {"s3:prefix": listed}} if place.prefix else {},
            reason="the bucket is known only when the workflow runs" if "*" in place.bucket else None,
        )
        yield from _with_key(place.kms_key, ["kms:Decrypt"])

    @of.register
    def _(self, need: ReadObject) -> Iterator[Statement]:
        address = text_pattern(Join("", [need.bucket, "/", need.key, *(["*"] if need.below else [])]))
        yield _statement(["s3:GetObject"], [f"arn:{self.partition}:s3:::{address}"], f"object: {_AT_RUN_TIME}")
        yield from _with_key(need.kms_key, ["kms:Decrypt"])

    @of.register
    def _(self, need: ListObjects) -> Iterator[Statement]:
        prefix, bucket = text_pattern(need.prefix), text_pattern(need.bucket)
        yield Statement(
            actions=["s3:ListBucket"],
            resources=[f"arn:{self.partition}:s3:::{bucket}"],
            conditions={"StringLike": {"s3:prefix": [prefix]}} if prefix else {},
            reason="the bucket is known only when the workflow runs" if "*" in bucket else None,
        )

    @of.register
    def _(self, need: WriteResults) -> Iterator[Statement]:
        folder = Location(text_pattern(need.bucket), text_pattern(need.prefix).strip("/"), need.kms_key).folder
        actions = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        yield _statement(actions, [self._objects(folder)], "each run has a folder of its own, named at run time")
        yield from _with_key(folder.kms_key, ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"])

    @of.register
    def _(self, need: WriteObjects) -> Iterator[Statement]:
        place = location(need.uri, need.kms_key, self.definition).folder
        yield _statement(["s3:PutObject"], [self._objects(place)], "names of the objects come at run time")
        # parts of a large object are read again when they are put together; SageMaker asks for kms:Encrypt where a
        # request names the key
        yield from _with_key(place.kms_key, ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"])

    @of.register
    def _(self, need: PullImage) -> Iterator[Statement]:
        arn = need.repository_arn
        if arn is None:
            arn = repository_arn(need.image, partition=self.partition, region=self.region, account=self.account)
        yield _statement(PULL_ACTIONS, [text_pattern(arn)], "the address of the image does not tell its repository")
        yield _statement(["ecr:GetAuthorizationToken"], ["*"], "ecr:GetAuthorizationToken takes no resource")

    @of.register
    def _(self, need: WriteLogs) -> Iterator[Statement]:
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        group = self._arn("logs", f"log-group:{need.log_group}")
        resources = [group] if group.endswith("*") else [group, f"{group}:*"]
        yield _statement(actions, resources, "SageMaker names log streams, and the log groups of endpoints")

    @of.register
    def _(self, need: PublishMetrics) -> Iterator[Statement]:
        yield Statement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": need.namespaces}},
            reason="cloudwatch:PutMetricData takes no resource; a condition limits the namespace",
        )

    @of.register
    def _(self, need: EncryptVolumes) -> Iterator[Statement]:
        yield from _with_key(need.kms_key, ["kms:CreateGrant", "kms:DescribeKey"])

    @of.register
    def _(self, need: JoinNetwork) -> Iterator[Statement]:
        yield from network_statements(
            map(text_pattern, need.subnets),
            map(text_pattern, need.security_groups),
            partition=self.partition,
            region=self.region,
            account=self.account,
        )

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def _objects(self, place: Location) -> str:
        return f"arn:{self.partition}:s3:::{place.bucket}/{place.prefix}*"


def _statement(actions: Iterable[str], resources: list[str], reason: str | None = None) -> Statement:
    """A statement that carries the reason only if it has a wildcard."""
    wild = any("*" in resource for resource in resources)
    return Statement(actions=sorted(actions), resources=resources, reason=reason if wild else None)


def _with_key(key: Text | None, actions: list[str]) -> Iterator[Statement]:
    if key is not None:
        yield _statement(actions, [text_pattern(key)], "the key is known only when the workflow runs")
