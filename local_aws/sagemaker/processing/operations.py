"""Processing jobs as the API has them."""

from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.jobs.book import JobBook, JobKind
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.jobs.work import JobGround
from local_aws.sagemaker.processing.job import ProcessingJob
from local_aws.sagemaker.processing.request_rules import check_request
from local_aws.sagemaker.processing.task import ProcessingTask
from local_aws.sagemaker.tags import TagStore

_KIND = JobKind(
    name="ProcessingJob",
    arn="processing-job",
    detail_type="SageMaker Processing Job State Change",
    absence=("ValidationException", "Could not find requested job with name: {name}"),
)
_SUMMARY = (
    "ProcessingJobName",
    "ProcessingJobArn",
    "CreationTime",
    "ProcessingEndTime",
    "LastModifiedTime",
    "ProcessingJobStatus",
    "FailureReason",
    "ExitMessage",
)


@define(eq=False)
class ProcessingOperations(ValidatedGroup):
    """CreateProcessingJob, DescribeProcessingJob, ListProcessingJobs and StopProcessingJob.

    Args:
        ground: what jobs run on.
        tags: where the jobs' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _ground: JobGround
    _tags: TagStore
    _jobs: JobBook[ProcessingJob] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._jobs = JobBook(kind=_KIND, platform=self._ground.platform, tags=self._tags)

    @operation("CreateProcessingJob")
    def create_processing_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a job and starts it."""
        check_request(request)
        self._jobs.refuse_taken(context, request["ProcessingJobName"])
        keys = RoleKeys(self._ground.platform, request["RoleArn"], context.region)
        job = self._jobs.add(context, request, ProcessingJob)
        job.on_change(job)
        self._ground.start(job, lambda folder: ProcessingTask(ground=self._ground, job=job, keys=keys, folder=folder))
        return {"ProcessingJobArn": job.arn}

    @operation("DescribeProcessingJob")
    def describe_processing_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a job."""
        return self._jobs.find(context, request).describe()

    @operation("ListProcessingJobs")
    def list_processing_jobs(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of jobs, a page at a time."""
        return self._jobs.summaries(context, request, _SUMMARY)

    @operation("StopProcessingJob")
    def stop_processing_job(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Asks a job to stop: SIGTERM, and SIGKILL after two minutes."""
        self._jobs.stop(context, request)
