"""What Step Functions can call, and wait for."""

from collections.abc import Iterator

from constructs_lib.checks.rules import Subject, rule
from constructs_lib.checks.service_model import is_known
from constructs_lib.definitions.errors import Problem

_SYNC = {
    "athena": {"startQueryExecution"},
    "batch": {"submitJob"},
    "bedrock": {"createModelCustomizationJob"},
    "codebuild": {"retryBuildBatch", "startBuild", "startBuildBatch"},
    "databrew": {"startJobRun"},
    "ecs": {"runTask"},
    "eks": {
        "createCluster",
        "createFargateProfile",
        "createNodegroup",
        "deleteCluster",
        "deleteFargateProfile",
        "deleteNodegroup",
        "runJob",
    },
    "elasticmapreduce": {"addStep", "createCluster", "terminateCluster"},
    "emr-containers": {"deleteVirtualCluster", "startJobRun"},
    "emr-serverless": {
        "cancelJobRun",
        "createApplication",
        "deleteApplication",
        "startApplication",
        "startJobRun",
        "stopApplication",
    },
    "glue": {"startJobRun"},
    "mediaconvert": {"createJob"},
    "sagemaker": {
        "createHyperParameterTuningJob",
        "createLabelingJob",
        "createProcessingJob",
        "createTrainingJob",
        "createTransformJob",
    },
    "states": {"startExecution"},
}
"""What Step Functions waits for; https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html."""


def is_waited_for(service: str, action: str) -> bool:
    """Whether Step Functions can wait for the end of what a call starts."""
    return action in _SYNC.get(service, set())


@rule
def calls_exist(subject: Subject) -> Iterator[Problem]:
    """A call of something that is no operation of AWS's API is refused when the state machine is made."""
    for step in subject.tasks:
        call = step.integration
        if not is_known(call.service, call.operation):
            message = f"got {call.service}:{call.action}, expected a service and an operation of AWS's API"
            yield Problem(step=step.name, message=message)


@rule
def only_jobs_are_waited_for(subject: Subject) -> Iterator[Problem]:
    """`.sync` exists for some integrations; for SageMaker's pipelines and endpoints it does not."""
    for step in subject.tasks:
        call = step.integration
        if not call.pattern.startswith("sync"):
            continue
        if call.sdk or not is_waited_for(call.service, call.action):
            own = {"startPipelineExecution": "PipelineStep", "createEndpoint": "EndpointStep"}.get(call.action)
            hint = f": {own} asks for its status instead" if own else ""
            message = f"got {call.service}:{call.action}.sync, which Step Functions does not have{hint}"
            yield Problem(step=step.name, path="pattern", message=message)
