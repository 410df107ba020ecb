"""The workflow `sklearn-processing`: pre-processing, training and evaluation of a classifier, each in a job of its own.

It imports `constructs_lib.definitions` alone: it can be made, checked, drawn and rendered without an AWS account.
"""

from collections.abc import Sequence
from pathlib import Path

from attrs import field, frozen

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    EXECUTION_NAME,
    TASK_FAILED,
    Catch,
    Channel,
    ChoiceRule,
    ChoiceStep,
    ComputeResources,
    ContainerBuildStep,
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

BUILD = "Build the container"
PREPROCESSING = "SageMaker pre-processing step"
ANOMALIES = "SageMaker anomaly detection step"
FEATURES = "SageMaker feature selection step"
TRAINING = "SageMaker Training Step"
EVALUATION = "SageMaker Processing Model Evaluation step"
FAILED = "ML Workflow failed"

SCRIPTS = Path(__file__).resolve().parent / "scripts"
"""What the jobs run; `ProcessingSettings.code_uri` is where it lies in S3."""

_FOLDER = "/opt/ml/processing"


@frozen(kw_only=True)
class ProcessingSettings:
    """What differs between the environments that the workflow runs in.

    Args:
        image: the container with scikit-learn that runs the scripts, or the step that builds it (`container_build`).
        raw_data_uri: prefix in S3 of the CSV files.
        code_uri: prefix in S3 of the scripts.
        data_bucket: bucket for everything that the workflow writes.
        topic_arn: SNS topic that hears of the outcome.
        data_folder: where in the bucket, such as ``sklearn-processing/runs``. Default: at its top.
        data_key: ARN of the key that encrypts the raw data and the bucket. Default: none.
        code_key: ARN of the key that encrypts the scripts. Default: none.
        topic_key: ARN of the key that encrypts the topic. Default: none.
        compute: of each job. Default: one ml.m5.xlarge.
        max_runtime_seconds: of each job. Default: 20 minutes.
        least_accuracy: below it the execution fails. Default: 0.9.
    """

    image: ContainerImage | ContainerBuildStep
    raw_data_uri: Text
    code_uri: str
    data_bucket: str
    topic_arn: Text
    data_folder: str = ""
    data_key: Text | None = None
    code_key: Text | None = None
    topic_key: Text | None = None
    compute: ComputeResources = field(factory=lambda: ComputeResources(instance_type="ml.m5.xlarge"))
    max_runtime_seconds: int = 1200
    least_accuracy: float = 0.9

    @property
    def container(self) -> ContainerImage:
        """The image that the jobs run."""
        return self.image.image if isinstance(self.image, ContainerBuildStep) else self.image

    @property
    def folder(self) -> tuple[str, ...]:
        """The folder in the bucket as parts of a path."""
        return (self.data_folder,) if self.data_folder else ()


def container_build(*, function_arn: Text, repository_arn: Text) -> ContainerBuildStep:
    """The step that has the container built, unless it is; told of as what it is where it fails.

    Args:
        function_arn: the function of the container build.
        repository_arn: the ECR repository that the image goes to.
    """
    failed = FailStep(name="Container not built", error=CAUGHT_ERROR, cause=CAUGHT_CAUSE)
    return ContainerBuildStep(
        name=BUILD,
        function_arn=function_arn,
        repository_arn=repository_arn,
        catch=[Catch(errors=[TASK_FAILED], next_step=failed)],
    )


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
        image=settings.container,
        compute=settings.compute,
        channels=[
            _channel(settings, "train", train_data),
            _channel(settings, "anomalies", anomalies.output_uri("anomalies")),
            _channel(settings, "features", features.output_uri("features")),
            Channel(name="code", uri=f"{settings.code_uri}/train.py", kms_key=settings.code_key),
        ],
        output_uri="/".join([f"s3://{settings.data_bucket}", *settings.folder, "models"]),
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
        key=Join("/", [*settings.folder, EXECUTION_NAME, "evaluation", "evaluation.json"]),
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
    built = [settings.image] if isinstance(settings.image, ContainerBuildStep) else []
    failed = FailStep(name=FAILED, error=CAUGHT_ERROR, cause="SageMakerProcessingJobFailed")
    return WorkflowDefinition(
        name="sklearn-processing",
        description="Prepares data, trains a classifier, and lets it pass if it is accurate.",
        steps=[*built, prepare, prepared, anomalies, features, train, evaluate, report, choose],
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
        name="code", uri=f"{settings.code_uri}/{script}", path=f"{_FOLDER}/input/code", kms_key=settings.code_key
    )
    folders = {"input-1": f"{_FOLDER}/input"}
    return ProcessingStep(
        name=name,
        image=settings.container,
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
                uri=Join("/", [f"s3://{settings.data_bucket}", *settings.folder, EXECUTION_NAME, result]),
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
