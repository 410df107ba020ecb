"""Pipelines of models, endpoints and lineage."""

import json

from constructs_lib.definitions import (
    Channel,
    ComputeResources,
    EndpointConfigStep,
    EndpointStep,
    InferenceComponentStep,
    Join,
    LineageAssociation,
    LineageEntity,
    LineageStep,
    MetricsFile,
    ModelContainer,
    ModelMetrics,
    ModelStep,
    PipelineDefinition,
    PipelineParameter,
    PipelineRetry,
    ProductionVariant,
    RegisterModelStep,
    TrainingStep,
)
from tests.oracles.sagemaker_sdk.ours.givens import (
    ACCOUNT,
    CACHE,
    DATA,
    IMAGE,
    OPEN,
    REGION,
    ROLE,
    THROTTLED,
    handler_environment,
    model_step,
    processing_step,
    training_step,
)


def model_made() -> PipelineDefinition:
    train = training_step(network=OPEN)
    artifacts = train.output("ModelArtifacts.S3ModelArtifacts")
    one = model_step("One-CreateModel", model_data_uri=artifacts, environment={"LEVEL": "info"}, retry=THROTTLED)
    scaler = ModelContainer(image=IMAGE, model_data_uri=f"{DATA}/scaler/model.tar.gz")
    chain = ModelStep(
        name="Chain-CreateModel",
        role=ROLE,
        containers=[scaler, ModelContainer(image=IMAGE, model_data_uri=artifacts)],
    )
    return PipelineDefinition(name="model", steps=[train, one, chain])


def registered() -> PipelineDefinition:
    allowed = ["PendingManualApproval", "Approved", "Rejected"]
    train = training_step(network=OPEN)
    report = MetricsFile(uri=f"{DATA}/evaluation/evaluation.json")
    baseline = {"ContentType": "application/json", "S3Uri": f"{DATA}/evaluation/evaluation.json"}
    step = RegisterModelStep(
        name="Register-RegisterModel",
        group_name="prices",
        image=IMAGE,
        model_data_uri=train.output("ModelArtifacts.S3ModelArtifacts"),
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.t2.medium", "ml.m5.xlarge"],
        transform_instances=["ml.m5.xlarge"],
        approval_status=PipelineParameter("ApprovalStatus", default=allowed[0], allowed=allowed),
        metrics=ModelMetrics(model_statistics=report),
        description="a model of prices",
        customer_metadata={"team": "prices"},
        domain="MACHINE_LEARNING",
        task="REGRESSION",
        additional_request={
            "DriftCheckBaselines": {"ModelQuality": {"Statistics": baseline}},
            "MetadataProperties": {"CommitId": "abc", "ProjectId": "prices"},
        },
    )
    return PipelineDefinition(name="register-model", steps=[train, step])


def repacked() -> PipelineDefinition:
    """What the SDK makes by itself of a model with a handler is a job like any other here."""
    train = training_step(network=OPEN)
    artifacts = train.output("ModelArtifacts.S3ModelArtifacts")
    texts = {
        "inference_script": "inference.py",
        "dependencies": None,
        "source_dir": None,
        "sagemaker_submit_directory": f"{DATA}/sagemaker-scikit-learn-2026-01-01-00-00-00-000/source/sourcedir.tar.gz",
        "sagemaker_program": "_repack_script_launcher.sh",
        "sagemaker_container_log_level": 20,
        "sagemaker_region": REGION,
    }
    repack = TrainingStep(
        name="Register-RepackModel-prices",
        comment="Used to repack a model with customer scripts for a register/create model step",
        role=ROLE,
        image=f"141502667606.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
        compute=ComputeResources(instance_type="ml.m5.large"),
        output_uri=f"{DATA}/prices",
        channels=[Channel(name="training", uri=artifacts)],
        hyperparameters={name: json.dumps(text) for name, text in texts.items()}
        | {"model_archive": Join("", [artifacts])},
        network=OPEN,
        retry=[PipelineRetry(errors=["SageMaker.CAPACITY_ERROR"], max_attempts=2)],
    )
    register = RegisterModelStep(
        name="Register-RegisterModel",
        group_name="prices",
        image=IMAGE,
        model_data_uri=repack.output("ModelArtifacts.S3ModelArtifacts"),
        environment=handler_environment(),
        framework="PYTORCH",
        framework_version="1.13.1",
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.xlarge"],
        transform_instances=["ml.m5.xlarge"],
    )
    return PipelineDefinition(name="repacked-model", steps=[train, repack, register])


def endpoint() -> PipelineDefinition:
    model = model_step()
    config = EndpointConfigStep(
        name="Configure",
        config_name="prices",
        variants=[ProductionVariant(model_name=model.model_name, instance_type="ml.m5.large")],
        tags={"team": "prices"},
        retry=THROTTLED,
        cache=CACHE,
    )
    deploy = EndpointStep(
        name="Deploy",
        endpoint_name=PipelineParameter("EndpointName", default="prices"),
        config_name=config.output("EndpointConfigName"),
        mode="create or update",
        cache=CACHE,
    )
    return PipelineDefinition(name="endpoint", steps=[model, config, deploy])


def inference_component() -> PipelineDefinition:
    model = model_step()
    config = EndpointConfigStep(
        name="Configure",
        config_name="shared",
        variants=[ProductionVariant(instance_type="ml.m5.large")],
        execution_role=ROLE,
    )
    deploy = EndpointStep(
        name="Deploy",
        endpoint_name="shared",
        config_name=config.output("EndpointConfigName"),
        mode="create or update",
    )
    place = InferenceComponentStep(
        name="Place",
        component_name="prices",
        endpoint_name=deploy.output("EndpointName"),
        model_name=model.model_name,
        min_memory_mb=1024,
        cpu_cores=1,
    )
    return PipelineDefinition(name="inference-component", steps=[model, config, deploy, place])


def lineage() -> PipelineDefinition:
    train = training_step(network=OPEN)
    trained = LineageEntity(
        kind="Action",
        name="trained",
        type="Training",
        source_uri=train.output("TrainingJobArn"),
        status="Completed",
    )
    model = LineageEntity(
        kind="Artifact",
        name="model",
        type="Model",
        source_uri=train.output("ModelArtifacts.S3ModelArtifacts"),
        properties={"team": "prices"},
    )
    project = LineageEntity(kind="Context", name="prices", type="Project", source_uri=f"{DATA}/prices")
    there = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:context/there"
    step = LineageStep(
        name="Record",
        entities=[trained, model, project],
        associations=[
            LineageAssociation(source=trained, destination=model, type="Produced"),
            LineageAssociation(source=model, destination=there, type="AssociatedWith"),
        ],
    )
    after = processing_step("After", arguments=["--model", step.arn_of(model)])
    return PipelineDefinition(name="lineage", steps=[train, step, after])
