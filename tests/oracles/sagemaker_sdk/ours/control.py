"""Pipelines of callbacks, functions and references."""

from constructs_lib.definitions import (
    CURRENT_DATE_TIME,
    PIPELINE_ARN,
    PIPELINE_EXECUTION_ARN,
    PIPELINE_EXECUTION_ID,
    PIPELINE_NAME,
    PROCESSING_JOB_NAME,
    START_DATE_TIME,
    CallbackStep,
    ExperimentConfig,
    FailStep,
    Join,
    LambdaStep,
    PipelineDefinition,
    PipelineParameter,
    ProcessingOutput,
)
from tests.oracles.sagemaker_sdk.ours.givens import (
    ACCOUNT,
    CACHE,
    DATA,
    FOLDER,
    REGION,
    processing_step,
)


def fail() -> PipelineDefinition:
    first = processing_step("First")
    reason = PipelineParameter("Reason", default="as asked")
    cause = Join(" ", ["Stopped after", first.output("ProcessingJobName"), reason])
    return PipelineDefinition(name="fail", steps=[first, FailStep(name="Stop", cause=cause, depends_on=[first])])


def callback() -> PipelineDefinition:
    step = CallbackStep(
        name="Ask",
        queue_url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/questions",
        queue_arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:questions",
        payload={"bucket": "data-bucket", "limit": 3, "run": PIPELINE_EXECUTION_ID},
        outputs={"answer": "string", "count": "integer", "ratio": "number", "sure": "boolean"},
        cache=CACHE,
    )
    after = processing_step("After", arguments=["--answer", step.output("answer")])
    return PipelineDefinition(name="callback", steps=[step, after])


def functions_called() -> PipelineDefinition:
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


def functions() -> PipelineDefinition:
    prefix = PipelineParameter("Prefix", default="runs")
    count = PipelineParameter("Count", type="integer", default=2)
    moment = Join("_", [START_DATE_TIME, CURRENT_DATE_TIME])
    uri = Join("/", ["s3:/", "data-bucket", prefix, PIPELINE_NAME, PIPELINE_EXECUTION_ID, moment])
    first = processing_step(
        "First",
        job_name="prepare-prices",
        outputs=[ProcessingOutput(name="out", path=f"{FOLDER}/out", uri=uri)],
        arguments=[PIPELINE_ARN, PIPELINE_EXECUTION_ARN, PROCESSING_JOB_NAME, Join("", [count])],
    )
    second = processing_step("Second", job_name="small", depends_on=[first])
    third = processing_step("Third", job_name="small", depends_on=[first, "Second"])
    return PipelineDefinition(
        name="functions",
        steps=[third, second, first],
        parameters=[prefix],
        experiment=ExperimentConfig(experiment_name="prices", trial_name=Join("-", ["run", PIPELINE_EXECUTION_ID])),
        use_custom_job_prefix=True,
    )
