"""W1, with the SDK's names and numbers; the workflow `housing-ray` of this repository is a pipeline of its own."""

from collections.abc import Sequence
from typing import Any

from constructs_lib.definitions import (
    Channel,
    ChoiceStep,
    ComputeResources,
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
from constructs_lib.definitions.values import Text, Whole
from tests.oracles.sagemaker_sdk.ours.givens import (
    CACHE,
    CODE,
    DATA,
    FOLDER,
    IMAGE,
    OPEN,
    REGION,
    ROLE,
    handler_environment,
)

_TARGET = "PRICE"


def housing_ray() -> PipelineDefinition:
    count = PipelineParameter("ProcessingInstanceCount", type="integer", default=1)
    group = PipelineParameter("FeatureGroupName", default="fs-ray-synthetic-housing-data")
    prefix = PipelineParameter("Bucket_Prefix", default="aws-ray-mlops-workshop/feature-store")
    threshold = PipelineParameter("RMSEThreshold", type="number", default=15000.0)
    sizes = [
        PipelineParameter(f"{part}Size", default=size)
        for part, size in (("Train", "0.6"), ("Validation", "0.2"), ("Test", "0.2"))
    ]
    ingest = _processing(
        "FeatureStoreIngestion",
        "ingest.py",
        count,
        inputs=[ProcessingInput(name="raw", uri=f"{DATA}/raw", path=f"{FOLDER}/input", distribution="ShardedByS3Key")],
        arguments=[
            *("--feature-group-name", group),
            *("--bucket-prefix", prefix),
            *("--num-actors", "10"),
            *("--region", REGION),
        ],
    )
    prepare = _processing(
        "PreprocessData",
        "preprocess.py",
        count,
        depends_on=[ingest],
        outputs=[
            ProcessingOutput(name=part, path=f"{FOLDER}/{part}", uri=f"{DATA}/{part}")
            for part in ("train", "validation", "test")
        ],
        arguments=[
            *("--feature-group-name", group),
            *("--train-size", sizes[0]),
            *("--validation-size", sizes[1]),
            *("--test-size", sizes[2]),
            *("--seed", "42"),
        ],
    )
    tune = _tuning(prepare)
    best = tune.top_model_uri(0, "data-bucket", "models")
    evaluate = _processing(
        "EvaluateModel",
        "evaluate.py",
        1,
        inputs=[
            ProcessingInput(name="model", uri=best, path=f"{FOLDER}/model"),
            ProcessingInput(name="test", uri=prepare.output_location("test"), path=f"{FOLDER}/test"),
        ],
        outputs=[ProcessingOutput(name="evaluation", path=f"{FOLDER}/evaluation", uri=f"{DATA}/evaluation")],
        arguments=["--target", _TARGET],
        property_files=[PropertyFile(name="EvaluationReport", output_name="evaluation", path="evaluation.json")],
        cache=None,
    )
    check = ChoiceStep.if_else(
        name="CheckEvaluation",
        conditions=[less_or_equal(evaluate.json_get("EvaluationReport", "regression_metrics.rmse.value"), threshold)],
        if_steps=[_registration(best)],
        else_steps=[
            FailStep(name="RMSEFail", cause=Join(" ", ["Execution failed due to RMSE >", threshold])),
        ],
    )
    return PipelineDefinition(
        name="synthetic-housing-training-sm-pipeline-ray",
        steps=[ingest, prepare, tune, evaluate, check],
        parameters=[count, group, prefix, threshold, *sizes],
    )


def _processing(
    name: str, script: str, instances: Whole, inputs: Sequence[ProcessingInput] = (), **given: Any
) -> ProcessingStep:
    code = ProcessingInput(name="code", uri=f"{CODE}/{script}", path=f"{FOLDER}/input/code")
    return ProcessingStep(
        name=name,
        role=ROLE,
        image=IMAGE,
        compute=ComputeResources(instance_type="ml.m5.xlarge", instance_count=instances),
        entrypoint=["python3", f"{FOLDER}/input/code/{script}"],
        inputs=[*inputs, code],
        **{"cache": CACHE, **given},
    )


def _tuning(prepare: ProcessingStep) -> TuningStep:
    return TuningStep(
        name="HPTuning",
        role=ROLE,
        image=IMAGE,
        compute=ComputeResources(instance_type="ml.c5.xlarge", instance_count=3),
        output_uri=f"{DATA}/models",
        hyperparameters={"objective": "reg:squarederror", "num_boost_round": "100", "seed": "47", "target": _TARGET},
        objective=Objective(metric="validation:rmse", goal="Minimize"),
        metrics=[
            MetricDefinition(name=f"validation:{name}", regex=f"validation-{name}:([0-9.]+)")
            for name in ("mae", "rmse")
        ],
        ranges=[
            IntegerRange(name="max_depth", lowest=1, highest=8),
            ContinuousRange(name="eta", lowest=0.2, highest=1),
            ContinuousRange(name="min_child_weight", lowest=0, highest=120),
            ContinuousRange(name="subsample", lowest=0.2, highest=1),
        ],
        limits=TuningLimits(max_jobs=4, max_parallel_jobs=4),
        channels=[
            Channel(name=name, uri=prepare.output_location(name), content_type="text/csv")
            for name in ("train", "validation")
        ],
        network=OPEN,
        cache=CACHE,
    )


def _registration(model: Text) -> RegisterModelStep:
    return RegisterModelStep(
        name="RegisterTrainedModel-RegisterModel",
        group_name="synthetic-housing-models-ray",
        image=IMAGE,
        model_data_uri=model,
        environment=handler_environment(f"{DATA}/synthetic-housing/sourcedir.tar.gz"),
        framework="XGBOOST",
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.t2.medium", "ml.m5.xlarge"],
        transform_instances=["ml.m5.xlarge"],
        metrics=ModelMetrics(model_statistics=MetricsFile(uri=f"{DATA}/evaluation/evaluation.json")),
    )
