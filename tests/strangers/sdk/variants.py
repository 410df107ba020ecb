# mypy: disable-error-code="import-not-found"
"""What users of the SDK write less often: frameworks' processors, definitions tuned as one, own names of jobs."""

import json
import tempfile
from pathlib import Path
from typing import Any

from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.parameter import CategoricalParameter, ContinuousParameter
from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.tuner import HyperparameterTuner
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.functions import Join
from sagemaker.workflow.parameters import ParameterInteger
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.workflow.pipeline_experiment_config import PipelineExperimentConfig
from sagemaker.workflow.step_collections import RegisterModel
from sagemaker.workflow.steps import ProcessingStep, TrainingStep, TuningStep

from tests.strangers.sdk.session import IMAGE, ROLE, boto_session, pipeline_session

MAIN = """
import json, os, sys
import words
names = sorted(os.listdir("/opt/ml/processing/model"))
with open("/opt/ml/processing/told/told.json", "w") as file:
    json.dump({"word": words.WORD, "given": sys.argv[1:], "model": names}, file)
"""
METRICS = [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]
NAMES = ("one", "two")

session = pipeline_session()
bucket = session.default_bucket()
s3, client = boto_session.client("s3"), session.sagemaker_client
s3.put_object(Bucket=bucket, Key="variants/rows.csv", Body=b"1,2\n1,4")
common: dict[str, Any] = {
    "image_uri": IMAGE, "role": ROLE, "instance_type": "ml.m5.large", "instance_count": 1, "sagemaker_session": session,
}  # fmt: skip
channels = {"train": TrainingInput(f"s3://{bucket}/variants", content_type="text/csv")}
jobs = ParameterInteger("Jobs", default_value=3)


def estimator(**members: Any) -> Estimator:
    return Estimator(hyperparameters={"rounds": jobs}, keep_alive_period_in_seconds=60, **common, **members)


def tuned() -> TuningStep:
    """Two definitions in one tuning job."""
    ranges = {"one": {"alpha": ContinuousParameter(0.1, 1.0)}, "two": {"kind": CategoricalParameter(["a", "b"])}}
    tuner = HyperparameterTuner.create(
        {name: estimator(output_path=f"s3://{bucket}/tuned-variants") for name in NAMES},
        dict.fromkeys(NAMES, "rmse"),
        ranges,
        metric_definitions_dict=dict.fromkeys(NAMES, METRICS),
        max_jobs=jobs,
        max_parallel_jobs=2,
        objective_type="Minimize",
        strategy="Random",
    )
    inputs = dict.fromkeys(NAMES, channels)
    return TuningStep("Tune", step_args=tuner.fit(inputs=inputs, include_cls_metadata=dict.fromkeys(NAMES, False)))


def told(tuning: TuningStep, folder: Path) -> ProcessingStep:
    """A program of two files, about the second-best model."""
    (folder / "main.py").write_text(MAIN)
    (folder / "words.py").write_text("WORD = 'found'\n")
    processor = FrameworkProcessor(SKLearn, framework_version="1.2-1", command=["python3"], **common)
    model = tuning.get_top_model_s3_uri(top_k=1, s3_bucket=bucket, prefix="tuned-variants")
    arguments = processor.run(
        code="main.py",
        source_dir=str(folder),
        arguments=["--best", tuning.properties.BestTrainingJob.TrainingJobName],
        inputs=[ProcessingInput(source=model, destination="/opt/ml/processing/model", input_name="model")],
        outputs=[
            ProcessingOutput(
                output_name="told",
                source="/opt/ml/processing/told",
                destination=Join("/", [f"s3://{bucket}/told", ExecutionVariables.PIPELINE_EXECUTION_ID]),
            )
        ],
    )
    return ProcessingStep("Tell", step_args=arguments)


def main() -> None:
    train = TrainingStep("Train", step_args=estimator(base_job_name="means-of-mine").fit(channels))
    register = RegisterModel(
        "Keep",
        estimator=estimator(),
        model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
        content_types=["text/csv"],
        response_types=["application/json"],
        model_package_group_name="variants",
        customer_metadata_properties={"run": ExecutionVariables.PIPELINE_EXECUTION_ID},
    )
    experiment = PipelineExperimentConfig(
        Join("-", ["of", ExecutionVariables.PIPELINE_NAME]), ExecutionVariables.PIPELINE_EXECUTION_ID
    )
    with tempfile.TemporaryDirectory() as folder:
        tuning = tuned()
        named = Pipeline(
            "named",
            parameters=[jobs],
            steps=[train],
            pipeline_experiment_config=experiment,
            pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=True),
            sagemaker_session=session,
        )
        variants = Pipeline(
            "variants", parameters=[jobs], steps=[train, register, tuning, told(tuning, Path(folder))],
            sagemaker_session=session,
        )  # fmt: skip
        for pipeline in (named, variants):
            pipeline.upsert(role_arn=ROLE)

    first = named.start()
    second = variants.start(parameters={"Jobs": 2})
    for execution in (first, second):
        execution.wait(delay=1, max_attempts=200)
    identity = first.arn.rpartition("/")[2]
    (job,) = (step["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2] for step in first.list_steps())
    assert job.startswith("means-of-mine-"), job
    assert client.describe_training_job(TrainingJobName=job)["ExperimentConfig"]["TrialName"] == identity
    assert [each["TrialName"] for each in client.list_trials(ExperimentName="of-named")["TrialSummaries"]] == [identity]

    identity = second.arn.rpartition("/")[2]
    found = json.loads(s3.get_object(Bucket=bucket, Key=f"told/{identity}/told.json")["Body"].read())
    assert (found["word"], found["model"]) == ("found", ["model.tar.gz"]), found
    tuning_job = next(step for step in second.list_steps() if step["StepName"] == "Tune")["Metadata"]["TuningJob"]
    described = client.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuning_job["Arn"].rpartition("/")[2]
    )
    assert found["given"] == ["--best", described["BestTrainingJob"]["TrainingJobName"]], found
    assert described["TrainingJobStatusCounters"]["Completed"] == 2, described
    (package,) = client.list_model_packages(ModelPackageGroupName="variants")["ModelPackageSummaryList"]
    kept = client.describe_model_package(ModelPackageName=package["ModelPackageArn"])
    assert kept["CustomerMetadataProperties"] == {"run": identity}, kept


main()
