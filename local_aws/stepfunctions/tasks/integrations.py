"""The optimized integrations: which actions Step Functions offers by name, and how each is waited for.

A row an action. https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from local_aws.stepfunctions.language.resources import Resource

_TOKEN = frozenset({"waitForTaskToken"})
_SYNC = frozenset({"sync"})


@frozen(kw_only=True)
class SyncJob:
    """How the end of a started job is seen.

    Attributes:
        rule: the EventBridge rule that AWS keeps for it, and that the role must be allowed to put.
        detail_type: of the events that tell its end.
        event_id: the job's id in such an event's detail.
        job_id: the job's id, from the request and the answer to it.
        describe: the operation that describes it.
        describe_request: its parameters for an id.
        description: the job, from its answer.
        status: the job's status, from its description.
        succeeded: statuses of success.
        ended: statuses of every end.
        stop: the operation that stops it.
        stop_request: its parameters for an id.
    """

    rule: str
    detail_type: str
    event_id: Callable[[dict[str, Any]], str]
    job_id: Callable[[dict[str, Any], dict[str, Any]], str]
    describe: str
    describe_request: Callable[[str], dict[str, Any]]
    description: Callable[[dict[str, Any]], dict[str, Any]]
    status: Callable[[dict[str, Any]], str]
    succeeded: frozenset[str]
    ended: frozenset[str]
    stop: str
    stop_request: Callable[[str], dict[str, Any]]


@frozen(kw_only=True)
class Integration:
    """An optimized integration.

    Attributes:
        client: botocore's service name.
        operation: of that service.
        prefix: of its error names, such as ``SageMaker``.
        sdk: the service's name in causes, such as ``AmazonSageMaker``.
        base_error: the error name of a code that the service's model lacks.
        patterns: beside request and response.
        json_members: string members that take any JSON.
        bare: its answer comes without the SDK's metadata.
        sync: how a job is waited for; None where it is no job.
    """

    client: str
    operation: str
    prefix: str
    sdk: str
    base_error: str
    patterns: frozenset[str] = frozenset()
    json_members: frozenset[str] = frozenset()
    bare: bool = False
    sync: SyncJob | None = None


def _sagemaker_job(job: str, detail_type: str, rule: str) -> SyncJob:
    return SyncJob(
        rule=f"StepFunctionsGetEventsForSageMaker{rule}JobsRule",
        detail_type=f"SageMaker {detail_type} Job State Change",
        event_id=lambda detail: str(detail.get(f"{job}Name", "")),
        job_id=lambda request, _answer: str(request[f"{job}Name"]),
        describe=f"Describe{job}",
        describe_request=lambda name: {f"{job}Name": name},
        description=lambda answer: answer,
        status=lambda description: str(description[f"{job}Status"]),
        succeeded=frozenset({"Completed"}),
        ended=frozenset({"Completed", "Failed", "Stopped"}),
        stop=f"Stop{job}",
        stop_request=lambda name: {f"{job}Name": name},
    )


def _sagemaker(operation: str, sync: SyncJob | None = None) -> Integration:
    return Integration(
        client="sagemaker",
        operation=operation,
        prefix="SageMaker",
        sdk="AmazonSageMaker",
        base_error="AmazonSageMakerException",
        patterns=_SYNC if sync else frozenset(),
        sync=sync,
    )


_BUILD = SyncJob(
    rule="StepFunctionsGetEventForCodeBuildStartBuildRule",
    detail_type="CodeBuild Build State Change",
    event_id=lambda detail: str(detail.get("build-id", "")).rsplit("/", 1)[-1],
    job_id=lambda _request, answer: str(answer["build"]["id"]),
    describe="BatchGetBuilds",
    describe_request=lambda build: {"ids": [build]},
    description=lambda answer: {"build": answer["builds"][0]},
    status=lambda description: str(description["build"]["buildStatus"]),
    succeeded=frozenset({"SUCCEEDED"}),
    ended=frozenset({"SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED"}),
    stop="StopBuild",
    stop_request=lambda build: {"id": build},
)

_EXECUTION = SyncJob(
    rule="StepFunctionsGetEventsForStepFunctionsExecutionRule",
    detail_type="Step Functions Execution Status Change",
    event_id=lambda detail: str(detail.get("executionArn", "")),
    job_id=lambda _request, answer: str(answer["executionArn"]),
    describe="DescribeExecution",
    describe_request=lambda arn: {"executionArn": arn},
    description=lambda answer: answer,
    status=lambda description: str(description["status"]),
    succeeded=frozenset({"SUCCEEDED"}),
    ended=frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}),
    stop="StopExecution",
    stop_request=lambda arn: {"executionArn": arn},
)


def _codebuild(operation: str, sync: SyncJob | None = None) -> Integration:
    return Integration(
        client="codebuild",
        operation=operation,
        prefix="CodeBuild",
        sdk="AWSCodeBuild",
        base_error="AWSCodeBuildException",
        patterns=_SYNC if sync else frozenset(),
        sync=sync,
    )


def _dynamodb(operation: str) -> Integration:
    return Integration(
        client="dynamodb",
        operation=operation,
        prefix="DynamoDB",
        sdk="AmazonDynamoDBv2",
        base_error="AmazonDynamoDBException",
    )


INTEGRATIONS: dict[tuple[str, str], Integration] = {
    ("lambda", "invoke"): Integration(
        client="lambda",
        operation="Invoke",
        prefix="Lambda",
        sdk="AWSLambda",
        base_error="AWSLambdaException",
        patterns=_TOKEN,
    ),
    ("sagemaker", "createTrainingJob"): _sagemaker(
        "CreateTrainingJob", _sagemaker_job("TrainingJob", "Training", "Training")
    ),
    ("sagemaker", "createProcessingJob"): _sagemaker(
        "CreateProcessingJob", _sagemaker_job("ProcessingJob", "Processing", "Processing")
    ),
    ("sagemaker", "createTransformJob"): _sagemaker(
        "CreateTransformJob", _sagemaker_job("TransformJob", "Transform", "Transform")
    ),
    ("sagemaker", "createHyperParameterTuningJob"): _sagemaker(
        "CreateHyperParameterTuningJob",
        _sagemaker_job("HyperParameterTuningJob", "HyperParameter Tuning", "Tuning"),
    ),
    ("sagemaker", "createLabelingJob"): _sagemaker(
        "CreateLabelingJob", _sagemaker_job("LabelingJob", "Labeling", "Labeling")
    ),
    ("sagemaker", "createModel"): _sagemaker("CreateModel"),
    ("sagemaker", "createEndpoint"): _sagemaker("CreateEndpoint"),
    ("sagemaker", "createEndpointConfig"): _sagemaker("CreateEndpointConfig"),
    ("sagemaker", "updateEndpoint"): _sagemaker("UpdateEndpoint"),
    ("codebuild", "startBuild"): _codebuild("StartBuild", _BUILD),
    ("codebuild", "stopBuild"): _codebuild("StopBuild"),
    ("codebuild", "batchDeleteBuilds"): _codebuild("BatchDeleteBuilds"),
    ("codebuild", "batchGetReports"): _codebuild("BatchGetReports"),
    ("sns", "publish"): Integration(
        client="sns",
        operation="Publish",
        prefix="SNS",
        sdk="AmazonSNS",
        base_error="AmazonSNSException",
        patterns=_TOKEN,
        json_members=frozenset({"Message"}),
    ),
    ("sqs", "sendMessage"): Integration(
        client="sqs",
        operation="SendMessage",
        prefix="SQS",
        sdk="AmazonSQS",
        base_error="AmazonSQSException",
        patterns=_TOKEN,
        json_members=frozenset({"MessageBody"}),
    ),
    ("events", "putEvents"): Integration(
        client="events",
        operation="PutEvents",
        prefix="EventBridge",
        sdk="AmazonEventBridge",
        base_error="AmazonEventBridgeException",
        patterns=_TOKEN,
        json_members=frozenset({"Detail"}),
        bare=True,
    ),
    ("dynamodb", "getItem"): _dynamodb("GetItem"),
    ("dynamodb", "putItem"): _dynamodb("PutItem"),
    ("dynamodb", "updateItem"): _dynamodb("UpdateItem"),
    ("dynamodb", "deleteItem"): _dynamodb("DeleteItem"),
    ("states", "startExecution"): Integration(
        client="stepfunctions",
        operation="StartExecution",
        prefix="StepFunctions",
        sdk="AWSStepFunctions",
        base_error="AWSStepFunctionsException",
        patterns=frozenset({"sync", "sync:2", "waitForTaskToken"}),
        json_members=frozenset({"Input"}),
        sync=_EXECUTION,
    ),
}
"""Every optimized integration that the local AWS carries out, by service and action of its Resource."""

_BOTH = frozenset({"sync", "waitForTaskToken"})
_NONE: frozenset[str] = frozenset()

ELSEWHERE: dict[str, dict[str, frozenset[str]]] = {
    "apigateway": {"invoke": _TOKEN},
    "athena": {
        "startQueryExecution": _SYNC,
        "stopQueryExecution": _NONE,
        "getQueryExecution": _NONE,
        "getQueryResults": _NONE,
    },
    "batch": {"submitJob": _BOTH},
    "bedrock": {"invokeModel": _NONE, "createModelCustomizationJob": _SYNC},
    "codebuild": {
        "startBuildBatch": _SYNC,
        "stopBuildBatch": _NONE,
        "retryBuildBatch": _SYNC,
        "deleteBuildBatch": _NONE,
    },
    "databrew": {"startJobRun": _SYNC},
    "ecs": {"runTask": _BOTH},
    "eks": {
        "createCluster": _SYNC,
        "deleteCluster": _SYNC,
        "createNodegroup": _SYNC,
        "deleteNodegroup": _SYNC,
        "createFargateProfile": _SYNC,
        "deleteFargateProfile": _SYNC,
        "runJob": _SYNC,
        "call": _NONE,
    },
    "elasticmapreduce": {
        "createCluster": _SYNC,
        "terminateCluster": _SYNC,
        "addStep": _SYNC,
        "cancelStep": _NONE,
        "setClusterTerminationProtection": _NONE,
        "modifyInstanceFleetByName": _NONE,
        "modifyInstanceGroupByName": _NONE,
    },
    "emr-containers": {
        "createVirtualCluster": _NONE,
        "deleteVirtualCluster": _SYNC,
        "startJobRun": _SYNC,
    },
    "emr-serverless": {
        "createApplication": _SYNC,
        "startApplication": _SYNC,
        "stopApplication": _SYNC,
        "deleteApplication": _SYNC,
        "startJobRun": _SYNC,
        "cancelJobRun": _SYNC,
    },
    "glue": {"startJobRun": _SYNC},
    "http": {"invoke": _NONE},
    "mediaconvert": {"createJob": _SYNC},
}
"""Integrations that AWS offers and the local AWS does not, with their patterns: a definition may have them."""


def integration_of(resource: Resource) -> Integration | None:
    """The row of an optimized Resource; None for one that is carried out elsewhere, or not at all."""
    return INTEGRATIONS.get((resource.service, resource.action))


def is_offered(resource: Resource) -> bool:
    """Whether AWS offers an optimized Resource, with its pattern."""
    row = integration_of(resource)
    patterns = row.patterns if row else ELSEWHERE.get(resource.service, {}).get(resource.action)
    return patterns is not None and (resource.pattern == "" or resource.pattern in patterns)
