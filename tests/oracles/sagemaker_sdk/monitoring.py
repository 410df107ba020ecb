# mypy: disable-error-code="import-not-found"
"""Pipelines that check data and models: one a step type."""

from sagemaker.clarify import BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig, SHAPConfig
from sagemaker.model_monitor import DatasetFormat
from sagemaker.transformer import Transformer
from sagemaker.workflow.check_job_config import CheckJobConfig
from sagemaker.workflow.clarify_check_step import (
    ClarifyCheckStep,
    DataBiasCheckConfig,
    ModelBiasCheckConfig,
    ModelExplainabilityCheckConfig,
)
from sagemaker.workflow.monitor_batch_transform_step import MonitorBatchTransformStep
from sagemaker.workflow.parameters import ParameterBoolean
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.quality_check_step import DataQualityCheckConfig, ModelQualityCheckConfig, QualityCheckStep

from tests.oracles.sagemaker_sdk.minimal import CACHE, Making, model_step, small_processing
from tests.oracles.sagemaker_sdk.offline import DATA, ROLE


def quality_check(session: PipelineSession) -> Pipeline:
    """The quality of data against a baseline, and that of a model, whose baseline is registered."""
    skip = ParameterBoolean("SkipCheck", default_value=False)
    new = ParameterBoolean("RegisterNewBaseline", default_value=False)
    data = QualityCheckStep(
        "DataQuality",
        quality_check_config=DataQualityCheckConfig(
            baseline_dataset=f"{DATA}/train/train.csv",
            dataset_format=DatasetFormat.csv(header=True),
            output_s3_uri=f"{DATA}/quality/data",
        ),
        check_job_config=_job(session),
        skip_check=skip,
        fail_on_violation=False,
        register_new_baseline=new,
        model_package_group_name="prices",
        supplied_baseline_statistics=f"{DATA}/baseline/statistics.json",
        supplied_baseline_constraints=f"{DATA}/baseline/constraints.json",
        cache_config=CACHE,
    )
    model = QualityCheckStep(
        "ModelQuality",
        quality_check_config=ModelQualityCheckConfig(
            baseline_dataset=f"{DATA}/predictions/predictions.csv",
            dataset_format=DatasetFormat.csv(header=False),
            output_s3_uri=f"{DATA}/quality/model",
            problem_type="Regression",
            inference_attribute="_c1",
            ground_truth_attribute="_c0",
        ),
        check_job_config=_job(session),
        register_new_baseline=True,
        depends_on=[data],
    )
    used = ["--baseline", model.properties.CalculatedBaselineConstraints]
    after = small_processing(session, "After", arguments=used)
    return Pipeline("quality-check", [skip, new], steps=[data, model, after], sagemaker_session=session)


def clarify_check(session: PipelineSession) -> Pipeline:
    """The bias of data and of a model, and what explains its predictions."""
    created = model_step(session)
    name = created.properties.ModelName
    bias = BiasConfig(label_values_or_threshold=[1], facet_name="DECK", facet_values_or_threshold=[1])
    served = ModelConfig(
        model_name=name,
        instance_count=1,
        instance_type="ml.m5.large",
        accept_type="text/csv",
        content_type="text/csv",
    )
    data_bias = ClarifyCheckStep(
        "DataBias",
        clarify_check_config=DataBiasCheckConfig(data_config=_data("data-bias"), data_bias_config=bias, methods=["CI"]),
        check_job_config=_job(session),
        register_new_baseline=True,
        model_package_group_name="prices",
        cache_config=CACHE,
    )
    model_bias = ClarifyCheckStep(
        "ModelBias",
        clarify_check_config=ModelBiasCheckConfig(
            data_config=_data("model-bias"),
            data_bias_config=bias,
            model_config=served,
            model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.5),
            methods=["DPPL"],
        ),
        check_job_config=_job(session),
        fail_on_violation=False,
        supplied_baseline_constraints=f"{DATA}/baseline/bias.json",
    )
    explained = ClarifyCheckStep(
        "Explainability",
        clarify_check_config=ModelExplainabilityCheckConfig(
            data_config=_data("explained"),
            model_config=served,
            explainability_config=SHAPConfig(baseline=[[0] * 8], num_samples=10, agg_method="mean_abs", seed=47),
        ),
        check_job_config=_job(session),
        skip_check=True,
        depends_on=[model_bias],
    )
    return Pipeline("clarify-check", steps=[created, data_bias, model_bias, explained], sagemaker_session=session)


def monitor_batch_transform(session: PipelineSession) -> Pipeline:
    """A batch transform whose data is checked before it."""
    created = model_step(session)
    transformer = Transformer(
        model_name=created.properties.ModelName,
        instance_count=1,
        instance_type="ml.m5.xlarge",
        output_path=f"{DATA}/predictions",
        sagemaker_session=session,
    )
    step = MonitorBatchTransformStep(
        "Predict",
        display_name="Predict",
        transform_step_args=transformer.transform(f"{DATA}/batch", content_type="text/csv", split_type="Line"),
        monitor_configuration=DataQualityCheckConfig(
            baseline_dataset=f"{DATA}/batch",
            dataset_format=DatasetFormat.csv(header=False),
            output_s3_uri=f"{DATA}/quality/batch",
        ),
        check_job_configuration=_job(session),
        monitor_before_transform=True,
        supplied_baseline_statistics=f"{DATA}/baseline/statistics.json",
        supplied_baseline_constraints=f"{DATA}/baseline/constraints.json",
    )
    return Pipeline("monitor-batch-transform", steps=[created, step], sagemaker_session=session)


def _job(session: PipelineSession) -> CheckJobConfig:
    return CheckJobConfig(role=ROLE, instance_type="ml.c5.xlarge", volume_size_in_gb=120, sagemaker_session=session)


def _data(folder: str) -> DataConfig:
    headers = ["PRICE", "DECK"]
    return DataConfig(
        s3_data_input_path=f"{DATA}/train/train.csv",
        s3_output_path=f"{DATA}/{folder}",
        s3_analysis_config_output_path=f"{DATA}/{folder}/config",
        label="PRICE",
        headers=headers,
        dataset_type="text/csv",
    )


MONITORING: tuple[Making, ...] = (quality_check, clarify_check, monitor_batch_transform)
