"""What can be searched: each kind of resource, as its own List and Describe operations tell it."""

from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

_PAGE = 100
# deleted since it was listed
_GONE = frozenset({"ResourceNotFound", "ValidationException"})


@frozen(kw_only=True)
class Source:
    """One kind of resource.

    Attributes:
        member: of a result that holds such a resource.
        records: reads all of them.
    """

    member: str
    records: Callable[[Any], Iterator[dict[str, Any]]]


@frozen(kw_only=True)
class _Listed:
    """Reads resources by the operations on their kind.

    Attributes:
        listing: the client's method that lists them.
        summaries: the member of its answer that has them.
        reading: the client's method that describes one.
        name: the parameter that it takes.
        told: the member of a summary with that parameter's value. Default: the same name.
        filters: of the list.
    """

    listing: str
    summaries: str
    reading: str
    name: str
    told: str | None = None
    filters: tuple[tuple[str, str], ...] = ()

    def __call__(self, client: Any) -> Iterator[dict[str, Any]]:
        pages = client.get_paginator(self.listing).paginate(**dict(self.filters), PaginationConfig={"PageSize": _PAGE})
        for page in pages:
            for summary in page[self.summaries]:
                try:
                    yield getattr(client, self.reading)(**{self.name: summary[self.told or self.name]})
                except ClientError as error:
                    if error.response["Error"]["Code"] not in _GONE:
                        raise


def _pipeline_executions(client: Any) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator("list_pipelines").paginate():
        for pipeline in page["PipelineSummaries"]:
            name = pipeline["PipelineName"]
            read = _Listed(
                listing="list_pipeline_executions",
                summaries="PipelineExecutionSummaries",
                reading="describe_pipeline_execution",
                name="PipelineExecutionArn",
                filters=(("PipelineName", name),),
            )
            yield from read(client)


def _trial_components(client: Any) -> Iterator[dict[str, Any]]:
    parents: dict[str, list[dict[str, str]]] = {}
    for trial in _TRIALS(client):
        parent = {"TrialName": trial["TrialName"], "ExperimentName": trial["ExperimentName"]}
        for page in client.get_paginator("list_trial_components").paginate(TrialName=trial["TrialName"]):
            for component in page["TrialComponentSummaries"]:
                parents.setdefault(component["TrialComponentName"], []).append(parent)
    for component in _COMPONENTS(client):
        yield component | {"Parents": parents.get(component["TrialComponentName"], [])}


def _features(client: Any) -> Iterator[dict[str, Any]]:
    for group in _FEATURE_GROUPS(client):
        name = group["FeatureGroupName"]
        for feature in group["FeatureDefinitions"]:
            yield client.describe_feature_metadata(FeatureGroupName=name, FeatureName=feature["FeatureName"])


_TRIALS = _Listed(listing="list_trials", summaries="TrialSummaries", reading="describe_trial", name="TrialName")
_COMPONENTS = _Listed(
    listing="list_trial_components",
    summaries="TrialComponentSummaries",
    reading="describe_trial_component",
    name="TrialComponentName",
)
_FEATURE_GROUPS = _Listed(
    listing="list_feature_groups",
    summaries="FeatureGroupSummaries",
    reading="describe_feature_group",
    name="FeatureGroupName",
)

SOURCES: dict[str, Source] = {
    "TrainingJob": Source(
        member="TrainingJob",
        records=_Listed(
            listing="list_training_jobs",
            summaries="TrainingJobSummaries",
            reading="describe_training_job",
            name="TrainingJobName",
        ),
    ),
    "HyperParameterTuningJob": Source(
        member="HyperParameterTuningJob",
        records=_Listed(
            listing="list_hyper_parameter_tuning_jobs",
            summaries="HyperParameterTuningJobSummaries",
            reading="describe_hyper_parameter_tuning_job",
            name="HyperParameterTuningJobName",
        ),
    ),
    "Experiment": Source(
        member="Experiment",
        records=_Listed(
            listing="list_experiments",
            summaries="ExperimentSummaries",
            reading="describe_experiment",
            name="ExperimentName",
        ),
    ),
    "ExperimentTrial": Source(member="Trial", records=_TRIALS),
    "ExperimentTrialComponent": Source(member="TrialComponent", records=_trial_components),
    "Endpoint": Source(
        member="Endpoint",
        records=_Listed(
            listing="list_endpoints", summaries="Endpoints", reading="describe_endpoint", name="EndpointName"
        ),
    ),
    "ModelPackage": Source(
        member="ModelPackage",
        records=_Listed(
            listing="list_model_packages",
            summaries="ModelPackageSummaryList",
            reading="describe_model_package",
            name="ModelPackageName",
            told="ModelPackageArn",
            filters=(("ModelPackageType", "Both"),),
        ),
    ),
    "ModelPackageGroup": Source(
        member="ModelPackageGroup",
        records=_Listed(
            listing="list_model_package_groups",
            summaries="ModelPackageGroupSummaryList",
            reading="describe_model_package_group",
            name="ModelPackageGroupName",
        ),
    ),
    "Pipeline": Source(
        member="Pipeline",
        records=_Listed(
            listing="list_pipelines", summaries="PipelineSummaries", reading="describe_pipeline", name="PipelineName"
        ),
    ),
    "PipelineExecution": Source(member="PipelineExecution", records=_pipeline_executions),
    "FeatureGroup": Source(member="FeatureGroup", records=_FEATURE_GROUPS),
    "FeatureMetadata": Source(member="FeatureMetadata", records=_features),
}
