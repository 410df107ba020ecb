# mypy: disable-error-code="import-not-found"
"""Pipelines that decide, end, ask and call, and one with every function."""

from sagemaker.inputs import TrainingInput
from sagemaker.lambda_helper import Lambda
from sagemaker.processing import ProcessingOutput
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
from sagemaker.workflow.parameters import ParameterBoolean, ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.workflow.pipeline_experiment_config import PipelineExperimentConfig
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import ProcessingStep, TrainingStep

from tests.oracles.sagemaker_sdk.minimal import CACHE, Making, small_estimator, small_processing, small_processor
from tests.oracles.sagemaker_sdk.offline import ACCOUNT, DATA, FOLDER, REGION


def condition(session: PipelineSession) -> Pipeline:
    """Every condition, on every kind of value, with steps in both branches, and a second Condition after the first."""
    text = ParameterString("Text", default_value="a", enum_values=["a", "b", "c"])
    whole = ParameterInteger("Whole", default_value=3)
    number = ParameterFloat("Number", default_value=0.5)
    truth = ParameterBoolean("Truth", default_value=True)
    report = PropertyFile(name="Report", output_name="report", path="report.json")
    evaluate = small_processing(session, "Evaluate", property_files=[report])
    accuracy = JsonGet(step_name=evaluate.name, property_file=report, json_path="metrics.accuracy.value")
    after = ConditionStep(
        "Small",
        depends_on=["Check"],
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
        if_steps=[small_processing(session, "Keep")],
        else_steps=[FailStep("NotGood", error_message=Join(on=" ", values=["Accuracy is not above", number]))],
    )
    return Pipeline("condition", [text, whole, number, truth], steps=[evaluate, step, after], sagemaker_session=session)


def nested_condition(session: PipelineSession) -> Pipeline:
    """A Condition in either branch of another, which reads and waits for what runs in the branches around it."""
    stage = ParameterString("Stage", default_value="prod")
    whole = ParameterInteger("Whole", default_value=3)
    report = PropertyFile(name="Report", output_name="report", path="report.json")
    evaluate = small_processing(session, "Evaluate", property_files=[report])
    accuracy = JsonGet(step_name=evaluate.name, property_file=report, json_path="metrics.accuracy.value")
    publish = small_processing(session, "Publish")
    announce = ConditionStep(
        "Announce",
        depends_on=[publish],
        conditions=[ConditionEquals(left=publish.properties.ProcessingJobStatus, right="Completed")],
        if_steps=[small_processing(session, "Tell", arguments=["--job", publish.properties.ProcessingJobName])],
    )
    staged = ConditionStep(
        "Staged",
        conditions=[ConditionEquals(left=stage, right="prod")],
        if_steps=[publish, announce],
        else_steps=[small_processing(session, "Keep", arguments=["--job", evaluate.properties.ProcessingJobName])],
    )
    again = ConditionStep(
        "Again",
        conditions=[ConditionGreaterThan(left=whole, right=0)],
        if_steps=[small_processing(session, "Repeat")],
        else_steps=[FailStep("GiveUp", error_message=Join(on=" ", values=["given up on", stage]))],
    )
    step = ConditionStep(
        "Check",
        conditions=[ConditionGreaterThan(left=accuracy, right=0.5)],
        if_steps=[staged],
        else_steps=[again],
    )
    return Pipeline("nested-condition", [stage, whole], steps=[evaluate, step], sagemaker_session=session)


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
                ParameterInteger("Count", default_value=2).to_string(),
            ],
        ),
    )
    second = small_processing(session, "Second")
    second.add_depends_on([first])
    third = small_processing(session, "Third", depends_on=[first, "Second"])
    estimator = small_estimator(session, {"job": ExecutionVariables.TRAINING_JOB_NAME})
    estimator.base_job_name = "fit-prices"
    train = TrainingStep("Train", step_args=estimator.fit(inputs={"train": TrainingInput(f"{DATA}/train")}))
    return Pipeline(
        "functions",
        [prefix, ParameterInteger("Count", default_value=2)],
        steps=[third, second, first, train],  # the order means nothing
        pipeline_experiment_config=PipelineExperimentConfig(
            "prices", Join(on="-", values=["run", ExecutionVariables.PIPELINE_EXECUTION_ID])
        ),
        pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=True),
        sagemaker_session=session,
    )


CONTROL: tuple[Making, ...] = (condition, nested_condition, fail, callback, lambda_function, functions)
