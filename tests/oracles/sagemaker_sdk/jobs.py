# mypy: disable-error-code="import-not-found"
"""Pipelines of jobs, as users of the SageMaker SDK write them: one a type."""

from pathlib import Path
from tempfile import mkdtemp

from sagemaker.automl.automl import AutoML, AutoMLInput
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.network import NetworkConfig
from sagemaker.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.transformer import Transformer
from sagemaker.tuner import HyperparameterTuner
from sagemaker.workflow.automl_step import AutoMLStep
from sagemaker.workflow.emr_step import EMRStep, EMRStepConfig
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.functions import Join
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.notebook_job_step import NotebookJobStep
from sagemaker.workflow.parameters import ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.workflow.steps import ProcessingStep, TrainingStep, TransformStep, TuningStep

from tests.oracles.sagemaker_sdk.minimal import CACHE, Making, model_step, small_estimator, small_processing
from tests.oracles.sagemaker_sdk.offline import CODE, DATA, FOLDER, IMAGE, KEY, ROLE


def processing(session: PipelineSession) -> Pipeline:
    """Parameters of every type in a processing job, with cache, retries, network, sharded input and a property file."""
    instance_type = ParameterString("ProcessingInstanceType", default_value="ml.m5.xlarge")
    instance_count = ParameterInteger("ProcessingInstanceCount", default_value=1)
    data = ParameterString("InputData")
    processor = Processor(
        image_uri=IMAGE,
        role=ROLE,
        entrypoint=["python3", f"{FOLDER}/input/code/preprocess.py"],
        instance_type=instance_type,
        instance_count=instance_count,
        volume_size_in_gb=50,
        volume_kms_key=KEY,
        output_kms_key=KEY,
        max_runtime_in_seconds=1200,
        env={"LEVEL": "info"},
        tags=[{"Key": "team", "Value": "prices"}],
        network_config=NetworkConfig(
            enable_network_isolation=True,
            encrypt_inter_container_traffic=True,
            security_group_ids=["sg-11111111"],
            subnets=["subnet-11111111", "subnet-22222222"],
        ),
        sagemaker_session=session,
    )
    report = PropertyFile(name="Report", output_name="report", path="report.json")
    step = ProcessingStep(
        "Preprocess",
        display_name="Prepare",
        description="splits the data",
        step_args=processor.run(
            inputs=[
                ProcessingInput(source=data, destination=f"{FOLDER}/input", s3_data_distribution_type="ShardedByS3Key"),
                ProcessingInput(source=f"{CODE}/preprocess.py", destination=f"{FOLDER}/input/code", input_name="code"),
            ],
            outputs=[
                ProcessingOutput(source=f"{FOLDER}/train", destination=f"{DATA}/train", output_name="train"),
                ProcessingOutput(
                    source=f"{FOLDER}/report",
                    destination=Join(on="/", values=[DATA, ExecutionVariables.PIPELINE_EXECUTION_ID, "report"]),
                    output_name="report",
                    s3_upload_mode="Continuous",
                ),
            ],
            arguments=["--ratio", "0.2"],
        ),
        cache_config=CACHE,
        property_files=[report],
        retry_policies=[
            StepRetryPolicy(
                exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
                interval_seconds=5,
                backoff_rate=1.5,
                max_attempts=4,
            ),
            SageMakerJobStepRetryPolicy(
                exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR],
                failure_reason_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT],
                expire_after_mins=60,
            ),
        ],
    )
    return Pipeline("processing", [instance_type, instance_count, data], steps=[step], sagemaker_session=session)


def training(session: PipelineSession) -> Pipeline:
    """A training job whose channel is an output of a processing step, with metrics, checkpoints and spot instances."""
    instance_type = ParameterString("TrainingInstanceType", default_value="ml.p3.2xlarge")
    depth = ParameterInteger("MaxDepth", default_value=5)
    prepare = small_processing(session, "Preprocess")
    trained = Estimator(
        image_uri=IMAGE,
        role=ROLE,
        instance_type=instance_type,
        instance_count=1,
        volume_size=40,
        max_run=3600,
        max_wait=7200,
        use_spot_instances=True,
        checkpoint_s3_uri=f"{DATA}/checkpoints",
        output_path=f"{DATA}/models",
        hyperparameters={"max_depth": depth, "eta": 0.2, "objective": "reg:squarederror"},
        metric_definitions=[{"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}],
        environment={"LEVEL": "info"},
        encrypt_inter_container_traffic=True,
        sagemaker_session=session,
    )
    train_uri = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    step = TrainingStep(
        "Train",
        step_args=trained.fit(
            inputs={
                "train": TrainingInput(train_uri, content_type="text/csv"),
                "validation": TrainingInput(f"{DATA}/validation", content_type="text/csv", input_mode="FastFile"),
            }
        ),
        cache_config=CACHE,
        retry_policies=[
            SageMakerJobStepRetryPolicy(exception_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR], max_attempts=2)
        ],
    )
    return Pipeline("training", [instance_type, depth], steps=[prepare, step], sagemaker_session=session)


def tuning(session: PipelineSession) -> Pipeline:
    """A tuning job over the three kinds of ranges, whose best model is evaluated."""
    count = ParameterInteger("MaxJobs", default_value=4)
    tuner = HyperparameterTuner(
        estimator=small_estimator(session, {"objective": "reg:squarederror"}),
        objective_metric_name="validation:rmse",
        objective_type="Minimize",
        metric_definitions=[{"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}],
        hyperparameter_ranges={
            "max_depth": IntegerParameter(1, 8),
            "eta": ContinuousParameter(0.2, 1, scaling_type="Logarithmic"),
            "booster": CategoricalParameter(["gbtree", "dart"]),
        },
        strategy="Bayesian",
        max_jobs=count,
        max_parallel_jobs=2,
        early_stopping_type="Auto",
    )
    step = TuningStep("Tune", step_args=tuner.fit(inputs={"train": TrainingInput(f"{DATA}/train")}), cache_config=CACHE)
    best = step.get_top_model_s3_uri(top_k=0, s3_bucket="data-bucket", prefix="models")
    evaluate = small_processing(
        session, "Evaluate", inputs=[ProcessingInput(source=best, destination=f"{FOLDER}/model")]
    )
    return Pipeline("tuning", [count], steps=[step, evaluate], sagemaker_session=session)


def transform(session: PipelineSession) -> Pipeline:
    """A model that a step makes, and a batch transform with it."""
    created = model_step(session)
    transformer = Transformer(
        model_name=created.properties.ModelName,
        instance_count=1,
        instance_type="ml.m5.xlarge",
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        max_payload=6,
        max_concurrent_transforms=2,
        output_path=f"{DATA}/predictions",
        env={"LEVEL": "info"},
        sagemaker_session=session,
    )
    step = TransformStep(
        "Transform",
        step_args=transformer.transform(
            f"{DATA}/batch",
            content_type="text/csv",
            split_type="Line",
            input_filter="$[1:]",
            join_source="Input",
            output_filter="$[0,-1]",
        ),
        cache_config=CACHE,
    )
    return Pipeline("transform", steps=[created, step], sagemaker_session=session)


def notebook_job(session: PipelineSession) -> Pipeline:
    """A notebook with parameters, a file that it needs, and a script that runs before it, which another follows."""
    folder = Path(mkdtemp())
    for name in ("train.ipynb", "prepare.ipynb", "before.sh"):
        (folder / name).write_text("{}")
    bucket = ParameterString("Bucket", default_value="data-bucket")
    first = NotebookJobStep(
        name="Train",
        display_name="Train model",
        description="trains a model",
        notebook_job_name="train-model",
        input_notebook=str(folder / "train.ipynb"),
        image_uri=IMAGE,
        kernel_name="python3",
        role=ROLE,
        s3_root_uri=f"{DATA}/notebooks",
        s3_kms_key=KEY,
        volume_kms_key=KEY,
        parameters={"bucket": bucket, "rows": "500"},
        environment_variables={"LEVEL": "info"},
        initialization_script=str(folder / "before.sh"),
        additional_dependencies=[str(folder / "prepare.ipynb")],
        instance_type="ml.m5.4xlarge",
        tags=[{"Key": "team", "Value": "prices"}],
        retry_policies=[StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=3)],
    )
    second = NotebookJobStep(
        name="Again",
        input_notebook=str(folder / "prepare.ipynb"),
        image_uri=IMAGE,
        kernel_name="python3",
        role=ROLE,
        notebook_job_name="again",
        parameters={"from": first.properties.ComputingJobName, "out": first.properties.NotebookJobOutputLocationPrefix},
        depends_on=[first],
    )
    return Pipeline("notebook-job", [bucket], steps=[first, second], sagemaker_session=session)


def auto_ml(session: PipelineSession) -> Pipeline:
    """A job that looks for a model by itself, the best of which is made a model."""
    job = AutoML(
        role=ROLE,
        target_attribute_name="PRICE",
        output_path=f"{DATA}/automl",
        problem_type="Regression",
        job_objective={"MetricName": "MSE"},
        mode="ENSEMBLING",
        total_job_runtime_in_seconds=3600,
        sagemaker_session=session,
    )
    inputs = [AutoMLInput(f"{DATA}/train", target_attribute_name="PRICE", channel_type="training")]
    step = AutoMLStep("Search", step_args=job.fit(inputs=inputs), cache_config=CACHE)
    best = ModelStep("Best", step_args=step.get_best_auto_ml_model(ROLE, session).create(instance_type="ml.m5.large"))
    return Pipeline("auto-ml", steps=[step, best], sagemaker_session=session)


def emr(session: PipelineSession) -> Pipeline:
    """Jobs on a cluster that is there and on one that is made for them."""
    work = EMRStepConfig(
        jar="command-runner.jar",
        args=["spark-submit", f"{CODE}/prepare.py"],
        main_class="com.example.Main",
        properties=[{"Key": "mapred.tasktracker.map.tasks.maximum", "Value": "2"}],
    )
    there = EMRStep(
        "There",
        display_name="There",
        description="on a cluster that is there",
        cluster_id="j-1111111111111",
        step_config=work,
        execution_role_arn=ROLE,
        cache_config=CACHE,
    )
    instances = {
        "InstanceGroups": [
            {"Name": "main", "InstanceRole": "MASTER", "InstanceCount": 1, "InstanceType": "m5.2xlarge"},
        ]
    }
    made = EMRStep(
        "Made",
        display_name="Made",
        description="on a cluster that is made",
        cluster_id=None,
        cluster_config={
            "Applications": [{"Name": "Spark"}],
            "Instances": instances,
            "ReleaseLabel": "emr-6.6.0",
            "JobFlowRole": "cluster-instances",
            "ServiceRole": "cluster",
        },
        step_config=work,
        depends_on=[there],
    )
    return Pipeline("emr", steps=[there, made], sagemaker_session=session)


JOBS: tuple[Making, ...] = (processing, training, tuning, transform, notebook_job, auto_ml, emr)
