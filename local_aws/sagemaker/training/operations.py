"""Training jobs as the API has them."""

from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import operation
from local_aws.platform import Platform
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import arn_of, event_detail, validation_error
from local_aws.sagemaker.roles import assume_execution_role
from local_aws.sagemaker.tags import TagStore
from local_aws.sagemaker.training.job import TrainingJob
from local_aws.sagemaker.training.request_rules import check_request
from local_aws.sagemaker.training.runner import TrainingRunner
from local_aws.sagemaker.validation import ValidatedGroup


@define(eq=False)
class TrainingOperations(ValidatedGroup):
    """CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs and StopTrainingJob.

    Args:
        platform: the local AWS.
        runner: carries the jobs out.
        tags: where the jobs' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _platform: Platform
    _runner: TrainingRunner
    _tags: TagStore
    _jobs: RegionalState[dict[str, TrainingJob]] = field(factory=lambda: RegionalState(dict))

    @operation("CreateTrainingJob")
    def create_training_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a job and starts it."""
        check_request(request)
        name = request["TrainingJobName"]
        arn = arn_of(context, "training-job", name)
        jobs = self._jobs[context]
        _refuse_taken(name, arn, jobs)
        credentials = assume_execution_role(self._platform, request["RoleArn"])
        self._runner.channels(request, context.region, credentials).require_objects()
        job = TrainingJob(
            name=name,
            arn=arn,
            account=context.account,
            region=context.region,
            request={key: value for key, value in request.items() if key != "Tags"},
            on_change=self._announce,
        )
        if jobs.setdefault(name, job) is not job:
            _refuse_taken(name, arn, jobs)
        self._tags.create(arn, request.get("Tags"))
        job.enter("Starting")
        self._runner.start(job, credentials)
        return {"TrainingJobArn": arn}

    @operation("DescribeTrainingJob")
    def describe_training_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a job."""
        return self._job(context, request).describe()

    @operation("ListTrainingJobs")
    def list_training_jobs(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of jobs, a page at a time."""
        if "WarmPoolStatusEquals" in request or "TrainingPlanArnEquals" in request:
            return {"TrainingJobSummaries": []}
        page, token = page_of(list(self._jobs[context].values()), request, _look, descending=False)
        return with_token({"TrainingJobSummaries": [_summary(job) for job in page]}, token)

    @operation("StopTrainingJob")
    def stop_training_job(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Asks a job to stop: SIGTERM, and SIGKILL after two minutes."""
        job = self._job(context, request)
        if not job.request_stop():
            raise validation_error(f"The request was rejected because the training job is in status {job.status}.")

    @operation("UpdateTrainingJob")
    def update_training_job(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Refused: it changes profiler rules and warm pools, which are not here."""
        job = self._job(context, request)
        raise validation_error(
            f"training job {job.name} cannot be updated: the local AWS has no profiler, remote debugging or warm pools"
        )

    def _job(self, context: RequestContext, request: dict[str, Any]) -> TrainingJob:
        job = self._jobs[context].get(request["TrainingJobName"])
        if job is None:
            raise validation_error("Requested resource not found.")
        return job

    def _announce(self, job: TrainingJob) -> None:
        self._platform.emit(
            account=job.account,
            region=job.region,
            source="aws.sagemaker",
            detail_type="SageMaker Training Job State Change",
            detail=event_detail(job.describe(), self._tags.of(job.arn)),
            resources=[job.arn],
        )


def _refuse_taken(name: str, arn: str, jobs: dict[str, TrainingJob]) -> None:
    if name in jobs:
        raise AwsError(
            "ResourceInUse",
            "Job name must be unique within an AWS account and region, and a job with this name already exists "
            f"({arn})",
        )


def _look(job: TrainingJob) -> Listed:
    return Listed(name=job.name, created=job.created, modified=job.modified, status=job.status)


def _summary(job: TrainingJob) -> dict[str, Any]:
    described = job.describe()
    names = (
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
    )
    return {name: described[name] for name in names if name in described}
