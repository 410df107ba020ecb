import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_scheduler as scheduler

from constructs_lib.definitions import (
    ExecutionInput,
    FailStep,
    ImportedPipeline,
    PassStep,
    PipelineDefinition,
    PipelineParameter,
    WorkflowDefinition,
)
from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.events.delivery import DeadLetterQueue, Delivery
from constructs_lib.events.inputs import EventValue
from constructs_lib.events.schedules import PipelineSchedule, WorkflowSchedule
from constructs_lib.events.timing import At, Cron, Rate, Within
from tests.constructs_lib.events.callees import Machine, Pipeline
from tests.constructs_lib.synthesis import only, resources, statements, template_of


def test_a_schedule_starts_the_workflow_with_a_role_that_can_do_only_that(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        key = EncryptionKey(stack, "Key").key
        WorkflowSchedule(
            stack,
            "Nightly",
            workflow=Machine(),
            timing=Cron(
                hour="2",
                time_zone="Europe/Berlin",
                within=Within(start=datetime(2027, 1, 1, tzinfo=UTC), end=datetime(2028, 1, 1, tzinfo=UTC)),
            ),
            input={"At": "<aws.scheduler.scheduled-time>", "Stack": stack.stack_name},
            window=Duration.minutes(15),
            group=scheduler.ScheduleGroup(stack, "Group"),
            delivery=Delivery(
                max_retries=3,
                max_event_age=Duration.hours(1),
                dead_letter_queue=DeadLetterQueue(stack, "Letters", encryption_key=key).queue,
            ),
        )

    template = template_of(define, tmp_path, nag=True)
    (resource,) = resources(template, "AWS::Scheduler::Schedule").values()
    schedule = resource["Properties"]
    ((group_id, group),) = resources(template, "AWS::Scheduler::ScheduleGroup").items()
    name = group["Properties"]["Name"]
    assert resource["DependsOn"] == [group_id]
    (letters,) = resources(template, "AWS::SQS::Queue")
    (role,) = resources(template, "AWS::IAM::Role")
    target = schedule.pop("Target")
    assert schedule == {
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "StartDate": "2027-01-01T00:00:00Z",
        "EndDate": "2028-01-01T00:00:00Z",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        "GroupName": name,
        "State": "ENABLED",
    }
    assert json.loads(target.pop("Input")) == {"At": "<aws.scheduler.scheduled-time>", "Stack": "Test"}
    assert target == {
        "Arn": Machine().state_machine_arn,
        "RoleArn": {"Fn::GetAtt": [role, "Arn"]},
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [letters, "Arn"]}},
        "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 3},
    }
    assert statements(template, "NightlyRole") == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": Machine().state_machine_arn},
        {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": {"Fn::GetAtt": [letters, "Arn"]}},
        {
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": ["KeyE447D366", "Arn"]},
        },
    ]
    (trust,) = only(template, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Join"][1][-1] == f":schedule-group/{name}"


def test_a_schedule_of_the_default_group_calls_to_the_minute(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        timing = At(moment=datetime(2027, 3, 1, 6))  # noqa: DTZ001 - the zone stands beside
        WorkflowSchedule(stack, "Once", workflow=Machine(), timing=timing, enabled=False)

    template = template_of(define, tmp_path, nag=True)
    schedule = only(template, "AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "at(2027-03-01T06:00:00)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["State"] == "DISABLED"
    assert schedule["Target"]["Input"] == "{}"
    assert not {"StartDate", "EndDate", "GroupName"} & set(schedule)
    (trust,) = only(template, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Join"][1][-1] == ":schedule-group/default"


def test_everything_that_is_wrong_with_a_schedule_is_told_together() -> None:
    definition = WorkflowDefinition(name="work", steps=[PassStep(name="Take", given={"a": ExecutionInput("Job")})])
    with pytest.raises(ValueError, match=r"^Test/Wrong: timing") as caught:
        WorkflowSchedule(
            Stack(App(), "Test"),
            "Wrong",
            workflow=Machine(definition=definition),
            timing=Rate(every=Duration.seconds(1)),
            input={"Event": EventValue("id")},
            window=Duration.days(2),
            delivery=Delivery(max_retries=-1),
        )
    assert str(caught.value).split("\n") == [
        "Test/Wrong: timing.every: got 1 s, expected whole minutes, at least one",
        "Test/Wrong: input: got EventValue('id'), expected plain values: a schedule has no event",
        "Test/Wrong: input: got no Job, expected what work reads of its input",
        "Test/Wrong: input: got Event, expected only what work reads of its input",
        "Test/Wrong: window: got 2880 min, expected 1 to 1440 whole ones",
        "Test/Wrong: delivery.max_retries: got -1, expected 0 to 185",
    ]


def test_a_workflow_that_reads_its_input_needs_one_from_its_schedule() -> None:
    definition = WorkflowDefinition(name="work", steps=[PassStep(name="Take", given={"a": ExecutionInput("id")})])
    with pytest.raises(ValueError, match=r"^Test/Rate: input: got no id, expected what work reads of its input$"):
        WorkflowSchedule(
            Stack(App(), "Test"),
            "Rate",
            workflow=Machine(definition=definition),
            timing=Rate(every=Duration.hours(1)),
        )


def test_a_pipeline_is_started_with_parameters_and_a_role_that_can_do_only_that(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        parameters = {"Rows": "10", "Stack": stack.stack_id}
        PipelineSchedule(stack, "Nightly", pipeline=Pipeline(), timing=Cron(hour="2"), parameters=parameters)

    template = template_of(define, tmp_path, nag=True)
    target = only(template, "AWS::Scheduler::Schedule")["Target"]
    (letters,) = resources(template, "AWS::SQS::Queue")
    assert target["Arn"] == Pipeline().pipeline_arn
    assert target["SageMakerPipelineParameters"] == {
        "PipelineParameterList": [
            {"Name": "Rows", "Value": "10"},
            {"Name": "Stack", "Value": {"Ref": "AWS::StackId"}},
        ]
    }
    assert "Input" not in target
    start, send, *_ = statements(template, "NightlyRole")
    assert start == {
        "Action": "sagemaker:StartPipelineExecution",
        "Effect": "Allow",
        "Resource": Pipeline().pipeline_arn,
    }
    assert send == {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": {"Fn::GetAtt": [letters, "Arn"]}}


def test_a_pipeline_without_parameters_is_started_with_its_defaults(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: PipelineSchedule(stack, "Daily", pipeline=Pipeline(), timing=Rate(every=Duration.days(1))),
        tmp_path,
    )
    assert "SageMakerPipelineParameters" not in only(template, "AWS::Scheduler::Schedule")["Target"]


TYPED = PipelineDefinition(
    name="typed",
    parameters=[
        ExecutionInput("Day"),
        PipelineParameter("Rows", type="integer", default=1),
        PipelineParameter("Rate", type="number", default=0.5),
        PipelineParameter("Dry", type="boolean", default=False),
        PipelineParameter("Mode", allowed=["fast", "slow"], default="slow"),
    ],
    steps=[FailStep(name="Stop", cause="nothing to do")],
)
READ = ImportedPipeline(
    name="read",
    document={
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Day", "Type": "String"}, {"Name": "Rows", "Type": "Integer", "DefaultValue": 1}],
        "Steps": [{"Name": "Stop", "Type": "Fail", "Arguments": {}}],
    },
)


@pytest.mark.parametrize(
    ("definition", "parameters", "problems"),
    [
        (None, {"Any": "thing"}, []),
        (None, {"a b": "1"}, ["parameters: got the name 'a b', expected 1 to 256 letters, digits, - and _"]),
        (
            None,
            {"a": EventValue("id")},
            ["parameters['a']: got EventValue('id'), expected a text: a schedule has no event"],
        ),
        (TYPED, {"Day": "monday", "Rows": "-1", "Rate": "1e-3", "Dry": "true", "Mode": "fast"}, []),
        (
            TYPED,
            {"Rows": "1.5", "Rate": "high", "Dry": "no", "Mode": "quick", "Row": "1"},
            [
                "parameters: got no Day, which typed has no default for",
                "parameters: got Row, expected only what typed has: Day, Rows, Rate, Dry, Mode",
                "parameters['Rows']: got '1.5', expected a text of type Integer",
                "parameters['Rate']: got 'high', expected a text of type Float",
                "parameters['Dry']: got 'no', expected a text of type Boolean",
                "parameters['Mode']: got 'quick', expected one of: fast, slow",
            ],
        ),
        (READ, {"Rows": "x"}, [
            "parameters: got no Day, which read has no default for",
            "parameters['Rows']: got 'x', expected a text of type Integer",
        ]),
    ],
)  # fmt: skip
def test_parameters_are_those_of_the_pipeline(
    definition: PipelineDefinition | ImportedPipeline | None, parameters: dict[str, str], problems: list[str]
) -> None:
    stack, timing = Stack(App(), "Test"), Rate(every=Duration.hours(1))
    pipeline = Pipeline(definition=definition)
    if not problems:
        PipelineSchedule(stack, "Right", pipeline=pipeline, timing=timing, parameters=parameters)
        return
    with pytest.raises(ValueError, match=r"^Test/Wrong: parameters") as caught:
        PipelineSchedule(stack, "Wrong", pipeline=pipeline, timing=timing, parameters=parameters)
    assert str(caught.value).split("\n") == [f"Test/Wrong: {problem}" for problem in problems]
