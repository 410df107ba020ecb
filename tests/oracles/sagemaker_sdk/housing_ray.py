# mypy: disable-error-code="import-not-found"
"""The Ray pipeline on synthetic housing prices, as a user of the SageMaker SDK writes it, and how it is started."""

from pathlib import Path
from tempfile import mkdtemp

from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.parameter import ContinuousParameter, IntegerParameter
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.tuner import HyperparameterTuner
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.selective_execution_config import SelectiveExecutionConfig
from sagemaker.workflow.steps import ProcessingStep, TuningStep
from sagemaker.xgboost.model import XGBoostModel

from tests.oracles.sagemaker_sdk.minimal import CACHE
from tests.oracles.sagemaker_sdk.offline import ACCOUNT, BUCKET, CODE, DATA, FOLDER, IMAGE, REGION, ROLE

NAME = "synthetic-housing-training-sm-pipeline-ray"
_TARGET = "PRICE"


def housing_ray(session: PipelineSession) -> Pipeline:
    """W1: ingestion, preparation, tuning, evaluation, and registration of a model that is good enough."""
    instance_count = ParameterInteger("ProcessingInstanceCount", default_value=1)
    feature_group = ParameterString("FeatureGroupName", default_value="fs-ray-synthetic-housing-data")
    prefix = ParameterString("Bucket_Prefix", default_value="aws-ray-mlops-workshop/feature-store")
    threshold = ParameterFloat("RMSEThreshold", default_value=15000.0)
    sizes = [
        ParameterString(f"{part}Size", default_value=size)
        for part, size in (("Train", "0.6"), ("Validation", "0.2"), ("Test", "0.2"))
    ]

    ingest = ProcessingStep(
        "FeatureStoreIngestion",
        step_args=_processor(session, "ingest.py", instance_count).run(
            inputs=[
                ProcessingInput(
                    source=f"{DATA}/raw",
                    destination=f"{FOLDER}/input",
                    input_name="raw",
                    s3_data_distribution_type="ShardedByS3Key",
                ),
                _code("ingest.py"),
            ],
            arguments=[
                "--feature-group-name",
                feature_group,
                "--bucket-prefix",
                prefix,
                "--num-actors",
                "10",
                "--region",
                REGION,
            ],
        ),
        cache_config=CACHE,
    )
    prepare = ProcessingStep(
        "PreprocessData",
        step_args=_processor(session, "preprocess.py", instance_count).run(
            inputs=[_code("preprocess.py")],
            outputs=[
                ProcessingOutput(source=f"{FOLDER}/{part}", destination=f"{DATA}/{part}", output_name=part)
                for part in ("train", "validation", "test")
            ],
            arguments=[
                "--feature-group-name",
                feature_group,
                "--train-size",
                sizes[0],
                "--validation-size",
                sizes[1],
                "--test-size",
                sizes[2],
                "--seed",
                "42",
            ],
        ),
        depends_on=[ingest],
        cache_config=CACHE,
    )
    prepared = prepare.properties.ProcessingOutputConfig.Outputs
    tuner = HyperparameterTuner(
        estimator=Estimator(
            image_uri=IMAGE,
            role=ROLE,
            instance_type="ml.c5.xlarge",
            instance_count=3,
            output_path=f"{DATA}/models",
            hyperparameters={"objective": "reg:squarederror", "num_boost_round": 100, "seed": 47, "target": _TARGET},
            sagemaker_session=session,
        ),
        objective_metric_name="validation:rmse",
        objective_type="Minimize",
        metric_definitions=[
            {"Name": f"validation:{name}", "Regex": f"validation-{name}:([0-9.]+)"} for name in ("mae", "rmse")
        ],
        hyperparameter_ranges={
            "max_depth": IntegerParameter(1, 8),
            "eta": ContinuousParameter(0.2, 1),
            "min_child_weight": ContinuousParameter(0, 120),
            "subsample": ContinuousParameter(0.2, 1),
        },
        max_jobs=4,
        max_parallel_jobs=4,
    )
    channels = {
        name: TrainingInput(prepared[name].S3Output.S3Uri, content_type="text/csv") for name in ("train", "validation")
    }
    tune = TuningStep("HPTuning", step_args=tuner.fit(inputs=channels), cache_config=CACHE)
    best = tune.get_top_model_s3_uri(top_k=0, s3_bucket=BUCKET, prefix="models")

    report = PropertyFile(name="EvaluationReport", output_name="evaluation", path="evaluation.json")
    evaluate = ProcessingStep(
        "EvaluateModel",
        step_args=_processor(session, "evaluate.py", 1).run(
            inputs=[
                ProcessingInput(source=best, destination=f"{FOLDER}/model", input_name="model"),
                ProcessingInput(
                    source=prepared["test"].S3Output.S3Uri, destination=f"{FOLDER}/test", input_name="test"
                ),
                _code("evaluate.py"),
            ],
            outputs=[
                ProcessingOutput(
                    source=f"{FOLDER}/evaluation", destination=f"{DATA}/evaluation", output_name="evaluation"
                )
            ],
            arguments=["--target", _TARGET],
        ),
        property_files=[report],
    )
    register = ModelStep(
        "RegisterTrainedModel",
        step_args=_model(session, best).register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.t2.medium", "ml.m5.xlarge"],
            transform_instances=["ml.m5.xlarge"],
            model_package_group_name="synthetic-housing-models-ray",
            approval_status="PendingManualApproval",
            model_metrics=ModelMetrics(
                model_statistics=MetricsSource(
                    content_type="application/json", s3_uri=f"{DATA}/evaluation/evaluation.json"
                )
            ),
        ),
    )
    check = ConditionStep(
        "CheckEvaluation",
        conditions=[
            ConditionLessThanOrEqualTo(
                left=JsonGet(step_name=evaluate.name, property_file=report, json_path="regression_metrics.rmse.value"),
                right=threshold,
            )
        ],
        if_steps=[register],
        else_steps=[
            FailStep("RMSEFail", error_message=Join(on=" ", values=["Execution failed due to RMSE >", threshold]))
        ],
    )
    return Pipeline(
        NAME,
        [instance_count, feature_group, prefix, threshold, *sizes],
        steps=[ingest, prepare, tune, evaluate, check],
        sagemaker_session=session,
    )


def start_selected(pipeline: Pipeline) -> None:
    """Runs the last two steps again, with another threshold, and the rest of it from an execution that was."""
    pipeline.start(
        parameters={"RMSEThreshold": 5000.0, "ProcessingInstanceCount": 2},
        execution_display_name="stricter",
        parallelism_config={"MaxParallelExecutionSteps": 4},
        selective_execution_config=SelectiveExecutionConfig(
            source_pipeline_execution_arn=(
                f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{NAME}/execution/111111111111"
            ),
            selected_steps=["EvaluateModel", "CheckEvaluation"],
        ),
    )


def _processor(session: PipelineSession, script: str, instance_count: ParameterInteger | int) -> Processor:
    return Processor(
        image_uri=IMAGE,
        role=ROLE,
        entrypoint=["python3", f"{FOLDER}/input/code/{script}"],
        instance_type="ml.m5.xlarge",
        instance_count=instance_count,
        sagemaker_session=session,
    )


def _code(script: str) -> ProcessingInput:
    return ProcessingInput(source=f"{CODE}/{script}", destination=f"{FOLDER}/input/code", input_name="code")


def _model(session: PipelineSession, data: Join) -> XGBoostModel:
    """The best model with a handler of its own, which the SDK uploads and names in the container's environment."""
    folder = Path(mkdtemp())
    (folder / "inference.py").write_text("")
    return XGBoostModel(
        framework_version="1.7-1",
        name="synthetic-housing",
        image_uri=IMAGE,
        model_data=data,
        entry_point=str(folder / "inference.py"),
        role=ROLE,
        sagemaker_session=session,
    )
