"""The pipelines of the oracle, as users of this library write them."""

from typing import Any

from constructs_lib.definitions import (
    CURRENT_DATE_TIME,
    PIPELINE_ARN,
    PIPELINE_EXECUTION_ARN,
    PIPELINE_EXECUTION_ID,
    PIPELINE_NAME,
    PROCESSING_JOB_NAME,
    START_DATE_TIME,
    AutoMLStep,
    CacheConfig,
    CallbackStep,
    CategoricalRange,
    Channel,
    ClarifyCheckStep,
    ComputeResources,
    ContinuousRange,
    DataProcessing,
    EMRStep,
    EndpointConfigStep,
    EndpointStep,
    ExperimentConfig,
    FailStep,
    InferenceComponentStep,
    IntegerRange,
    Join,
    LambdaStep,
    LineageAssociation,
    LineageEntity,
    LineageStep,
    MetricDefinition,
    MetricsFile,
    ModelMetrics,
    ModelStep,
    MonitoredTransform,
    NetworkConfig,
    NotebookJobStep,
    Objective,
    PipelineDefinition,
    PipelineParameter,
    PipelineRetry,
    ProcessingInput,
    ProcessingOutput,
    ProcessingStep,
    ProductionVariant,
    PropertyFile,
    QualityCheckStep,
    RegisterModelStep,
    TrainingStep,
    TransformInput,
    TransformOutput,
    TransformStep,
    TuningLimits,
    TuningStep,
)
from constructs_lib.definitions.values import Text

ACCOUNT = "111122223333"
REGION = "eu-west-1"
DATA = "s3://data-bucket"
CODE = "s3://code-bucket/scripts"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/images@sha256:" + "0" * 64
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
FOLDER = "/opt/ml/processing"
CACHE = CacheConfig(expire_after="PT12H")
SMALL = ComputeResources(instance_type="ml.m5.xlarge")
OPEN = NetworkConfig(encrypt_traffic=False)
THROTTLED = [PipelineRetry(errors=["Step.THROTTLING"], max_attempts=3)]


def _processing(name: str, **given: Any) -> ProcessingStep:
    outputs = [
        ProcessingOutput(name=folder, path=f"{FOLDER}/{folder}", uri=f"{DATA}/{name}/{folder}")
        for folder in ("train", "report")
    ]
    return ProcessingStep(name=name, **{"role": ROLE, "image": IMAGE, "compute": SMALL, "outputs": outputs, **given})


def _training(**given: Any) -> TrainingStep:
    channels = [Channel(name="train", uri=f"{DATA}/train")]
    base = {"role": ROLE, "image": IMAGE, "compute": SMALL, "output_uri": f"{DATA}/models", "channels": channels}
    return TrainingStep(name="Train", **{**base, **given})


def _model(name: str = "Save-CreateModel", **given: Any) -> ModelStep:
    artifacts = {"model_data_uri": f"{DATA}/model.tar.gz"}
    return ModelStep(name=name, **{"role": ROLE, "image": IMAGE, **artifacts, **given})


def _processing_whole() -> PipelineDefinition:
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


def _training_whole() -> PipelineDefinition:
    prepare = _processing("Preprocess")
    instance_type = PipelineParameter("TrainingInstanceType", default="ml.p3.2xlarge")
    depth = PipelineParameter("MaxDepth", type="integer", default=5)
    train = _training(
        compute=ComputeResources(instance_type=instance_type, volume_size_gib=40),
        channels=[
            Channel(name="train", uri=prepare.output_location("train"), content_type="text/csv"),
            Channel(name="validation", uri=f"{DATA}/validation", content_type="text/csv", input_mode="FastFile"),
        ],
        hyperparameters={"max_depth": Join("", [depth]), "eta": "0.2", "objective": "reg:squarederror"},
        metrics=[MetricDefinition(name="validation:rmse", regex="rmse=([0-9.]+)")],
        environment={"LEVEL": "info"},
        max_runtime_seconds=3600,
        additional_request={"CheckpointConfig": {"S3Uri": f"{DATA}/checkpoints"}},
        cache=CACHE,
        retry=[PipelineRetry(errors=["SageMaker.JOB_INTERNAL_ERROR"], max_attempts=2)],
    )
    return PipelineDefinition(name="training", steps=[prepare, train], parameters=[instance_type, depth])


def _tuning() -> PipelineDefinition:
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
    return PipelineDefinition(name="tuning", steps=[tune, _processing("Evaluate", inputs=[best])])


def _transform() -> PipelineDefinition:
    model = _model()
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


def _notebooks() -> PipelineDefinition:
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


def _auto_ml() -> PipelineDefinition:
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
    model = _model(
        "Best-CreateModel",
        image=step.output(f"{best}.Image"),
        model_data_uri=step.output(f"{best}.ModelDataUrl"),
        environment={name: step.output(f"{best}.Environment['{name}']") for name in variables},
    )
    return PipelineDefinition(name="auto-ml", steps=[step, model])


def _emr() -> PipelineDefinition:
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


def _fail() -> PipelineDefinition:
    first = _processing("First")
    reason = PipelineParameter("Reason", default="as asked")
    cause = Join(" ", ["Stopped after", first.output("ProcessingJobName"), reason])
    return PipelineDefinition(name="fail", steps=[first, FailStep(name="Stop", cause=cause, depends_on=[first])])


def _callback() -> PipelineDefinition:
    step = CallbackStep(
        name="Ask",
        queue_url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/questions",
        queue_arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:questions",
        payload={"bucket": "data-bucket", "limit": 3, "run": PIPELINE_EXECUTION_ID},
        outputs={"answer": "string", "count": "integer", "ratio": "number", "sure": "boolean"},
        cache=CACHE,
    )
    after = _processing("After", arguments=["--answer", step.output("answer")])
    return PipelineDefinition(name="callback", steps=[step, after])


def _functions_called() -> PipelineDefinition:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
    first = LambdaStep(
        name="Count",
        function_arn=f"{arn}count",
        payload={"uri": f"{DATA}/train", "limit": 10},
        outputs={"rows": "integer", "share": "number", "name": "string", "sorted": "boolean"},
        cache=CACHE,
    )
    second = LambdaStep(
        name="Tell",
        function_arn=f"{arn}tell",
        payload={"rows": first.output("Payload.rows"), "text": Join(": ", ["run", PIPELINE_NAME])},
    )
    return PipelineDefinition(name="lambda", steps=[first, second])


def _functions() -> PipelineDefinition:
    prefix = PipelineParameter("Prefix", default="runs")
    count = PipelineParameter("Count", type="integer", default=2)
    moment = Join("_", [START_DATE_TIME, CURRENT_DATE_TIME])
    uri = Join("/", ["s3:/", "data-bucket", prefix, PIPELINE_NAME, PIPELINE_EXECUTION_ID, moment])
    first = _processing(
        "First",
        job_name="prepare-prices",
        outputs=[ProcessingOutput(name="out", path=f"{FOLDER}/out", uri=uri)],
        arguments=[PIPELINE_ARN, PIPELINE_EXECUTION_ARN, PROCESSING_JOB_NAME, Join("", [count])],
    )
    second = _processing("Second", job_name="small", depends_on=[first])
    third = _processing("Third", job_name="small", depends_on=[first, "Second"])
    return PipelineDefinition(
        name="functions",
        steps=[third, second, first],
        parameters=[prefix],
        experiment=ExperimentConfig(experiment_name="prices", trial_name=Join("-", ["run", PIPELINE_EXECUTION_ID])),
        use_custom_job_prefix=True,
    )


def _model_made() -> PipelineDefinition:
    train = _training(network=OPEN)
    artifacts = train.output("ModelArtifacts.S3ModelArtifacts")
    one = _model("One-CreateModel", model_data_uri=artifacts, environment={"LEVEL": "info"}, retry=THROTTLED)
    return PipelineDefinition(name="model", steps=[train, one])


def _registered() -> PipelineDefinition:
    allowed = ["PendingManualApproval", "Approved", "Rejected"]
    train = _training(network=OPEN)
    report = MetricsFile(uri=f"{DATA}/evaluation/evaluation.json")
    baseline = {"ContentType": "application/json", "S3Uri": f"{DATA}/evaluation/evaluation.json"}
    step = RegisterModelStep(
        name="Register-RegisterModel",
        group_name="prices",
        image=IMAGE,
        model_data_uri=train.output("ModelArtifacts.S3ModelArtifacts"),
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.t2.medium", "ml.m5.xlarge"],
        transform_instances=["ml.m5.xlarge"],
        approval_status=PipelineParameter("ApprovalStatus", default=allowed[0], allowed=allowed),
        metrics=ModelMetrics(model_statistics=report),
        description="a model of prices",
        customer_metadata={"team": "prices"},
        additional_request={
            "Domain": "MACHINE_LEARNING",
            "Task": "REGRESSION",
            "DriftCheckBaselines": {"ModelQuality": {"Statistics": baseline}},
            "MetadataProperties": {"CommitId": "abc", "ProjectId": "prices"},
        },
    )
    return PipelineDefinition(name="register-model", steps=[train, step])


def _endpoint() -> PipelineDefinition:
    model = _model()
    config = EndpointConfigStep(
        name="Configure",
        config_name="prices",
        variants=[ProductionVariant(model_name=model.model_name, instance_type="ml.m5.large")],
        tags={"team": "prices"},
        retry=THROTTLED,
        cache=CACHE,
    )
    deploy = EndpointStep(
        name="Deploy",
        endpoint_name=PipelineParameter("EndpointName", default="prices"),
        config_name=config.output("EndpointConfigName"),
        mode="create or update",
        cache=CACHE,
    )
    place = InferenceComponentStep(
        name="Place",
        component_name="prices",
        endpoint_name=deploy.output("EndpointName"),
        model_name=model.model_name,
        min_memory_mb=1024,
        cpu_cores=1,
    )
    return PipelineDefinition(name="endpoint", steps=[model, config, deploy, place])


def _lineage() -> PipelineDefinition:
    train = _training(network=OPEN)
    trained = LineageEntity(kind="Action", name="trained", type="Training", source_uri=train.output("TrainingJobArn"))
    model = LineageEntity(
        kind="Artifact",
        name="model",
        type="Model",
        source_uri=train.output("ModelArtifacts.S3ModelArtifacts"),
        properties={"team": "prices"},
    )
    project = LineageEntity(kind="Context", name="prices", type="Project", source_uri=f"{DATA}/prices")
    there = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:context/there"
    step = LineageStep(
        name="Record",
        entities=[trained, model, project],
        associations=[
            LineageAssociation(source=trained, destination=model, type="Produced"),
            LineageAssociation(source=model, destination=there, type="AssociatedWith"),
        ],
    )
    after = _processing("After", arguments=["--model", step.arn_of(model)])
    return PipelineDefinition(name="lineage", steps=[train, step, after])


_CHECKED = {"role": ROLE, "compute": ComputeResources(instance_type="ml.c5.xlarge", volume_size_gib=120)}


def _quality(image: str) -> PipelineDefinition:
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
    after = _processing("After", arguments=["--baseline", model.output("CalculatedBaselineConstraints")])
    return PipelineDefinition(name="quality-check", steps=[data, model, after])


def _clarify(image: str) -> PipelineDefinition:
    created = _model()
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


def _monitored(image: str) -> PipelineDefinition:
    created = _model()
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


def all_of_ours(monitor_image: str, clarify_image: str) -> tuple[PipelineDefinition, ...]:
    """Every pipeline; AWS's own images are those of the oracle."""
    return (
        _processing_whole(),
        _training_whole(),
        _tuning(),
        _transform(),
        _notebooks(),
        _auto_ml(),
        _emr(),
        _fail(),
        _callback(),
        _functions_called(),
        _functions(),
        _model_made(),
        _registered(),
        _endpoint(),
        _lineage(),
        _quality(monitor_image),
        _clarify(clarify_image),
        _monitored(monitor_image),
    )
