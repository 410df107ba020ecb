"""The workflow `sklearn-processing`: pre-processing, training and evaluation of a classifier, each in a job of its own.

It imports `constructs_lib.definitions` alone: it can be made, checked, drawn and rendered without an AWS account.
"""

from collections.abc import Sequence

from attrs import field, frozen

from constructs_lib.definitions import (
    CAUGHT_ERROR,
    EXECUTION_NAME,
    TASK_FAILED,
    Catch,
    Channel,
    ChoiceRule,
    ChoiceStep,
    ComputeResources,
    ContainerImage,
    ExecutionInput,
    FailStep,
    Join,
    NotificationStep,
    ProcessingInput,
    ProcessingOutput,
    ProcessingStep,
    ReadJsonStep,
    Retry,
    SucceedStep,
    TrainingStep,
    WorkflowDefinition,
    equal,
    greater_or_equal,
)
from constructs_lib.definitions.steps import Step
from constructs_lib.definitions.values import Text, UniqueName

PREPROCESSING = "SageMaker pre-processing step"
ANOMALIES = "SageMaker anomaly detection step"
FEATURES = "SageMaker feature selection step"
TRAINING = "SageMaker Training Step"
EVALUATION = "SageMaker Processing Model Evaluation step"
FAILED = "ML Workflow failed"

_FOLDER = "/opt/ml/processing"


@frozen(kw_only=True)
class ProcessingSettings:
    """What differs between the environments that the workflow runs in.

    Args:
        image: the container with scikit-learn that runs the scripts.
        raw_data_uri: prefix in S3 of the CSV files.
        code_uri: prefix in S3 of the scripts, each in a folder of its step.
        data_bucket: bucket for everything that the workflow writes.
        topic_arn: SNS topic that hears of the outcome.
        data_key: ARN of the key that encrypts the bucket. Default: none.
        topic_key: ARN of the key that encrypts the topic. Default: none.
        compute: of each job. Default: one ml.m5.xlarge.
        max_runtime_seconds: of each job. Default: 20 minutes.
        least_accuracy: below it the execution fails. Default: 0.9.
    """

    image: ContainerImage
    raw_data_uri: Text
    code_uri: str
    data_bucket: str
    topic_arn: Text
    data_key: Text | None = None
    topic_key: Text | None = None
    compute: ComputeResources = field(factory=lambda: ComputeResources(instance_type="ml.m5.xlarge"))
    max_runtime_seconds: int = 1200
    least_accuracy: float = 0.9


def sklearn_processing(settings: ProcessingSettings) -> WorkflowDefinition:
    """The workflow; its jobs still need roles (`WorkflowDefinition.with_roles`).

    Raises:
        DefinitionError: settings that the services would refuse, all together.
    """
    prepare = _processing(
        settings,
        PREPROCESSING,
        job_name=ExecutionInput("PreprocessingJobName", description="name of the pre-processing job"),
        script="preprocessing.py",
        arguments=["--train-test-split-ratio", "0.2"],
        data=[("input-1", settings.raw_data_uri)],
        results=["train_data", "test_data"],
    )
    prepared = ChoiceStep(
        name="Pre-processing completed?",
        rules=[ChoiceRule(condition=equal(prepare.output("ProcessingJobStatus"), "Completed"))],
        otherwise=[FailStep(name="Pre-processing not completed", error="SageMakerProcessingJobNotCompleted")],
        depends_on=[prepare],
    )
    train_data = prepare.output_uri("train_data")
    anomalies = _processing(
        settings,
        ANOMALIES,
        script="anomaly_detection.py",
        data=[("train_data", train_data)],
        results=["anomalies"],
        depends_on=[prepared],
    )
    features = _processing(
        settings,
        FEATURES,
        script="feature_selection.py",
        data=[("train_data", train_data)],
        results=["features"],
        depends_on=[prepared],
    )
    train = TrainingStep(
        name=TRAINING,
        image=settings.image,
        compute=settings.compute,
        channels=[
            _channel(settings, "train", train_data),
            _channel(settings, "anomalies", anomalies.output_uri("anomalies")),
            _channel(settings, "features", features.output_uri("features")),
            _channel(settings, "code", f"{settings.code_uri}/train.py"),
        ],
        output_uri=f"s3://{settings.data_bucket}/models",
        output_kms_key=settings.data_key,
        max_runtime_seconds=settings.max_runtime_seconds,
        job_name=ExecutionInput("TrainingJobName", description="name of the training job"),
        depends_on=[anomalies, features],
    )
    evaluate = _processing(
        settings,
        EVALUATION,
        job_name=ExecutionInput("EvaluationProcessingJobName", description="name of the evaluation job"),
        script="evaluation.py",
        data=[
            ("model", train.output("ModelArtifacts.S3ModelArtifacts")),
            ("test_data", prepare.output_uri("test_data")),
            ("features", features.output_uri("features")),
        ],
        results=["evaluation"],
        depends_on=[train],
    )
    report = ReadJsonStep(
        name="Read evaluation.json",
        bucket=settings.data_bucket,
        key=Join("/", [EXECUTION_NAME, "evaluation", "evaluation.json"]),
        kms_key=settings.data_key,
        depends_on=[evaluate],
    )
    accuracy = report.output("Document.accuracy")
    tell = NotificationStep(
        name="Tell of the model",
        topic_arn=settings.topic_arn,
        message={"execution": EXECUTION_NAME, "accuracy": accuracy, "roc_auc": report.output("Document.roc_auc")},
        kms_key=settings.topic_key,
    )
    choose = ChoiceStep(
        name="Accurate enough?",
        rules=[
            ChoiceRule(
                condition=greater_or_equal(accuracy, settings.least_accuracy),
                steps=[tell, SucceedStep(name="ML Workflow succeeded")],
            )
        ],
        otherwise=[FailStep(name="Model not accurate enough", error="AccuracyTooLow")],
        depends_on=[report],
    )
    failed = FailStep(name=FAILED, error=CAUGHT_ERROR, cause="SageMakerProcessingJobFailed")
    return WorkflowDefinition(
        name="sklearn-processing",
        description="Prepares data, trains a classifier, and lets it pass if it is accurate.",
        steps=[prepare, prepared, anomalies, features, train, evaluate, report, choose],
        default_retry=[
            Retry(errors=["SageMaker.AmazonSageMakerException"], interval_seconds=5, max_attempts=3, backoff_rate=2.0)
        ],
        default_catch=[Catch(errors=[TASK_FAILED], next_step=failed)],
    )


def _processing(
    settings: ProcessingSettings,
    name: str,
    *,
    script: str,
    data: Sequence[tuple[str, Text]],
    results: Sequence[str],
    arguments: Sequence[Text] = (),
    job_name: Text | None = None,
    depends_on: Sequence[Step] = (),
) -> ProcessingStep:
    """A job that runs a script on data and keeps its results under the execution's name."""
    code = ProcessingInput(
        name="code", uri=f"{settings.code_uri}/{script}", path=f"{_FOLDER}/input/code", kms_key=settings.data_key
    )
    folders = {"input-1": f"{_FOLDER}/input"}
    return ProcessingStep(
        name=name,
        image=settings.image,
        compute=settings.compute,
        entrypoint=["python3", f"{_FOLDER}/input/code/{script}"],
        arguments=arguments,
        inputs=[
            *(
                ProcessingInput(
                    name=given, uri=uri, path=folders.get(given, f"{_FOLDER}/{given}"), kms_key=settings.data_key
                )
                for given, uri in data
            ),
            code,
        ],
        outputs=[
            ProcessingOutput(
                name=result,
                path=f"{_FOLDER}/{result}",
                uri=Join("/", [f"s3://{settings.data_bucket}", EXECUTION_NAME, result]),
            )
            for result in results
        ],
        output_kms_key=settings.data_key,
        max_runtime_seconds=settings.max_runtime_seconds,
        job_name=UniqueName(script.removesuffix(".py").replace("_", "-"), per_attempt=True)
        if job_name is None
        else job_name,
        depends_on=depends_on,
    )


def _channel(settings: ProcessingSettings, name: str, uri: Text) -> Channel:
    return Channel(name=name, uri=uri, kms_key=settings.data_key)
