# mypy: disable-error-code="import-not-found"
"""Pipelines as users of the SageMaker SDK write them: one for each step type, and one for the functions."""

from collections.abc import Callable

from sagemaker.drift_check_baselines import DriftCheckBaselines
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.lambda_helper import Lambda
from sagemaker.metadata_properties import MetadataProperties
from sagemaker.model import Model
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.network import NetworkConfig
from sagemaker.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.pipeline import PipelineModel
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.transformer import Transformer
from sagemaker.tuner import HyperparameterTuner
from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import (
    ConditionEquals,
    ConditionGreaterThan,
    ConditionGreaterThanOrEqualTo,
    ConditionIn,
    ConditionLessThan,
    ConditionLessThanOrEqualTo,
    ConditionNot,
    ConditionOr,
)
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterBoolean, ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.workflow.pipeline_experiment_config import PipelineExperimentConfig
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TransformStep, TuningStep

from tests.oracles.sagemaker_sdk.offline import ACCOUNT, CODE, DATA, FOLDER, IMAGE, KEY, REGION, ROLE

Making = Callable[[PipelineSession], Pipeline]
CACHE = CacheConfig(enable_caching=True, expire_after="PT12H")


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


def condition(session: PipelineSession) -> Pipeline:
    """Every condition, on every kind of value, with steps in both branches, one condition inside of another's."""
    text = ParameterString("Text", default_value="a", enum_values=["a", "b", "c"])
    whole = ParameterInteger("Whole", default_value=3)
    number = ParameterFloat("Number", default_value=0.5)
    truth = ParameterBoolean("Truth", default_value=True)
    report = PropertyFile(name="Report", output_name="report", path="report.json")
    evaluate = small_processing(session, "Evaluate", property_files=[report])
    accuracy = JsonGet(step_name=evaluate.name, property_file=report, json_path="metrics.accuracy.value")
    inner = ConditionStep(
        "Small",
        conditions=[ConditionLessThan(left=whole, right=10)],
        if_steps=[small_processing(session, "Publish")],
        else_steps=[FailStep("TooLarge", error_message="the number is too large")],
    )
    step = ConditionStep(
        "Check",
        display_name="Good enough?",
        depends_on=[evaluate],
        conditions=[
            ConditionEquals(left=text, right="a"),
            ConditionEquals(left=truth, right=True),
            ConditionGreaterThan(left=accuracy, right=number),
            ConditionGreaterThanOrEqualTo(left=whole, right=3),
            ConditionLessThan(left=number, right=1.0),
            ConditionLessThanOrEqualTo(left=accuracy, right=1),
            ConditionIn(value=text, in_values=["a", "b"]),
            ConditionNot(expression=ConditionEquals(left=whole, right=0)),
            ConditionOr(conditions=[ConditionEquals(left=text, right="a"), ConditionGreaterThan(left=whole, right=9)]),
            ConditionEquals(left=evaluate.properties.ProcessingJobStatus, right="Completed"),
        ],
        if_steps=[inner],
        else_steps=[FailStep("NotGood", error_message=Join(on=" ", values=["Accuracy is not above", number]))],
    )
    return Pipeline("condition", [text, whole, number, truth], steps=[evaluate, step], sagemaker_session=session)


def fail(session: PipelineSession) -> Pipeline:
    """A pipeline that ends in a message made of a parameter and a step's property."""
    reason = ParameterString("Reason", default_value="as asked")
    first = small_processing(session, "First")
    words = ["Stopped after", first.properties.ProcessingJobName, reason]
    step = FailStep("Stop", error_message=Join(on=" ", values=words), depends_on=[first])
    return Pipeline("fail", [reason], steps=[first, step], sagemaker_session=session)


def callback(session: PipelineSession) -> Pipeline:
    """A step that waits for what somebody else sends back, whose answer goes into a job."""
    step = CallbackStep(
        "Ask",
        sqs_queue_url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/questions",
        inputs={"bucket": "data-bucket", "limit": 3, "run": ExecutionVariables.PIPELINE_EXECUTION_ID},
        outputs=[
            CallbackOutput("answer", CallbackOutputTypeEnum.String),
            CallbackOutput("count", CallbackOutputTypeEnum.Integer),
            CallbackOutput("ratio", CallbackOutputTypeEnum.Float),
            CallbackOutput("sure", CallbackOutputTypeEnum.Boolean),
        ],
        cache_config=CACHE,
    )
    after = small_processing(session, "After", arguments=["--answer", step.properties.Outputs["answer"]])
    return Pipeline("callback", steps=[step, after], sagemaker_session=session)


def lambda_function(session: PipelineSession) -> Pipeline:
    """A function whose answer goes into another."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
    first = LambdaStep(
        "Count",
        lambda_func=Lambda(function_arn=f"{arn}count", session=session),
        inputs={"uri": f"{DATA}/train", "limit": 10},
        outputs=[
            LambdaOutput("rows", LambdaOutputTypeEnum.Integer),
            LambdaOutput("share", LambdaOutputTypeEnum.Float),
            LambdaOutput("name", LambdaOutputTypeEnum.String),
            LambdaOutput("sorted", LambdaOutputTypeEnum.Boolean),
        ],
        cache_config=CACHE,
    )
    second = LambdaStep(
        "Tell",
        lambda_func=Lambda(function_arn=f"{arn}tell", session=session),
        inputs={
            "rows": first.properties.Outputs["rows"],
            "text": Join(on=": ", values=["run", ExecutionVariables.PIPELINE_NAME]),
        },
    )
    return Pipeline("lambda", steps=[first, second], sagemaker_session=session)


def functions(session: PipelineSession) -> Pipeline:
    """The eight execution variables, Join in Join, dependencies, an experiment, job names of one's own."""
    prefix = ParameterString("Prefix", default_value="runs")
    moment = Join(on="_", values=[ExecutionVariables.START_DATETIME, ExecutionVariables.CURRENT_DATETIME])
    processor = small_processor(session)
    processor.base_job_name = "prepare-prices"
    first = ProcessingStep(
        "First",
        step_args=processor.run(
            outputs=[
                ProcessingOutput(
                    source=f"{FOLDER}/out",
                    output_name="out",
                    destination=Join(
                        on="/",
                        values=[
                            "s3:/",
                            "data-bucket",
                            prefix,
                            ExecutionVariables.PIPELINE_NAME,
                            ExecutionVariables.PIPELINE_EXECUTION_ID,
                            moment,
                        ],
                    ),
                )
            ],
            arguments=[
                ExecutionVariables.PIPELINE_ARN,
                ExecutionVariables.PIPELINE_EXECUTION_ARN,
                ExecutionVariables.PROCESSING_JOB_NAME,
                ExecutionVariables.TRAINING_JOB_NAME,
                ParameterInteger("Count", default_value=2).to_string(),
            ],
        ),
    )
    second = small_processing(session, "Second")
    second.add_depends_on([first])
    third = small_processing(session, "Third", depends_on=[first, "Second"])
    return Pipeline(
        "functions",
        [prefix, ParameterInteger("Count", default_value=2)],
        steps=[third, second, first],  # the order means nothing
        pipeline_experiment_config=PipelineExperimentConfig(
            "prices", Join(on="-", values=["run", ExecutionVariables.PIPELINE_EXECUTION_ID])
        ),
        pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=True),
        sagemaker_session=session,
    )


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


STEP_TYPES: tuple[Making, ...] = (
    processing,
    training,
    tuning,
    transform,
    model,
    register_model,
    condition,
    fail,
    callback,
    lambda_function,
    functions,
)
