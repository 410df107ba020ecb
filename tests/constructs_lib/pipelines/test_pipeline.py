import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Acknowledgment, App, CfnParameter, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match

from constructs_lib.definitions import (
    ComputeResources,
    ContainerImage,
    FailStep,
    ImportedPipeline,
    PipelineDefinition,
    ProcessingOutput,
    ProcessingStep,
    WorkflowDefinition,
)
from constructs_lib.environments.storage import Storage
from constructs_lib.events.targets import QueueTarget
from constructs_lib.monitoring.alarms import AlarmTopic
from constructs_lib.pipelines.documents import LARGEST, LARGEST_INLINE
from constructs_lib.pipelines.pipeline import SageMakerPipeline
from tests.constructs_lib.synthesis import Template, only, resources, statements, template_of

GOLDEN = Path(__file__).parents[2] / "oracles" / "sagemaker_sdk"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/housing@sha256:" + "0" * 64
ARN = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/nightly"
W1 = "synthetic-housing-training-sm-pipeline-ray"


def prepared() -> PipelineDefinition:
    step = ProcessingStep(
        name="Prepare",
        image=ContainerImage(uri=IMAGE),
        compute=ComputeResources(instance_type="ml.m5.large"),
        outputs=[ProcessingOutput(name="train", path="/opt/ml/processing/train", uri="s3://data-bucket/train")],
    )
    return PipelineDefinition(name="nightly", description="prepares data", steps=[step])


def stopping() -> PipelineDefinition:
    return PipelineDefinition(name="nightly", steps=[FailStep(name="Stop", cause="nothing to do")])


def imported(name: str) -> ImportedPipeline:
    return ImportedPipeline.from_file(name, GOLDEN / f"{name}.pipeline.json")


def large(count: int, **members: Any) -> ImportedPipeline:
    fail = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "x" * count, **members}}
    return ImportedPipeline(name="large", document={"Version": "2020-12-01", "Steps": [fail]})


def template(folder: Path, definition: PipelineDefinition | ImportedPipeline, **options: Any) -> Template:
    def define(stack: Stack) -> None:
        SageMakerPipeline(stack, "Pipeline", definition=definition, **options)

    return template_of(define, folder, nag=True)


def test_a_pipeline_has_its_role_and_its_jobs_theirs(tmp_path: Path) -> None:
    made = template(tmp_path, prepared(), max_parallel_steps=4)
    pipeline = only(made, "AWS::SageMaker::Pipeline")

    assert {name: found["Type"] for name, found in made["Resources"].items()} == {
        "PipelineFailedAlarm274BDEBD": "AWS::CloudWatch::Alarm",
        "PipelineJobRolesPrepareD32EDA28": "AWS::IAM::Role",
        "PipelineRoleD68726F7": "AWS::IAM::Role",
        "PipelineC660917D": "AWS::SageMaker::Pipeline",
    }
    assert pipeline["PipelineName"] == "nightly"
    assert pipeline["PipelineDescription"] == "prepares data"
    assert pipeline["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 4}
    here = ["arn:", {"Ref": "AWS::Partition"}, ":sagemaker:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    place = {"Fn::Join": ["", [*here, ":processing-job/pipelines-*"]]}
    assert [(found["Action"], found["Resource"]) for found in statements(made, "PipelineRole")] == [
        (
            [
                "sagemaker:AddTags",
                "sagemaker:CreateProcessingJob",
                "sagemaker:DescribeProcessingJob",
                "sagemaker:StopProcessingJob",
            ],
            place,
        ),
        ("iam:PassRole", {"Fn::GetAtt": ["PipelineJobRolesPrepareD32EDA28", "Arn"]}),
    ]


def test_what_the_sdk_wrote_is_deployed_unchanged(tmp_path: Path) -> None:
    made = template(tmp_path, imported(W1))
    pipeline = only(made, "AWS::SageMaker::Pipeline")

    body = pipeline["PipelineDefinition"]["PipelineDefinitionBody"]
    assert json.loads(body) == json.loads((GOLDEN / f"{W1}.pipeline.json").read_text())
    assert pipeline["PipelineName"] == W1
    assert len(resources(made, "AWS::IAM::Role")) == 1


def test_a_large_document_lies_in_s3_by_its_content(tmp_path: Path) -> None:
    made = only(template(tmp_path, large(LARGEST_INLINE)), "AWS::SageMaker::Pipeline")["PipelineDefinition"]

    assert made.keys() == {"PipelineDefinitionS3Location"}
    key = made["PipelineDefinitionS3Location"]["Key"]
    written = next(tmp_path.rglob(f"asset.{key}"))
    assert json.loads(written.read_text())["Steps"][0]["Name"] == "Stop"


def test_a_document_that_is_too_large_is_refused() -> None:
    stack = Stack(App(), "Test")
    with pytest.raises(ValueError, match=rf"Test/One: definition: got \d+ characters, expected at most {LARGEST}"):
        SageMakerPipeline(stack, "One", definition=large(LARGEST))
    token = sqs.Queue(stack, "Queue").queue_arn
    with pytest.raises(ValueError, match=r"Test/Two: definition: got \d+ characters with 1 values that are known only"):
        SageMakerPipeline(stack, "Two", definition=large(LARGEST_INLINE, Queue=token))


def test_a_large_document_with_late_values_is_filled_in_at_deployment(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        queue = sqs.Queue(stack, "Queue", enforce_ssl=True)
        Validations.of(queue).acknowledge(Acknowledgment(id="AwsSolutions-SQS3", reason="it is only named"))
        members = {"Of": f"{queue.queue_arn} and {queue.queue_name}", "Again": queue.queue_arn}
        definition = large(
            LARGEST_INLINE, **members, Rows=CfnParameter(stack, "Rows", type="Number", default=1).value_as_number
        )
        SageMakerPipeline(stack, "Pipeline", definition=definition, document_storage=Storage(stack, "Storage"))

    made = template_of(define, tmp_path / "one", nag=True)
    ((name, document),) = resources(made, "Custom::PipelineDocument").items()
    ((queue, _),) = resources(made, "AWS::SQS::Queue").items()
    properties = document["Properties"]
    assert only(made, "AWS::SageMaker::Pipeline")["PipelineDefinition"] == {
        "PipelineDefinitionS3Location": {
            "Bucket": {"Fn::GetAtt": [name, "Bucket"]},
            "Key": {"Fn::GetAtt": [name, "Key"]},
        }
    }
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    assert properties["Values"] == [arn, {"Fn::GetAtt": [queue, "QueueName"]}, {"Ref": "Rows"}]
    text = next((tmp_path / "one").rglob(f"asset.{properties['SourceKey']}")).read_text()
    assert '"Of":"\x01t0\x01 and \x01t1\x01","Again":"\x01t0\x01","Rows":\x01j2\x01}' in text
    bucket = properties["Bucket"]["Ref"]
    allowed = {str(found["Action"]): found["Resource"] for found in statements(made, "PipelineDocumentRole")}
    assert list(allowed) == [
        "['logs:CreateLogStream', 'logs:PutLogEvents']", "s3:GetObject", "s3:PutObject", "kms:GenerateDataKey",
    ]  # fmt: skip
    source = {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}
    assert allowed["s3:GetObject"] == {
        "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", source, f"/{properties['SourceKey']}"]]
    }
    assert allowed["s3:PutObject"] == {"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, "/pipelines/documents/*"]]}
    # tokens have other numbers in each synthesis, the asset has not
    again = template_of(define, tmp_path / "two")
    assert only(again, "Custom::PipelineDocument")["SourceKey"] == properties["SourceKey"]


def test_its_own_role_and_name_are_taken(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/pipelines")
        SageMakerPipeline(stack, "Pipeline", definition=stopping(), role=role, pipeline_name="mine")

    made = template_of(define, tmp_path)
    pipeline = only(made, "AWS::SageMaker::Pipeline")
    assert (pipeline["RoleArn"], pipeline["PipelineName"]) == ("arn:aws:iam::111122223333:role/pipelines", "mine")
    assert resources(made, "AWS::IAM::Role") == {}


def test_what_the_service_would_refuse_is_told_together() -> None:
    with pytest.raises(ValueError, match=r"^Test/One: max_parallel_steps") as refused:
        SageMakerPipeline(
            Stack(App(), "Test"), "One", definition=stopping(), max_parallel_steps=0, pipeline_name="my pipeline"
        )
    assert str(refused.value).splitlines() == [
        "Test/One: max_parallel_steps: got 0, expected at least 1",
        "Test/One: pipeline_name: got 'my pipeline', expected 1 to 256 letters, digits and inner hyphens",
    ]


def test_a_name_may_be_known_at_deployment_only(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        name = CfnParameter(stack, "Name").value_as_string
        SageMakerPipeline(stack, "Pipeline", definition=stopping(), pipeline_name=name)

    assert only(template_of(define, tmp_path), "AWS::SageMaker::Pipeline")["PipelineName"] == {"Ref": "Name"}


def test_a_workflow_is_no_pipeline() -> None:
    workflow: Any = WorkflowDefinition(name="nightly", steps=[FailStep(name="Stop", cause="nothing to do")])
    with pytest.raises(
        TypeError, match="Test/One: definition: got a WorkflowDefinition, expected a PipelineDefinition"
    ):
        SageMakerPipeline(Stack(App(), "Test"), "One", definition=workflow)


def test_failures_are_counted_and_announced(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        topic = AlarmTopic.from_topic(sns.Topic(stack, "Topic"))
        SageMakerPipeline(stack, "Pipeline", definition=stopping(), alarm_topic=topic)

    alarm = only(template_of(define, tmp_path), "AWS::CloudWatch::Alarm")
    assert alarm["Namespace"] == "AWS/Sagemaker/ModelBuildingPipeline"
    assert (alarm["MetricName"], alarm["Statistic"]) == ("ExecutionFailed", "Sum")
    assert alarm["Dimensions"] == [{"Name": "PipelineName", "Value": {"Ref": "PipelineC660917D"}}]
    assert len(alarm["AlarmActions"]) == 1


@pytest.mark.parametrize(
    ("grant", "actions", "arns"),
    [
        ("start", "sagemaker:StartPipelineExecution", ARN),
        (
            "control",
            ["sagemaker:RetryPipelineExecution", "sagemaker:StartPipelineExecution", "sagemaker:StopPipelineExecution"],
            [ARN, f"{ARN}/execution/*"],
        ),
        (
            "read",
            [
                "sagemaker:DescribePipeline",
                "sagemaker:DescribePipelineDefinitionForExecution",
                "sagemaker:DescribePipelineExecution",
                "sagemaker:ListPipelineExecutionSteps",
                "sagemaker:ListPipelineExecutions",
                "sagemaker:ListPipelineParametersForExecution",
            ],
            [ARN, f"{ARN}/execution/*"],
        ),
    ],
)
def test_grants_are_exact(tmp_path: Path, grant: str, actions: object, arns: object) -> None:
    def define(stack: Stack) -> None:
        pipeline = SageMakerPipeline.from_pipeline_arn(stack, "Pipeline", ARN)
        role = iam.Role(stack, "Someone", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        getattr(pipeline.grants, grant)(role)

    (statement,) = statements(template_of(define, tmp_path), "Someone")
    found = statement["Action"]
    assert (found if isinstance(found, str) else sorted(found), statement["Resource"]) == (actions, arns)


@pytest.mark.parametrize(
    ("rule", "status"),
    [("on_started", "Executing"), ("on_succeeded", "Succeeded"), ("on_failed", "Failed"), ("on_stopped", "Stopped")],
)
def test_rules_hear_of_its_executions(tmp_path: Path, rule: str, status: str) -> None:
    def define(stack: Stack) -> None:
        pipeline = SageMakerPipeline.from_pipeline_arn(stack, "Pipeline", ARN)
        getattr(pipeline, rule)("Rule", targets=[QueueTarget(queue=sqs.Queue(stack, "Queue"))])

    pattern = only(template_of(define, tmp_path), "AWS::Events::Rule")["EventPattern"]
    assert pattern == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Building Pipeline Execution Status Change"],
        "detail": {"pipelineArn": [ARN], "currentPipelineExecutionStatus": [status]},
    }


def test_an_existing_pipeline_is_known_by_its_arn_or_its_name() -> None:
    stack = Stack(App(), "Test")
    one = SageMakerPipeline.from_pipeline_arn(stack, "One", ARN)
    two = SageMakerPipeline.from_pipeline_name(stack, "Two", "nightly")

    assert one.pipeline_name == two.pipeline_name == "nightly"
    assert stack.resolve(two.pipeline_arn)["Fn::Join"][1][-1].endswith(":pipeline/nightly")


@pytest.mark.parametrize(
    ("metric", "name", "statistic"),
    [
        ("execution_started", "ExecutionStarted", "Sum"),
        ("execution_succeeded", "ExecutionSucceeded", "Sum"),
        ("execution_failed", "ExecutionFailed", "Sum"),
        ("execution_stopped", "ExecutionStopped", "Sum"),
        ("execution_duration", "ExecutionDuration", "Average"),
    ],
)
def test_metrics_have_their_official_names(metric: str, name: str, statistic: str) -> None:
    pipeline = SageMakerPipeline.from_pipeline_name(Stack(App(), "Test"), "One", "nightly")
    made = getattr(pipeline, f"metric_{metric}")()

    assert (made.metric_name, made.statistic) == (name, statistic)
    assert made.namespace == "AWS/Sagemaker/ModelBuildingPipeline"


def test_a_condition_inside_of_another_is_a_warning() -> None:
    stack = Stack(App(), "Test")
    SageMakerPipeline(stack, "Nested", definition=imported("nested-condition"))
    SageMakerPipeline(stack, "Flat", definition=imported("condition"))

    found = Annotations.from_stack(stack)
    for inner, outer in (("Staged", "Check"), ("Announce", "Staged"), ("Again", "Check")):
        message = f"^{inner}: a Condition inside of '{outer}': .*the deployment tells \\[ack: mlops:nestedCondition\\]$"
        found.has_warning("/Test/Nested", Match.string_like_regexp(message))
    found.has_no_warning("/Test/Flat", Match.any_value())
