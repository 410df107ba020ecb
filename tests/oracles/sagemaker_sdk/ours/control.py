"""Pipelines of conditions, callbacks, functions and references."""

from constructs_lib.definitions import (
    CURRENT_DATE_TIME,
    PIPELINE_ARN,
    PIPELINE_EXECUTION_ARN,
    PIPELINE_EXECUTION_ID,
    PIPELINE_NAME,
    PROCESSING_JOB_NAME,
    START_DATE_TIME,
    TRAINING_JOB_NAME,
    CallbackStep,
    ChoiceStep,
    ExperimentConfig,
    FailStep,
    Join,
    LambdaStep,
    PipelineDefinition,
    PipelineParameter,
    ProcessingOutput,
    PropertyFile,
    equal,
    greater_or_equal,
    greater_than,
    is_in,
    less_or_equal,
    less_than,
)
from tests.oracles.sagemaker_sdk.ours.givens import (
    ACCOUNT,
    CACHE,
    DATA,
    FOLDER,
    OPEN,
    REGION,
    processing_step,
    training_step,
)

REPORT = PropertyFile(name="Report", output_name="report", path="report.json")


def condition() -> PipelineDefinition:
    text = PipelineParameter("Text", default="a", allowed=["a", "b", "c"])
    whole = PipelineParameter("Whole", type="integer", default=3)
    number = PipelineParameter("Number", type="number", default=0.5)
    truth = PipelineParameter("Truth", type="boolean", default=True)
    evaluate = processing_step("Evaluate", property_files=[REPORT])
    accuracy = evaluate.json_get("Report", "metrics.accuracy.value")
    check = ChoiceStep.if_else(
        name="Check",
        display_name="Good enough?",
        depends_on=[evaluate],
        conditions=[
            equal(text, "a"),
            equal(truth, other=True),
            greater_than(accuracy, number),
            greater_or_equal(whole, 3),
            less_than(number, 1.0),
            less_or_equal(accuracy, 1),
            is_in(text, ["a", "b"]),
            ~equal(whole, 0),
            equal(text, "a") | greater_than(whole, 9),
            equal(evaluate.output("ProcessingJobStatus"), "Completed"),
        ],
        if_steps=[processing_step("Keep")],
        else_steps=[FailStep(name="NotGood", cause=Join(" ", ["Accuracy is not above", number]))],
    )
    small = ChoiceStep.if_else(
        name="Small",
        depends_on=[check],
        conditions=[less_than(whole, 10)],
        if_steps=[processing_step("Publish")],
        else_steps=[FailStep(name="TooLarge", cause="the number is too large")],
    )
    return PipelineDefinition(name="condition", steps=[evaluate, check, small], parameters=[text, whole, number, truth])


def nested_condition() -> PipelineDefinition:
    stage = PipelineParameter("Stage", default="prod")
    whole = PipelineParameter("Whole", type="integer", default=3)
    evaluate = processing_step("Evaluate", property_files=[REPORT])
    publish = processing_step("Publish")
    announce = ChoiceStep.if_else(
        name="Announce",
        depends_on=[publish],
        conditions=[equal(publish.output("ProcessingJobStatus"), "Completed")],
        if_steps=[processing_step("Tell", arguments=["--job", publish.output("ProcessingJobName")])],
    )
    staged = ChoiceStep.if_else(
        name="Staged",
        conditions=[equal(stage, "prod")],
        if_steps=[publish, announce],
        else_steps=[processing_step("Keep", arguments=["--job", evaluate.output("ProcessingJobName")])],
    )
    again = ChoiceStep.if_else(
        name="Again",
        conditions=[greater_than(whole, 0)],
        if_steps=[processing_step("Repeat")],
        else_steps=[FailStep(name="GiveUp", cause=Join(" ", ["given up on", stage]))],
    )
    check = ChoiceStep.if_else(
        name="Check",
        conditions=[greater_than(evaluate.json_get("Report", "metrics.accuracy.value"), 0.5)],
        if_steps=[staged],
        else_steps=[again],
    )
    return PipelineDefinition(name="nested-condition", steps=[evaluate, check], parameters=[stage, whole])


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
    train = training_step(job_name="fit-prices", hyperparameters={"job": TRAINING_JOB_NAME}, network=OPEN)
    return PipelineDefinition(
        name="functions",
        steps=[third, second, first, train],
        parameters=[prefix],
        experiment=ExperimentConfig(experiment_name="prices", trial_name=Join("-", ["run", PIPELINE_EXECUTION_ID])),
        use_custom_job_prefix=True,
    )
