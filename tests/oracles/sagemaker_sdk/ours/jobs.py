"""Pipelines of jobs."""

from constructs_lib.definitions import (
    PIPELINE_EXECUTION_ID,
    AutoMLStep,
    CategoricalRange,
    Channel,
    Checkpoints,
    ComputeResources,
    ContinuousRange,
    DataProcessing,
    EMRStep,
    IntegerRange,
    Join,
    MetricDefinition,
    NetworkConfig,
    NotebookJobStep,
    Objective,
    PipelineDefinition,
    PipelineParameter,
    PipelineRetry,
    ProcessingInput,
    ProcessingOutput,
    ProcessingStep,
    PropertyFile,
    SpotTraining,
    TransformInput,
    TransformOutput,
    TransformStep,
    TuningLimits,
    TuningStep,
)
from constructs_lib.definitions.values import Text
from tests.oracles.sagemaker_sdk.ours.givens import (
    CACHE,
    CODE,
    DATA,
    FOLDER,
    IMAGE,
    KEY,
    OPEN,
    REGION,
    ROLE,
    SMALL,
    THROTTLED,
    model_step,
    processing_step,
    training_step,
)


def processing_whole() -> PipelineDefinition:
    instance_type = PipelineParameter("ProcessingInstanceType", default="ml.m5.xlarge")
    count = PipelineParameter("ProcessingInstanceCount", type="integer", default=1)
    step = ProcessingStep(
        name="Preprocess",
        display_name="Prepare",
        comment="splits the data",
        role=ROLE,
        image=IMAGE,
        compute=ComputeResources(
            instance_type=instance_type, instance_count=count, volume_size_gib=50, volume_kms_key=KEY
        ),
        entrypoint=["python3", f"{FOLDER}/input/code/preprocess.py"],
        arguments=["--ratio", "0.2"],
        inputs=[
            ProcessingInput(
                name="input-1",
                uri=PipelineParameter("InputData"),
                path=f"{FOLDER}/input",
                distribution="ShardedByS3Key",
            ),
            ProcessingInput(name="code", uri=f"{CODE}/preprocess.py", path=f"{FOLDER}/input/code"),
        ],
        outputs=[
            ProcessingOutput(name="train", path=f"{FOLDER}/train", uri=f"{DATA}/train"),
            ProcessingOutput(
                name="report",
                path=f"{FOLDER}/report",
                uri=Join("/", [DATA, PIPELINE_EXECUTION_ID, "report"]),
                upload_mode="Continuous",
            ),
        ],
        output_kms_key=KEY,
        environment={"LEVEL": "info"},
        max_runtime_seconds=1200,
        tags={"team": "prices"},
        network=NetworkConfig(
            isolated=True,
            security_groups=["sg-11111111"],
            subnets=["subnet-11111111", "subnet-22222222"],
        ),
        cache=CACHE,
        property_files=[PropertyFile(name="Report", output_name="report", path="report.json")],
        retry=[
            PipelineRetry(
                errors=["Step.SERVICE_FAULT", "Step.THROTTLING"], interval_seconds=5, backoff_rate=1.5, max_attempts=4
            ),
            PipelineRetry(errors=["SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"], expire_after_minutes=60),
        ],
    )
    return PipelineDefinition(name="processing", steps=[step], parameters=[instance_type, count])


def training_whole() -> PipelineDefinition:
    prepare = processing_step("Preprocess")
    instance_type = PipelineParameter("TrainingInstanceType", default="ml.p3.2xlarge")
    depth = PipelineParameter("MaxDepth", type="integer", default=5)
    train = training_step(
        compute=ComputeResources(instance_type=instance_type, volume_size_gib=40),
        channels=[
            Channel(name="train", uri=prepare.output_location("train"), content_type="text/csv"),
            Channel(name="validation", uri=f"{DATA}/validation", content_type="text/csv", input_mode="FastFile"),
        ],
        hyperparameters={"max_depth": Join("", [depth]), "eta": "0.2", "objective": "reg:squarederror"},
        metrics=[MetricDefinition(name="validation:rmse", regex="rmse=([0-9.]+)")],
        environment={"LEVEL": "info"},
        max_runtime_seconds=3600,
        spot=SpotTraining(max_wait_seconds=7200),
        checkpoints=Checkpoints(uri=f"{DATA}/checkpoints"),
        cache=CACHE,
        retry=[PipelineRetry(errors=["SageMaker.JOB_INTERNAL_ERROR"], max_attempts=2)],
    )
    return PipelineDefinition(name="training", steps=[prepare, train], parameters=[instance_type, depth])


def tuning() -> PipelineDefinition:
    count = PipelineParameter("MaxJobs", type="integer", default=4)
    tune = TuningStep(
        name="Tune",
        role=ROLE,
        image=IMAGE,
        compute=SMALL,
        output_uri=f"{DATA}/models",
        objective=Objective(metric="validation:rmse", goal="Minimize"),
        ranges=[
            IntegerRange(name="max_depth", lowest=1, highest=8),
            ContinuousRange(name="eta", lowest=0.2, highest=1, scaling="Logarithmic"),
            CategoricalRange(name="booster", options=["gbtree", "dart"]),
        ],
        limits=TuningLimits(max_jobs=count, max_parallel_jobs=2),
        metrics=[MetricDefinition(name="validation:rmse", regex="rmse=([0-9.]+)")],
        early_stopping=True,
        hyperparameters={"objective": "reg:squarederror"},
        channels=[Channel(name="train", uri=f"{DATA}/train")],
        network=OPEN,
        cache=CACHE,
    )
    best = ProcessingInput(name="input-1", uri=tune.top_model_uri(0, "data-bucket", "models"), path=f"{FOLDER}/model")
    return PipelineDefinition(name="tuning", steps=[tune, processing_step("Evaluate", inputs=[best])])


def transform() -> PipelineDefinition:
    model = model_step()
    step = TransformStep(
        name="Transform",
        model_name=model.model_name,
        data=TransformInput(uri=f"{DATA}/batch", content_type="text/csv", split="Line"),
        result=TransformOutput(uri=f"{DATA}/predictions", accept="text/csv", assemble="Line"),
        instance_type="ml.m5.xlarge",
        processing=DataProcessing(input_filter="$[1:]", output_filter="$[0,-1]", join_input=True),
        strategy="MultiRecord",
        max_concurrent_requests=2,
        max_payload_mb=6,
        environment={"LEVEL": "info"},
        cache=CACHE,
    )
    return PipelineDefinition(name="transform", steps=[model, step])


def notebooks() -> PipelineDefinition:
    parameters: dict[str, Text] = {"bucket": PipelineParameter("Bucket", default="data-bucket"), "rows": "500"}
    first = NotebookJobStep(
        name="Train",
        display_name="Train model",
        comment="trains a model",
        role=ROLE,
        image=IMAGE,
        notebook="train.ipynb",
        input_uri=f"{DATA}/notebooks/notebook-job/Train/input-2026-01-01-00-00-00-000",
        output_uri=Join("/", [f"{DATA}/notebooks", "notebook-job", PIPELINE_EXECUTION_ID, "Train"]),
        region=REGION,
        compute=ComputeResources(instance_type="ml.m5.4xlarge", volume_kms_key=KEY),
        parameters=parameters,
        environment={"LEVEL": "info"},
        init_script="before.sh",
        job_name="train-model",
        output_kms_key=KEY,
        tags={"team": "prices"},
        retry=THROTTLED,
    )
    second = NotebookJobStep(
        name="Again",
        role=ROLE,
        image=IMAGE,
        notebook="prepare.ipynb",
        input_uri=f"{DATA}/notebook-job/Again/input-2026-01-01-00-00-00-000",
        output_uri=Join("/", [DATA, "notebook-job", PIPELINE_EXECUTION_ID, "Again"]),
        region=REGION,
        parameters={
            "from": first.output("ComputingJobName"),
            "out": first.output("NotebookJobOutputLocationPrefix"),
        },
        depends_on=[first],
    )
    return PipelineDefinition(name="notebook-job", steps=[first, second])


def auto_ml() -> PipelineDefinition:
    step = AutoMLStep(
        name="Search",
        role=ROLE,
        data_uri=f"{DATA}/train",
        target="PRICE",
        output_uri=f"{DATA}/automl",
        problem_type="Regression",
        metric="MSE",
        max_runtime_seconds=3600,
        network=OPEN,
        cache=CACHE,
    )
    best = "BestCandidate.InferenceContainers[0]"
    variables = (
        "MODEL_NAME",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT",
        "SAGEMAKER_SUBMIT_DIRECTORY",
        "SAGEMAKER_INFERENCE_SUPPORTED",
        "SAGEMAKER_INFERENCE_OUTPUT",
        "SAGEMAKER_PROGRAM",
    )
    model = model_step(
        "Best-CreateModel",
        image=step.output(f"{best}.Image"),
        model_data_uri=step.output(f"{best}.ModelDataUrl"),
        environment={name: step.output(f"{best}.Environment['{name}']") for name in variables},
    )
    return PipelineDefinition(name="auto-ml", steps=[step, model])


def emr() -> PipelineDefinition:
    program = {
        "jar": "command-runner.jar",
        "arguments": ["spark-submit", f"{CODE}/prepare.py"],
        "main_class": "com.example.Main",
        "properties": {"mapred.tasktracker.map.tasks.maximum": "2"},
    }
    there = EMRStep(
        name="There",
        display_name="There",
        comment="on a cluster that is there",
        cluster_id="j-1111111111111",
        execution_role=ROLE,
        cache=CACHE,
        **program,  # type: ignore[arg-type]
    )
    group = {"Name": "main", "InstanceRole": "MASTER", "InstanceCount": 1, "InstanceType": "m5.2xlarge"}
    made = EMRStep(
        name="Made",
        display_name="Made",
        comment="on a cluster that is made",
        cluster={
            "Applications": [{"Name": "Spark"}],
            "Instances": {"InstanceGroups": [group]},
            "ReleaseLabel": "emr-6.6.0",
            "JobFlowRole": "cluster-instances",
            "ServiceRole": "cluster",
        },
        depends_on=[there],
        **program,  # type: ignore[arg-type]
    )
    return PipelineDefinition(name="emr", steps=[there, made])
