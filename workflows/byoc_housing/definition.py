"""The workflow `byoc-housing`: from a container folder to a live endpoint that predicts the prices of houses.

It imports `constructs_lib.definitions` alone: it can be made, checked, drawn and rendered without an AWS account.
"""

from collections.abc import Mapping

from attrs import field, frozen

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    TASK_FAILED,
    BuildOverrides,
    Catch,
    Channel,
    ComputeResources,
    ContainerBuildStep,
    DataCapture,
    EndpointConfigStep,
    EndpointStep,
    ExecutionInput,
    FailStep,
    MetricDefinition,
    ModelStep,
    NetworkConfig,
    ProductionVariant,
    Retry,
    TrainingStep,
    WorkflowDefinition,
)

BUILD = "Calls CodeBuild to Build Container"
TRAIN = "Train Step"
SAVE_MODEL = "Save model"
CREATE_ENDPOINT_CONFIG = "Create Endpoint Config"
CREATE_ENDPOINT = "Create Endpoint"

HYPERPARAMETERS: Mapping[str, str] = {
    "max_depth": "5",
    "eta": "0.2",
    "num_round": "100",
    "seed": "47",
}
"""Of the trees; the container's documentation says what each means."""

METRICS = tuple(
    MetricDefinition(name=name, regex=name.replace(":", "-") + r"=([0-9\.]+)")
    for name in ("train:rmse", "validation:rmse", "validation:mae")
)
"""Read from log lines such as ``validation-rmse=7613.412``."""


@frozen(kw_only=True)
class HousingSettings:
    """What differs between the environments that the workflow runs in.

    Args:
        builder_function_arn: the function of the container build.
        repository_arn: the ECR repository that the image goes to.
        training_data_uri: prefix in S3 of CSV files, with a line of column names each.
        output_uri: prefix in S3 for the trained models.
        capture_uri: prefix in S3 for what goes through the endpoint.
        validation_data_uri: CSV files held out from training. Default: the container holds out a fifth itself.
        data_key: ARN of the key that encrypts the buckets of all of these. Default: none.
        training_compute: Default: one ml.m5.large.
        max_runtime_seconds: of training. Default: one hour.
        endpoint_instance_type: Default: ml.m5.large.
        endpoint_instance_count: Default: one.
        capture_percentage: share of the requests and responses that is kept. Default: all of them.
        hyperparameters: Default: `HYPERPARAMETERS`.
        overrides: what each build does otherwise than the project. Default: nothing.
        network: of the training job and the model. Default: no VPC.
    """

    builder_function_arn: str
    repository_arn: str
    training_data_uri: str
    output_uri: str
    capture_uri: str
    validation_data_uri: str | None = None
    data_key: str | None = None
    training_compute: ComputeResources = field(factory=lambda: ComputeResources(instance_type="ml.m5.large"))
    max_runtime_seconds: int = 3600
    endpoint_instance_type: str = "ml.m5.large"
    endpoint_instance_count: int = 1
    capture_percentage: int = 100
    hyperparameters: Mapping[str, str] = field(factory=lambda: HYPERPARAMETERS)
    overrides: BuildOverrides = field(factory=BuildOverrides)
    network: NetworkConfig = field(factory=NetworkConfig)


def byoc_housing(settings: HousingSettings) -> WorkflowDefinition:
    """The workflow; its training step and its model still need roles (`WorkflowDefinition.with_roles`).

    Raises:
        DefinitionError: settings that the services would refuse, all together.
    """
    build = ContainerBuildStep(
        name=BUILD,
        function_arn=settings.builder_function_arn,
        repository_arn=settings.repository_arn,
        overrides=settings.overrides,
        retry=[Retry(errors=[TASK_FAILED], interval_seconds=15, max_attempts=2, backoff_rate=4.0)],
        catch=[
            Catch(
                errors=[TASK_FAILED],
                next_step=FailStep(name="LambdaTaskFailed", error=CAUGHT_ERROR, cause=CAUGHT_CAUSE),
            )
        ],
    )
    train = TrainingStep(
        name=TRAIN,
        image=build.image,
        compute=settings.training_compute,
        channels=_channels(settings),
        output_uri=settings.output_uri,
        output_kms_key=settings.data_key,
        hyperparameters=settings.hyperparameters,
        metrics=METRICS,
        max_runtime_seconds=settings.max_runtime_seconds,
        network=settings.network,
        job_name=ExecutionInput("JobName", description="name of the training job, never used before"),
    )
    model = ModelStep(
        name=SAVE_MODEL,
        image=build.image,
        model_data_uri=train.output("ModelArtifacts.S3ModelArtifacts"),
        network=settings.network,
        model_name=ExecutionInput("ModelName", description="name of the model and of the endpoint configuration"),
    )
    config = EndpointConfigStep(
        name=CREATE_ENDPOINT_CONFIG,
        config_name=model.model_name,
        variants=[
            ProductionVariant(
                model_name=model.model_name,
                instance_type=settings.endpoint_instance_type,
                instance_count=settings.endpoint_instance_count,
            )
        ],
        data_capture=DataCapture(
            destination_uri=settings.capture_uri,
            sampling_percentage=settings.capture_percentage,
            kms_key=settings.data_key,
        ),
    )
    endpoint = EndpointStep(
        name=CREATE_ENDPOINT,
        endpoint_name=ExecutionInput("EndpointName", description="name of the endpoint"),
        config_name=config.config_name,
    )
    return WorkflowDefinition(
        name="byoc-housing",
        description="Builds a container, trains a model of house prices with it, and puts it behind an endpoint.",
        steps=[build, train, model, config, endpoint],
    )


def _channels(settings: HousingSettings) -> list[Channel]:
    channels = {"training": settings.training_data_uri, "validation": settings.validation_data_uri}
    return [
        Channel(name=name, uri=uri, content_type="text/csv", kms_key=settings.data_key)
        for name, uri in channels.items()
        if uri is not None
    ]
