"""Training jobs as the API has them."""

from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.jobs.book import JobBook, JobKind
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.jobs.work import JobGround
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.tags import TagStore
from local_aws.sagemaker.training.input_data import input_channels
from local_aws.sagemaker.training.job import Follower, TrainingJob
from local_aws.sagemaker.training.request_rules import check_request
from local_aws.sagemaker.training.task import TrainingTask

_KIND = JobKind(
    name="TrainingJob",
    arn="training-job",
    detail_type="SageMaker Training Job State Change",
    absence=("ValidationException", "Requested resource not found."),
)
_SUMMARY = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "TrainingJobStatus",
    "SecondaryStatus",
)


@define(eq=False)
class TrainingOperations(ValidatedGroup):
    """CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs and StopTrainingJob.

    Args:
        ground: what jobs run on.
        tags: where the jobs' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _ground: JobGround
    _tags: TagStore
    _jobs: JobBook[TrainingJob] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._jobs = JobBook(kind=_KIND, platform=self._ground.platform, tags=self._tags)

    def launch(
        self, context: RequestContext, request: dict[str, Any], *, follower: Follower | None = None
    ) -> TrainingJob:
        """Accepts a job and starts it.

        Args:
            context: in whose account and region.
            request: a CreateTrainingJob request.
            follower: the tuning job that asks for it.

        Raises:
            AwsError: the request cannot be carried out as it is.
        """
        check_request(request)
        self._jobs.refuse_taken(context, request["TrainingJobName"])
        keys = RoleKeys(self._ground.platform, request["RoleArn"], context.region)
        channels = input_channels(request, keys)
        channels.require_objects()
        job = self._jobs.add(context, request, TrainingJob, follower=follower)
        job.enter("Starting")
        self._ground.start(job, lambda folder: TrainingTask(ground=self._ground, job=job, keys=keys, folder=folder))
        return job

    @operation("CreateTrainingJob")
    def create_training_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a job and starts it."""
        return {"TrainingJobArn": self.launch(context, request).arn}

    @operation("DescribeTrainingJob")
    def describe_training_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a job."""
        return self._jobs.find(context, request).describe()

    @operation("ListTrainingJobs")
    def list_training_jobs(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of jobs, a page at a time."""
        if "WarmPoolStatusEquals" in request or "TrainingPlanArnEquals" in request:
            return {"TrainingJobSummaries": []}
        return self._jobs.summaries(context, request, _SUMMARY, descending=False)

    @operation("StopTrainingJob")
    def stop_training_job(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Asks a job to stop: SIGTERM, and SIGKILL after two minutes."""
        self._jobs.stop(context, request)

    @operation("UpdateTrainingJob")
    def update_training_job(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Refused: it changes profiler rules and warm pools, which are not here."""
        job = self._jobs.find(context, request)
        raise validation_error(
            f"training job {job.name} cannot be updated: the local AWS has no profiler, remote debugging or warm pools"
        )
