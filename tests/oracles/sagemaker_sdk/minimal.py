# mypy: disable-error-code="import-not-found"
"""Steps as small as they can be, for pipelines that are about something else."""

from collections.abc import Callable

from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.processing import ProcessingOutput, Processor
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

from tests.oracles.sagemaker_sdk.offline import DATA, FOLDER, IMAGE, ROLE

Making = Callable[[PipelineSession], Pipeline]
CACHE = CacheConfig(enable_caching=True, expire_after="PT12H")


def small_processor(session: PipelineSession) -> Processor:
    """The smallest."""
    return Processor(
        image_uri=IMAGE,
        role=ROLE,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        base_job_name="small",
        sagemaker_session=session,
    )


def small_processing(session: PipelineSession, name: str, **options: object) -> ProcessingStep:
    """A processing step with two outputs; its inputs, its arguments and the step's own options are as given."""
    run = {key: options.pop(key) for key in ("inputs", "arguments") if key in options}
    outputs = [
        ProcessingOutput(source=f"{FOLDER}/{folder}", destination=f"{DATA}/{name}/{folder}", output_name=folder)
        for folder in ("train", "report")
    ]
    return ProcessingStep(name, step_args=small_processor(session).run(outputs=outputs, **run), **options)


def small_estimator(session: PipelineSession, hyperparameters: dict[str, str] | None = None) -> Estimator:
    """The smallest."""
    return Estimator(
        image_uri=IMAGE,
        role=ROLE,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        output_path=f"{DATA}/models",
        hyperparameters=hyperparameters,
        sagemaker_session=session,
    )


def small_training(session: PipelineSession) -> TrainingStep:
    """The smallest."""
    return TrainingStep(
        "Train", step_args=small_estimator(session).fit(inputs={"train": TrainingInput(f"{DATA}/train")})
    )


def model_step(session: PipelineSession) -> ModelStep:
    """A model of one container."""
    one = Model(image_uri=IMAGE, model_data=f"{DATA}/model.tar.gz", role=ROLE, sagemaker_session=session)
    return ModelStep("Save", step_args=one.create(instance_type="ml.m5.large"))
