"""Transform jobs as the API has them."""

from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.endpoints.models import ModelOperations
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.jobs.book import JobBook, JobKind
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.jobs.work import JobGround
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.tags import TagStore
from local_aws.sagemaker.transform.job import TransformJob
from local_aws.sagemaker.transform.request_rules import check_request
from local_aws.sagemaker.transform.task import TransformTask

_KIND = JobKind(
    name="TransformJob",
    arn="transform-job",
    detail_type="SageMaker Transform Job State Change",
    absence=("ValidationException", "Could not find requested job with name: {name}"),
)
_SUMMARY = (
    "TransformJobName",
    "TransformJobArn",
    "CreationTime",
    "TransformEndTime",
    "LastModifiedTime",
    "TransformJobStatus",
    "FailureReason",
)


@define(eq=False)
class TransformOperations(ValidatedGroup):
    """CreateTransformJob, DescribeTransformJob, ListTransformJobs and StopTransformJob.

    Args:
        ground: what jobs run on.
        settings: times of a container that serves.
        models: where a job's model is found.
        tags: where the jobs' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _ground: JobGround
    _settings: EndpointSettings
    _models: ModelOperations
    _tags: TagStore
    _jobs: JobBook[TransformJob] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._jobs = JobBook(kind=_KIND, platform=self._ground.platform, tags=self._tags)

    @operation("CreateTransformJob")
    def create_transform_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a job and starts it."""
        check_request(request)
        self._jobs.refuse_taken(context, request["TransformJobName"])
        model = self._models.find(context, request["ModelName"])
        if not model.has_role:
            raise validation_error(f"Model {model.name} has no ExecutionRoleArn: a transform job needs its role.")
        if model.direct:
            raise validation_error(
                f"Model {model.name} runs its containers in mode Direct: a transform job needs a model of mode Serial."
            )
        keys = RoleKeys(self._ground.platform, model.role_arn, context.region)
        job = self._jobs.add(context, request, TransformJob)
        job.on_change(job)
        self._ground.start(
            job,
            lambda folder: TransformTask(
                ground=self._ground, settings=self._settings, job=job, model=model, keys=keys, folder=folder
            ),
        )
        return {"TransformJobArn": job.arn}

    @operation("DescribeTransformJob")
    def describe_transform_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a job."""
        return self._jobs.find(context, request).describe()

    @operation("ListTransformJobs")
    def list_transform_jobs(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of jobs, a page at a time."""
        return self._jobs.summaries(context, request, _SUMMARY)

    @operation("StopTransformJob")
    def stop_transform_job(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Asks a job to stop; the objects that are done keep their results."""
        self._jobs.stop(context, request)
