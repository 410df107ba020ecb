"""Pipelines of checks."""

from constructs_lib.definitions import (
    ClarifyCheckStep,
    ComputeResources,
    MonitoredTransform,
    PipelineDefinition,
    PipelineParameter,
    QualityCheckStep,
    TransformInput,
    TransformOutput,
    TransformStep,
)
from tests.oracles.sagemaker_sdk.ours.givens import (
    CACHE,
    DATA,
    ROLE,
    model_step,
    processing_step,
)

_CHECKED = {"role": ROLE, "compute": ComputeResources(instance_type="ml.c5.xlarge", volume_size_gib=120)}


def quality(image: str) -> PipelineDefinition:
    skip = PipelineParameter("SkipCheck", type="boolean", default=False)
    new = PipelineParameter("RegisterNewBaseline", type="boolean", default=False)
    data = QualityCheckStep(
        name="DataQuality",
        image=image,
        data_uri=f"{DATA}/train/train.csv",
        output_uri=f"{DATA}/quality/data",
        group_name="prices",
        skip_check=skip,
        fail_on_violation=False,
        register_new_baseline=new,
        supplied_statistics_uri=f"{DATA}/baseline/statistics.json",
        supplied_constraints_uri=f"{DATA}/baseline/constraints.json",
        cache=CACHE,
        **_CHECKED,  # type: ignore[arg-type]
    )
    model = QualityCheckStep(
        name="ModelQuality",
        image=image,
        data_uri=f"{DATA}/predictions/predictions.csv",
        output_uri=f"{DATA}/quality/model",
        data_format="csv",
        problem_type="Regression",
        inference_attribute="_c1",
        ground_truth_attribute="_c0",
        register_new_baseline=True,
        depends_on=[data],
        **_CHECKED,  # type: ignore[arg-type]
    )
    after = processing_step("After", arguments=["--baseline", model.output("CalculatedBaselineConstraints")])
    return PipelineDefinition(name="quality-check", steps=[data, model, after])


def clarify(image: str) -> PipelineDefinition:
    created = model_step()
    config = f"{DATA}/{{}}/config/analysis_config.json"
    data_bias = ClarifyCheckStep(
        name="DataBias",
        check="data bias",
        image=image,
        data_uri=f"{DATA}/train/train.csv",
        config_uri=config.format("data-bias"),
        output_uri=f"{DATA}/data-bias",
        register_new_baseline=True,
        group_name="prices",
        cache=CACHE,
        **_CHECKED,  # type: ignore[arg-type]
    )
    model_bias = ClarifyCheckStep(
        name="ModelBias",
        check="model bias",
        image=image,
        data_uri=f"{DATA}/train/train.csv",
        config_uri=config.format("model-bias"),
        output_uri=f"{DATA}/model-bias",
        model_name=created.model_name,
        fail_on_violation=False,
        supplied_constraints_uri=f"{DATA}/baseline/bias.json",
        **_CHECKED,  # type: ignore[arg-type]
    )
    explained = ClarifyCheckStep(
        name="Explainability",
        check="model explainability",
        image=image,
        data_uri=f"{DATA}/train/train.csv",
        config_uri=config.format("explained"),
        output_uri=f"{DATA}/explained",
        model_name=created.model_name,
        skip_check=True,
        depends_on=[model_bias],
        **_CHECKED,  # type: ignore[arg-type]
    )
    return PipelineDefinition(name="clarify-check", steps=[created, data_bias, model_bias, explained])


def monitored(image: str) -> PipelineDefinition:
    created = model_step()
    monitored = MonitoredTransform(
        transform=TransformStep(
            name="Predict-transform",
            display_name="Predict-transform",
            model_name=created.model_name,
            data=TransformInput(uri=f"{DATA}/batch", content_type="text/csv", split="Line"),
            result=TransformOutput(uri=f"{DATA}/predictions"),
            instance_type="ml.m5.xlarge",
        ),
        check=QualityCheckStep(
            name="Predict-monitoring",
            display_name="Predict-monitoring",
            image=image,
            data_uri=f"{DATA}/batch",
            data_format="csv",
            output_uri=f"{DATA}/quality/batch",
            supplied_statistics_uri=f"{DATA}/baseline/statistics.json",
            supplied_constraints_uri=f"{DATA}/baseline/constraints.json",
            **_CHECKED,  # type: ignore[arg-type]
        ),
        before=True,
    )
    return PipelineDefinition(name="monitor-batch-transform", steps=[created, *monitored.steps])
