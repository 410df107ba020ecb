# mypy: disable-error-code="import-not-found"
"""Pipelines that make models, serve them and tell where they come from: one a step type."""

from pathlib import Path
from tempfile import mkdtemp

from sagemaker.drift_check_baselines import DriftCheckBaselines
from sagemaker.lineage.action import Action
from sagemaker.lineage.artifact import Artifact
from sagemaker.lineage.context import Context
from sagemaker.metadata_properties import MetadataProperties
from sagemaker.model import Model
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.pipeline import PipelineModel
from sagemaker.pytorch.model import PyTorchModel
from sagemaker.workflow.endpoint_step import EndpointConfigStep, EndpointStep
from sagemaker.workflow.inference_component_step import InferenceComponentStep
from sagemaker.workflow.lineage_step import LineageAssociation, LineageEntityReference, LineageStep
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)

from tests.oracles.sagemaker_sdk.minimal import (
    CACHE,
    Making,
    model_step,
    small_processing,
    small_training,
)
from tests.oracles.sagemaker_sdk.offline import ACCOUNT, DATA, IMAGE, REGION, ROLE


def model(session: PipelineSession) -> Pipeline:
    """Models of one container and of several, from what a training step left."""
    train = small_training(session)
    artifacts = train.properties.ModelArtifacts.S3ModelArtifacts
    one = Model(image_uri=IMAGE, model_data=artifacts, role=ROLE, env={"LEVEL": "info"}, sagemaker_session=session)
    chain = PipelineModel(
        models=[
            Model(image_uri=IMAGE, model_data=f"{DATA}/scaler/model.tar.gz", role=ROLE, sagemaker_session=session),
            Model(image_uri=IMAGE, model_data=artifacts, role=ROLE, sagemaker_session=session),
        ],
        role=ROLE,
        sagemaker_session=session,
    )
    retried = [StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=3)]
    steps = [
        train,
        ModelStep("One", step_args=one.create(instance_type="ml.m5.large"), retry_policies=retried),
        ModelStep("Chain", step_args=chain.create(instance_type="ml.m5.large")),
    ]
    return Pipeline("model", steps=steps, sagemaker_session=session)


def register_model(session: PipelineSession) -> Pipeline:
    """A version in the model registry, with metrics, baselines and who made it."""
    status = ParameterString(
        "ApprovalStatus",
        default_value="PendingManualApproval",
        enum_values=["PendingManualApproval", "Approved", "Rejected"],
    )
    train = small_training(session)
    registered = Model(
        image_uri=IMAGE,
        model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
        role=ROLE,
        sagemaker_session=session,
    )
    quality = MetricsSource(content_type="application/json", s3_uri=f"{DATA}/evaluation/evaluation.json")
    step = ModelStep(
        "Register",
        step_args=registered.register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.t2.medium", "ml.m5.xlarge"],
            transform_instances=["ml.m5.xlarge"],
            model_package_group_name="prices",
            approval_status=status,
            description="a model of prices",
            customer_metadata_properties={"team": "prices"},
            domain="MACHINE_LEARNING",
            task="REGRESSION",
            model_metrics=ModelMetrics(model_statistics=quality),
            drift_check_baselines=DriftCheckBaselines(model_statistics=quality),
            metadata_properties=MetadataProperties(commit_id="abc", project_id="prices"),
        ),
    )
    return Pipeline("register-model", [status], steps=[train, step], sagemaker_session=session)


def repacked_model(session: PipelineSession) -> Pipeline:
    """A model with a handler of one's own, which the SDK puts into the archive in a job before it."""
    folder = Path(mkdtemp())
    (folder / "inference.py").write_text("")
    train = small_training(session)
    handled = PyTorchModel(
        framework_version="1.13.1",
        py_version="py39",
        name="prices",
        image_uri=IMAGE,
        model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
        entry_point=str(folder / "inference.py"),
        role=ROLE,
        sagemaker_session=session,
    )
    step = ModelStep(
        "Register",
        step_args=handled.register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.m5.xlarge"],
            transform_instances=["ml.m5.xlarge"],
            model_package_group_name="prices",
        ),
        retry_policies={
            "repack_model_retry_policies": [
                SageMakerJobStepRetryPolicy(
                    exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR], max_attempts=2
                )
            ]
        },
    )
    return Pipeline("repacked-model", steps=[train, step], sagemaker_session=session)


def endpoint(session: PipelineSession) -> Pipeline:
    """A configuration and the endpoint that has it."""
    name = ParameterString("EndpointName", default_value="prices")
    created = model_step(session)
    config = EndpointConfigStep(
        "Configure",
        step_args=session.create_endpoint_config(
            name="prices",
            model_name=created.properties.ModelName,
            initial_instance_count=1,
            instance_type="ml.m5.large",
            tags=[{"Key": "team", "Value": "prices"}],
        ),
        cache_config=CACHE,
        retry_policies=[StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=3)],
    )
    deployed = EndpointStep(
        "Deploy",
        step_args=session.create_endpoint(
            endpoint_name=name, config_name=config.properties.EndpointConfigName, wait=False
        ),
        cache_config=CACHE,
    )
    return Pipeline("endpoint", [name], steps=[created, config, deployed], sagemaker_session=session)


def inference_component(session: PipelineSession) -> Pipeline:
    """An endpoint whose instances bring no models, and a component that brings one."""
    created = model_step(session)
    shared = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    config = EndpointConfigStep(
        "Configure",
        step_args=session.create_endpoint_config(name="shared", production_variants=[shared], role=ROLE),
    )
    deployed = EndpointStep(
        "Deploy",
        step_args=session.create_endpoint(
            endpoint_name="shared", config_name=config.properties.EndpointConfigName, wait=False
        ),
    )
    component = InferenceComponentStep(
        "Place",
        step_args=session.create_inference_component(
            inference_component_name="prices",
            endpoint_name=deployed.properties.EndpointName,
            variant_name="AllTraffic",
            specification={
                "ModelName": created.properties.ModelName,
                "ComputeResourceRequirements": {"NumberOfCpuCoresRequired": 1, "MinMemoryRequiredInMb": 1024},
            },
            runtime_config={"CopyCount": 1},
            wait=False,
        ),
    )
    return Pipeline("inference-component", steps=[created, config, deployed, component], sagemaker_session=session)


def lineage(session: PipelineSession) -> Pipeline:
    """What made what: an action, an artifact and a context, and how they belong together."""
    train = small_training(session)
    step = LineageStep(
        "Record",
        actions=Action.create(
            action_name="trained",
            action_type="Training",
            source_uri=train.properties.TrainingJobArn,
            status="Completed",
            sagemaker_session=session,
        ),
        artifacts=Artifact.create(
            artifact_name="model",
            artifact_type="Model",
            source_uri=train.properties.ModelArtifacts.S3ModelArtifacts,
            properties={"team": "prices"},
            sagemaker_session=session,
        ),
        contexts=Context.create(
            context_name="prices", context_type="Project", source_uri=f"{DATA}/prices", sagemaker_session=session
        ),
        associations=[
            LineageAssociation(
                source=LineageEntityReference(name="trained", type="Action"),
                destination=LineageEntityReference(name="model", type="Artifact"),
                association_type="Produced",
            ),
            LineageAssociation(
                source=LineageEntityReference(name="model", type="Artifact"),
                destination=LineageEntityReference(arn=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:context/there"),
                association_type="AssociatedWith",
            ),
        ],
    )
    arn = step.properties.ArtifactArns["model"]
    after = small_processing(session, "After", arguments=["--model", arn])
    return Pipeline("lineage", steps=[train, step, after], sagemaker_session=session)


MODELS: tuple[Making, ...] = (model, register_model, repacked_model, endpoint, inference_component, lineage)
