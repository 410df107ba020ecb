"""The pipeline `synthetic-housing-training-sm-pipeline-ray`: from raw houses to a registered model, with Ray.

It imports `constructs_lib.definitions` alone: it can be made, checked, drawn and rendered without an AWS account.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from constructs_lib.definitions import (
    PIPELINE_EXECUTION_ID,
    CacheConfig,
    CallbackStep,
    Channel,
    ChoiceStep,
    ComputeResources,
    ContainerImage,
    ContinuousRange,
    FailStep,
    IntegerRange,
    Join,
    MetricDefinition,
    MetricsFile,
    ModelMetrics,
    Objective,
    PipelineDefinition,
    PipelineParameter,
    ProcessingInput,
    ProcessingOutput,
    ProcessingStep,
    PropertyFile,
    RegisterModelStep,
    TuningLimits,
    TuningStep,
    less_or_equal,
)
from constructs_lib.definitions.features import Feature, FeatureSchema
from constructs_lib.definitions.steps import Step
from constructs_lib.definitions.values import Text, Whole

NAME = "synthetic-housing-training-sm-pipeline-ray"
BUILD = "BuildContainer"
INGESTION = "FeatureStoreIngestion"
PREPROCESSING = "PreprocessData"
TUNING = "HPTuning"
EVALUATION = "EvaluateModel"
CHECK = "CheckEvaluation"
REGISTRATION = "RegisterTrainedModel"
FAILED = "RMSEFail"

FEATURE_GROUP = "fs-ray-synthetic-housing-data"
STORE_PREFIX = "aws-ray-mlops-workshop/feature-store"

SCRIPTS = Path(__file__).resolve().parent / "scripts"
"""What the processing jobs run; `HousingRaySettings.script_uris` are where they lie in S3."""

SCHEMA = FeatureSchema(
    record_identifier="record_id",
    event_time="event_time",
    features=[
        Feature("record_id", "String"),
        Feature("event_time", "String"),
        Feature("PRICE", "Integral"),
        Feature("YEAR_BUILT", "Integral"),
        Feature("SQUARE_FEET", "Fractional"),
        Feature("NUM_BEDROOMS", "Integral"),
        Feature("NUM_BATHROOMS", "Fractional"),
        Feature("LOT_ACRES", "Fractional"),
        Feature("GARAGE_SPACES", "Integral"),
        Feature("FRONT_PORCH", "Integral"),
        Feature("DECK", "Integral"),
    ],
)
"""Of the feature group, where the app makes it; the ingestion makes the same where there is none."""

CONTENT_TYPES = ("text/csv", "application/json")
"""What the container's inference handler takes, and what it answers with."""

METRICS = tuple(
    MetricDefinition(name=name, regex=rf"{name}=([0-9\.]+)") for name in ("validation:mae", "validation:rmse")
)
"""Read from log lines such as ``validation:rmse=7613.412``."""

_FOLDER = "/opt/ml/processing"
_SEED = 47
_SPLITS = ("train", "validation", "test")


@frozen(kw_only=True)
class HousingRaySettings:
    """What differs between the environments that the pipeline runs in.

    Args:
        image: the container of all steps and of the model, or the step that builds it (`container_build`).
        raw_data_uri: prefix in S3 of CSV files of houses; hosts share them by their keys.
        script_uris: address in S3 of each script of `SCRIPTS`, by its name; it should change with that script alone.
        data_bucket: bucket for everything that the pipeline writes, the offline store among it.
        group_name: of the model package group.
        store_role_arn: with which Feature Store writes the offline store of a group that the ingestion makes. Default:
            it makes none, so there must be one.
        repository_arn: ECR repository of an image that is built, from which jobs get the right to pull. Default: any.
        data_folder: where in the bucket its runs are kept. Default: ``housing-ray``.
        data_key: ARN of the key that encrypts the raw data and the bucket. Default: none.
        code_key: ARN of the key that encrypts the scripts. Default: none.
        compute: of the processing jobs; how many instances ingest is a parameter of the pipeline. Default:
            ml.m5.xlarge.
        training_compute: of each training job of the tuning. Default: three ml.c5.xlarge.
        max_runtime_seconds: of each job. Default: one hour.
        feature_group_name: default of the parameter FeatureGroupName. Default: `FEATURE_GROUP`.
    """

    image: ContainerImage | CallbackStep
    raw_data_uri: Text
    script_uris: Mapping[str, Text]
    data_bucket: str
    group_name: Text
    repository_arn: Text | None = None
    store_role_arn: Text | None = None
    data_folder: str = "housing-ray"
    data_key: Text | None = None
    code_key: Text | None = None
    compute: ComputeResources = field(factory=lambda: ComputeResources(instance_type="ml.m5.xlarge"))
    training_compute: ComputeResources = field(
        factory=lambda: ComputeResources(instance_type="ml.c5.xlarge", instance_count=3)
    )
    max_runtime_seconds: Whole = 3600
    feature_group_name: str = FEATURE_GROUP

    @property
    def container(self) -> ContainerImage:
        """The image that all jobs run."""
        if not isinstance(self.image, CallbackStep):
            return self.image
        return ContainerImage(uri=self.image.output("ImageUri"), repository_arn=self.repository_arn)

    def run_uri(self, name: str) -> Join:
        """The prefix in S3 of what an execution leaves under a name."""
        return Join("/", [f"s3://{self.data_bucket}", self.data_folder, "runs", PIPELINE_EXECUTION_ID, name])


def container_build(*, queue_url: Text, queue_arn: Text) -> CallbackStep:
    """The step that has the container built, unless it is.

    Args:
        queue_url: of the queue of the container build.
        queue_arn: of the same queue.
    """
    # an answer may hold no more than what the step declares
    told = ("BuildId", "ImageDigest", "ImageTag", "ImageUri", "Reused")
    return CallbackStep(name=BUILD, queue_url=queue_url, queue_arn=queue_arn, outputs=dict.fromkeys(told, "string"))


def housing_ray(settings: HousingRaySettings) -> PipelineDefinition:
    """The pipeline; its jobs still need roles (`PipelineDefinition.with_roles`).

    Raises:
        DefinitionError: settings that the services would refuse, all together.
    """
    instances = PipelineParameter("ProcessingInstanceCount", type="integer", default=1)
    group = PipelineParameter("FeatureGroupName", default=settings.feature_group_name)
    prefix = PipelineParameter("Bucket_Prefix", default=STORE_PREFIX)
    threshold = PipelineParameter("RMSEThreshold", type="number", default=15000.0)
    sizes = [
        PipelineParameter(f"{name.title()}Size", default=default)
        for name, default in zip(_SPLITS, ("0.6", "0.2", "0.2"), strict=True)
    ]
    ingest = _ingestion(settings, instances, group, prefix)
    prepare = _processing(
        settings,
        PREPROCESSING,
        script="preprocessing.py",
        arguments=[word for name, size in zip(_SPLITS, sizes, strict=True) for word in (f"--{name}-size", size)],
        inputs=[_input(settings, "ingestion", ingest.output_location("ingestion"))],
        results=[*_SPLITS, "scaler"],
        cache=_CACHE,
        depends_on=[ingest],
    )
    tune = _tuning(settings, prepare)
    report = PropertyFile(name="EvaluationReport", output_name="evaluation", path="evaluation.json")
    evaluate = _processing(
        settings,
        EVALUATION,
        script="evaluate.py",
        inputs=[
            _input(settings, "model", tune.top_model_uri(0, settings.data_bucket, f"{settings.data_folder}/models")),
            _input(settings, "test", prepare.output_location("test")),
        ],
        results=["evaluation"],
        property_files=[report],
    )
    register = RegisterModelStep(
        name=REGISTRATION,
        group_name=settings.group_name,
        image=settings.container,
        model_data_uri=tune.top_model_uri(0, settings.data_bucket, f"{settings.data_folder}/models"),
        content_types=CONTENT_TYPES,
        response_types=CONTENT_TYPES,
        inference_instances=["ml.t2.medium", "ml.m5.xlarge"],
        transform_instances=["ml.m5.xlarge"],
        approval_status="PendingManualApproval",
        metrics=ModelMetrics(
            model_statistics=MetricsFile(uri=Join("/", [evaluate.output_location("evaluation"), "evaluation.json"]))
        ),
    )
    failed = FailStep(name=FAILED, cause=Join(" ", ["Execution failed due to RMSE >", threshold]))
    check = ChoiceStep.if_else(
        name=CHECK,
        conditions=[less_or_equal(evaluate.json_get(report, "regression_metrics.rmse.value"), threshold)],
        if_steps=[register],
        else_steps=[failed],
    )
    built = [settings.image] if isinstance(settings.image, CallbackStep) else []
    return PipelineDefinition(
        name=NAME,
        description="Ingests houses, trains and tunes a model of their prices with Ray, registers it if it is good.",
        parameters=[instances, group, prefix, threshold, *sizes],
        steps=[*built, ingest, prepare, tune, evaluate, check],
    )


_CACHE = CacheConfig(expire_after="PT12H")


def _ingestion(settings: HousingRaySettings, instances: Whole, group: Text, prefix: Text) -> ProcessingStep:
    role = [] if settings.store_role_arn is None else ["--role-arn", settings.store_role_arn]
    key = [] if settings.data_key is None else ["--kms-key", settings.data_key]
    return _processing(
        settings,
        INGESTION,
        script="ingestion.py",
        arguments=[
            "--feature-group-name",
            group,
            "--store-uri",
            Join("/", [f"s3://{settings.data_bucket}", prefix]),
            *role,
            *key,
        ],
        inputs=[
            ProcessingInput(
                name="input",
                uri=settings.raw_data_uri,
                path=f"{_FOLDER}/input",
                distribution="ShardedByS3Key",
                kms_key=settings.data_key,
            )
        ],
        results=["ingestion"],
        instances=instances,
        cache=_CACHE,
    )


def _tuning(settings: HousingRaySettings, prepare: ProcessingStep) -> TuningStep:
    return TuningStep(
        name=TUNING,
        image=settings.container,
        compute=settings.training_compute,
        channels=[
            Channel(name=name, uri=prepare.output_location(name), kms_key=settings.data_key)
            for name in ("train", "validation", "scaler")
        ],
        output_uri=f"s3://{settings.data_bucket}/{settings.data_folder}/models",
        output_kms_key=settings.data_key,
        hyperparameters={"objective": "reg:squarederror", "num_round": "100", "seed": str(_SEED)},
        objective=Objective(metric="validation:rmse", goal="Minimize"),
        metrics=METRICS,
        ranges=[
            IntegerRange(name="max_depth", lowest=1, highest=8),
            ContinuousRange(name="eta", lowest=0.2, highest=1),
            ContinuousRange(name="min_child_weight", lowest=0, highest=120),
            ContinuousRange(name="subsample", lowest=0.2, highest=1),
        ],
        limits=TuningLimits(max_jobs=4, max_parallel_jobs=4),
        random_seed=_SEED,
        max_runtime_seconds=settings.max_runtime_seconds,
        cache=_CACHE,
    )


def _processing(
    settings: HousingRaySettings,
    name: str,
    *,
    script: str,
    inputs: Sequence[ProcessingInput],
    results: Sequence[str],
    arguments: Sequence[Text] = (),
    instances: Whole = 1,
    property_files: Sequence[PropertyFile] = (),
    cache: CacheConfig | None = None,
    depends_on: Sequence[Step] = (),
) -> ProcessingStep:
    """A job that runs a script, and keeps its results under the execution's id."""
    code = ProcessingInput(
        name="code", uri=settings.script_uris[script], path=f"{_FOLDER}/code", kms_key=settings.code_key
    )
    return ProcessingStep(
        name=name,
        image=settings.container,
        compute=ComputeResources(
            instance_type=settings.compute.instance_type,
            instance_count=instances,
            volume_size_gib=settings.compute.volume_size_gib,
            volume_kms_key=settings.compute.volume_kms_key,
        ),
        entrypoint=["python3", f"{_FOLDER}/code/{script}"],
        arguments=arguments,
        inputs=[*inputs, code],
        outputs=[
            ProcessingOutput(name=result, path=f"{_FOLDER}/{result}", uri=settings.run_uri(result))
            for result in results
        ],
        output_kms_key=settings.data_key,
        max_runtime_seconds=settings.max_runtime_seconds,
        property_files=property_files,
        cache=cache,
        depends_on=depends_on,
    )


def _input(settings: HousingRaySettings, name: str, uri: Text) -> ProcessingInput:
    return ProcessingInput(name=name, uri=uri, path=f"{_FOLDER}/{name}", kms_key=settings.data_key)
