"""The pipelines of the oracle, as users of this library write them."""

from constructs_lib.definitions import PipelineDefinition
from tests.oracles.sagemaker_sdk.ours import control, housing_ray, jobs, models, monitoring


def all_of_ours(monitor_image: str, clarify_image: str) -> tuple[PipelineDefinition, ...]:
    """Every pipeline; AWS's own images are those of the oracle."""
    return (
        jobs.processing_whole(),
        jobs.training_whole(),
        jobs.tuning(),
        jobs.transform(),
        jobs.notebooks(),
        jobs.auto_ml(),
        jobs.emr(),
        control.condition(),
        control.nested_condition(),
        control.fail(),
        control.callback(),
        control.functions_called(),
        control.functions(),
        models.model_made(),
        models.registered(),
        models.repacked(),
        models.endpoint(),
        models.inference_component(),
        models.lineage(),
        monitoring.quality(monitor_image),
        monitoring.clarify(clarify_image),
        monitoring.monitored(monitor_image),
        housing_ray.housing_ray(),
    )
