"""A workflow with each step that calls a service, each of its properties with another value than its default."""

from constructs_lib.definitions import (
    TASK_TOKEN,
    Allowed,
    ApiStep,
    CategoricalRange,
    Channel,
    ComputeResources,
    ContainerImage,
    ContinuousRange,
    DataProcessing,
    EventStep,
    ExecutionInput,
    HumanTask,
    IntegerRange,
    Join,
    LabelingStep,
    MetricDefinition,
    NetworkConfig,
    NotificationStep,
    Objective,
    PipelineStep,
    ProcessingInput,
    ProcessingOutput,
    ProcessingStep,
    QueueStep,
    ReadJsonStep,
    TransformInput,
    TransformOutput,
    TransformStep,
    TuningLimits,
    TuningStep,
    WorkflowDefinition,
    WorkflowStep,
)
from tests.constructs_lib.samples import (
    FUNCTION,
    IMAGE,
    KEY,
    PLACE,
    REPOSITORY,
    ROLE,
    endpoint,
    function,
    labeling,
    model,
    processing,
    transform,
    tuning,
    workflow,
)

HERE = f"{PLACE['region']}:{PLACE['account']}"
TOPIC = f"arn:aws:sns:{HERE}:told"
QUEUE = f"arn:aws:sqs:{HERE}:waiting"
BUS = f"arn:aws:events:{HERE}:event-bus/houses"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:other"
NETWORK = NetworkConfig(subnets=["subnet-1"], security_groups=["sg-1"], isolated=True, encrypt_traffic=False)
COMPUTE = ComputeResources(instance_type="ml.m5.xlarge", instance_count=2, volume_size_gib=50, volume_kms_key=KEY)


def jobs() -> WorkflowDefinition:
    """Processing, tuning, transform and labeling."""
    prepare = ProcessingStep(
        name="Prepare",
        role=ROLE,
        image=ContainerImage(uri=IMAGE, repository_arn=REPOSITORY),
        compute=COMPUTE,
        entrypoint=["python3", "/opt/ml/processing/input/code/prepare.py"],
        arguments=["--ratio", ExecutionInput("Ratio")],
        inputs=[
            ProcessingInput(
                name="input-1",
                uri="s3://data/raw",
                path="/opt/ml/processing/input",
                input_mode="Pipe",
                distribution="ShardedByS3Key",
                kms_key=KEY,
            ),
            ProcessingInput(name="code", uri="s3://code/prepare.py", path="/opt/ml/processing/input/code"),
        ],
        outputs=[
            ProcessingOutput(
                name="train",
                path="/opt/ml/processing/train",
                uri=Join("/", ["s3://data/train", ExecutionInput("JobName")]),
                upload_mode="Continuous",
            ),
            ProcessingOutput(name="test", path="/opt/ml/processing/test", uri="s3://data/test"),
        ],
        output_kms_key=KEY,
        environment={"LOG": "debug"},
        max_runtime_seconds=1200,
        network=NETWORK,
        job_name=ExecutionInput("JobName"),
        tags={"team": "houses"},
    )
    started = processing("Start only", wait=False, tags={"team": "houses"})
    tune = TuningStep(
        name="Tune",
        role=ROLE,
        image=IMAGE,
        compute=COMPUTE,
        output_uri="s3://models/tuned/",
        objective=Objective(metric="rmse", goal="Minimize"),
        ranges=[
            ContinuousRange(name="eta", lowest=0.2, highest=1.0, scaling="Logarithmic"),
            IntegerRange(name="max_depth", lowest=1, highest=8),
            CategoricalRange(name="booster", options=["gbtree", "dart"]),
        ],
        limits=TuningLimits(max_jobs=4, max_parallel_jobs=2, max_runtime_seconds=7200),
        metrics=[MetricDefinition(name="rmse", regex="rmse=([0-9.]+)")],
        strategy="Random",
        early_stopping=True,
        output_kms_key=KEY,
        channels=[Channel(name="training", uri=prepare.output_uri("train"), kms_key=KEY)],
        hyperparameters={"seed": "47"},
        environment={"LOG": "debug"},
        max_runtime_seconds=600,
        network=NETWORK,
        input_mode="FastFile",
        tags={"team": "houses"},
    )
    saved = model("Save", model_data_uri=tune.best_model_uri, model_data_kms_key=KEY)
    predict = TransformStep(
        name="Predict",
        model_name=saved.model_name,
        data=TransformInput(
            uri="s3://data/rows/", content_type="text/csv", split="Line", compression="Gzip", kms_key=KEY
        ),
        result=TransformOutput(uri="s3://data/predictions", accept="text/csv", assemble="Line", kms_key=KEY),
        instance_type="ml.m5.large",
        instance_count=2,
        volume_kms_key=KEY,
        processing=DataProcessing(input_filter="$[1:]", output_filter="$[0,-1]", join_input=True),
        strategy="MultiRecord",
        max_concurrent_requests=4,
        max_payload_mb=10,
        environment={"LOG": "debug"},
        job_name="rows",
        tags={"team": "houses"},
    )
    label = LabelingStep(
        name="Label",
        role=ROLE,
        manifest_uri="s3://data/in.manifest",
        data_uri="s3://pictures/",
        output_uri="s3://data/labels",
        label_attribute="kind",
        categories_uri="s3://data/categories.json",
        kms_key=KEY,
        task=HumanTask(
            workteam_arn=f"arn:aws:sagemaker:{HERE}:workteam/private-crowd/team",
            human_task_ui_arn=f"arn:aws:sagemaker:{HERE}:human-task-ui/Ready",
            pre_task_function_arn=FUNCTION,
            consolidation_function_arn=f"{FUNCTION}-2",
            title="Kind of house",
            description="What kind of house is it?",
            keywords=["house"],
            workers_per_object=3,
            time_limit_seconds=600,
        ),
        tags={"team": "houses"},
    )
    plain = [tuning("T", wait=False), transform("P", wait=False), labeling("L", wait=False)]
    return workflow(prepare, started, tune, saved, predict, label, *plain)


def calls() -> WorkflowDefinition:
    """Messages, other workflows, endpoints that may exist, and plain calls."""
    told = NotificationStep(
        name="Tell",
        topic_arn=TOPIC,
        message={"text": Join(" ", ["hello", ExecutionInput("Name")])},
        subject="News",
        kms_key=KEY,
    )
    asked = NotificationStep(
        name="Ask", topic_arn=TOPIC, message={"token": TASK_TOKEN}, wait_for_callback=True, timeout_seconds=60
    )
    queued = QueueStep(
        name="Queue",
        queue_url="https://sqs.eu-west-1.amazonaws.com/111122223333/waiting.fifo",
        queue_arn=QUEUE,
        message={"id": told.output("MessageId")},
        group_id="houses",
        deduplication_id=told.output("MessageId"),
        kms_key=KEY,
    )
    waiting = QueueStep(
        name="Wait for worker",
        queue_url="https://sqs.eu-west-1.amazonaws.com/111122223333/waiting",
        queue_arn=QUEUE,
        message={"token": TASK_TOKEN},
        wait_for_callback=True,
    )
    event = EventStep(
        name="Event", bus_arn=BUS, source="houses", detail_type="Told", detail={"id": queued.output("MessageId")}
    )
    answered = EventStep(
        name="Answered",
        bus_arn=BUS,
        source="houses",
        detail_type="Asked",
        detail={"token": TASK_TOKEN, "answer": asked.output("any.thing")},
        wait_for_callback=True,
    )
    pipeline = PipelineStep(
        name="Pipeline", pipeline_name="Ray-Housing", parameters={"Size": ExecutionInput("Size")}, poll_seconds=10
    )
    begun = PipelineStep(name="Begin", pipeline_name="ray", wait=False)
    nested = WorkflowStep(
        name="Nested",
        state_machine_arn=MACHINE,
        given={"arn": pipeline.output("PipelineExecutionArn")},
        execution_name=ExecutionInput("Name"),
    )
    thrown = WorkflowStep(name="Throw", state_machine_arn=MACHINE, wait=False)
    report = ReadJsonStep(name="Report", bucket="data", key=Join("/", [ExecutionInput("Name"), "e.json"]), kms_key=KEY)
    stored = ApiStep(
        name="Store",
        service="dynamodb",
        action="putItem",
        optimized=True,
        allowed=[Allowed(actions=["dynamodb:PutItem"], resources=[f"arn:aws:dynamodb:{HERE}:table/runs"])],
        additional_request={"TableName": "runs", "Item": {"id": {"S": nested.output("Output.id")}}},
    )
    updated = endpoint("Update", mode="update", tags={"not": "sent"})
    served = endpoint(
        "Serve",
        mode="create or update",
        newest_wins=True,
        config_name=ExecutionInput("Config"),
        tags={"team": "houses"},
    )
    last = function("Last", payload={"accuracy": report.output("Document.accuracy"), "x": served.output("EndpointArn")})
    messages = [told, asked, queued, waiting, event, answered]
    return workflow(*messages, pipeline, begun, nested, thrown, report, stored, updated, served, last)
