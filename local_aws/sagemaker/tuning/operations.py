"""Hyperparameter tuning jobs as the API has them."""

from typing import Any, ClassVar

from attrs import define, field

from local_aws.gateway.context import RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.sagemaker.jobs.book import JobBook, JobKind
from local_aws.sagemaker.jobs.record import ENDED
from local_aws.sagemaker.jobs.work import JobGround
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.tags import TagStore
from local_aws.sagemaker.training.operations import TrainingOperations
from local_aws.sagemaker.training.request_rules import check_request as check_training
from local_aws.sagemaker.tuning.definitions import Definition
from local_aws.sagemaker.tuning.job import Tried, TuningJob
from local_aws.sagemaker.tuning.request_rules import check_request
from local_aws.sagemaker.tuning.task import TuningTask

_KIND = JobKind(
    name="HyperParameterTuningJob",
    arn="hyper-parameter-tuning-job",
    detail_type="SageMaker HyperParameter Tuning Job State Change",
    absence=("ResourceNotFound", "Amazon SageMaker can't find a tuning job with the name {name}."),
)
_SUMMARY = (
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "HyperParameterTuningJobStatus",
    "CreationTime",
    "HyperParameterTuningEndTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
)


@define(eq=False)
class TuningOperations(ValidatedGroup):
    """CreateHyperParameterTuningJob and the operations that describe, list and stop.

    Args:
        ground: what jobs run on.
        trainings: starts training jobs.
        tags: where the jobs' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _ground: JobGround
    _trainings: TrainingOperations
    _tags: TagStore
    _jobs: JobBook[TuningJob] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._jobs = JobBook(kind=_KIND, platform=self._ground.platform, tags=self._tags)

    @operation("CreateHyperParameterTuningJob")
    def create_tuning_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a job and starts it."""
        check_request(request)
        for definition in Definition.all_of(request):
            check_training(definition.training_request(1, {}))
        self._jobs.refuse_taken(context, request["HyperParameterTuningJobName"])
        warm = request.get("WarmStartConfig", {})
        job = self._jobs.add(
            context,
            request,
            TuningJob,
            parents=self._parents(context, request),
            overall=warm.get("WarmStartType") == "IdenticalDataAndAlgorithm",
        )
        job.on_change(job)
        tags = self._tags.of(job.arn)
        self._ground.start(
            job,
            lambda _folder: TuningTask(
                ground=self._ground, trainings=self._trainings, context=context, job=job, tags=tags
            ),
        )
        return {"HyperParameterTuningJobArn": job.arn}

    @operation("DescribeHyperParameterTuningJob")
    def describe_tuning_job(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a job."""
        return self._jobs.find(context, request).describe()

    @operation("ListHyperParameterTuningJobs")
    def list_tuning_jobs(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of jobs, a page at a time."""
        return self._jobs.summaries(context, request, _SUMMARY)

    @operation("ListTrainingJobsForHyperParameterTuningJob")
    def list_training_jobs(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of the training jobs of a job, a page at a time."""
        tried = self._jobs.find(context, request).tried
        page, token = page_of(tried, request, _look, descending=False)
        return with_token({"TrainingJobSummaries": [one.describe() for one in page]}, token)

    @operation("StopHyperParameterTuningJob")
    def stop_tuning_job(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Asks a job to stop: its training jobs are stopped."""
        self._jobs.stop(context, request)

    def _parents(self, context: RequestContext, request: dict[str, Any]) -> tuple[TuningJob, ...]:
        warm = request.get("WarmStartConfig")
        if warm is None:
            return ()
        parents = tuple(self._jobs.find(context, named) for named in warm["ParentHyperParameterTuningJobs"])
        faults = [f"parent {parent.name} is {parent.status}" for parent in parents if parent.status not in ENDED]
        if warm["WarmStartType"] == "IdenticalDataAndAlgorithm":
            image = _image(request)
            faults += [
                f"parent {parent.name} has the training image {_image(parent.request)}, expected {image}"
                for parent in parents
                if _image(parent.request) != image
            ]
        if faults:
            raise validation_error(f"WarmStartConfig: {'; '.join(faults)}")
        return parents


def _image(request: dict[str, Any]) -> Any:
    return Definition.all_of(request)[0].own["AlgorithmSpecification"].get("TrainingImage")


def _look(tried: Tried) -> Listed:
    job = tried.job
    return Listed(name=job.name, created=job.created, status=job.status, metric=tried.value)
