import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations

from constructs_lib.definitions import (
    Channel,
    ComputeResources,
    ContainerImage,
    DistributedMapStep,
    ExecutionInput,
    ImportedDefinition,
    LambdaStep,
    MapItem,
    ModelStep,
    PipelineDefinition,
    S3Objects,
    TrainingStep,
    WorkflowDefinition,
)
from constructs_lib.environments.storage import EncryptionKey, Storage
from constructs_lib.events.delivery import Delivery
from constructs_lib.events.targets import QueueTarget
from constructs_lib.images.repository import ImageRepository
from constructs_lib.monitoring.alarms import AlarmTopic
from constructs_lib.state_machines.workflow import StepFunctionsWorkflow
from tests.constructs_lib.synthesis import Template, only, resources, statements, template_of

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:hello"
EXPORTED = Path(__file__).parents[1] / "definitions" / "exported" / "processing.json"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/housing@sha256:" + "0" * 64


def greeting() -> WorkflowDefinition:
    return WorkflowDefinition(name="greeting", steps=[LambdaStep(name="Hello", function_arn=FUNCTION)])


def training(stack: Stack) -> WorkflowDefinition:
    storage = Storage(stack, "Data")
    repository = ImageRepository(stack, "Images").repository
    image = ContainerImage(
        uri=repository.repository_uri_for_digest("sha256:" + "0" * 64), repository_arn=repository.repository_arn
    )
    key = storage.encryption_key.key_arn
    train = TrainingStep(
        name="Train Step",
        image=image,
        compute=ComputeResources(instance_type="ml.m5.large"),
        channels=[Channel(name="training", uri=storage.uri("data/training/"), kms_key=key)],
        output_uri=storage.uri("output/"),
        output_kms_key=key,
        job_name=ExecutionInput("JobName"),
    )
    model = ModelStep(
        name="Save model",
        image=image,
        model_data_uri=train.output("ModelArtifacts.S3ModelArtifacts"),
        model_name="housing",
    )
    return WorkflowDefinition(name="training", steps=[train, model])


def definition_of(template: Template) -> dict[str, Any]:
    """The state machine's definition, each part that is known at deployment replaced by the name of what it reads."""
    parts = only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]
    if isinstance(parts, str):
        return dict(json.loads(parts))
    texts = [
        part if isinstance(part, str) else str(next(iter(part.values()))).replace('"', "'")
        for part in parts["Fn::Join"][1]
    ]
    return dict(json.loads("".join(texts)))


def test_the_definition_is_deployed_as_it_is_rendered(tmp_path: Path) -> None:
    template = template_of(lambda stack: StepFunctionsWorkflow(stack, "Flow", definition=training(stack)), tmp_path)
    document = definition_of(template)
    assert document["StartAt"] == "Train Step"
    train = document["States"]["Train Step"]
    assert train["Resource"] == "arn:AWS::Partition:states:::sagemaker:createTrainingJob.sync"
    assert train["Parameters"]["RoleArn"] == "['FlowJobRolesTrainStepCCB62970', 'Arn']"


def test_the_template_tells_what_the_input_must_be(tmp_path: Path) -> None:
    template = template_of(lambda stack: StepFunctionsWorkflow(stack, "Flow", definition=training(stack)), tmp_path)
    ((_, machine),) = resources(template, "AWS::StepFunctions::StateMachine").items()
    schema = machine["Metadata"]["ExecutionInputSchema"]
    assert schema["required"] == ["JobName"]
    assert schema["properties"]["JobName"]["maxLength"] == 63


def test_a_definition_of_another_tool_is_deployed_as_it_is(tmp_path: Path) -> None:
    definition = ImportedDefinition.from_file("processing", EXPORTED)
    template = template_of(lambda stack: StepFunctionsWorkflow(stack, "Flow", definition=definition), tmp_path)
    assert definition_of(template) == json.loads(EXPORTED.read_text())
    assert len(resources(template, "AWS::IAM::Role")) == 1
    passed = [found for found in statements(template, "FlowRole") if found["Action"] == "iam:PassRole"]
    assert passed[0]["Resource"] == [
        f"arn:aws:iam::111122223333:role/{name}" for name in ("processing", "serving", "training")
    ]


def test_what_may_not_be_meant_in_a_definition_of_another_tool_is_a_warning() -> None:
    rule = {"Variable": "$.a", "IsNull": True, "Next": "B"}
    states = {"A": {"Type": "Choice", "Choices": [rule]}, "B": {"Type": "Succeed"}}
    stack = Stack(App(), "Test")
    StepFunctionsWorkflow(
        stack, "Flow", definition=ImportedDefinition(name="open", document={"StartAt": "A", "States": states})
    )

    Annotations.from_stack(stack).has_warning(
        "/Test/Flow",
        "A: Default: missing: where no rule is true, the execution fails with States.NoChoiceMatched "
        "[ack: mlops:openChoice]",
    )


def test_the_state_machine_logs_everything_and_is_traced(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: StepFunctionsWorkflow(stack, "Flow", definition=greeting()), tmp_path, nag=True
    )
    ((name, machine),) = resources(template, "AWS::StepFunctions::StateMachine").items()
    assert name == "FlowA74D6E88"
    properties = machine["Properties"]
    assert properties["TracingConfiguration"] == {"Enabled": True}
    logging = properties["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", True)
    ((group, described),) = resources(template, "AWS::Logs::LogGroup").items()
    assert logging["Destinations"] == [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [group, "Arn"]}}}]
    assert described["Properties"]["LogGroupName"]["Fn::Join"][1][0].startswith("/aws/vendedlogs/states/Test-")
    assert "StateMachineName" not in properties


def test_each_step_without_a_role_gets_one_for_its_own_work(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: StepFunctionsWorkflow(stack, "Flow", definition=training(stack)), tmp_path, nag=True
    )
    train = statements(template, "FlowJobRolesTrainStep")
    bucket, key = {"Ref": "Data2D4B752F"}, {"Fn::GetAtt": ["DataKeyAEC34D0C", "Arn"]}
    partition = {"Ref": "AWS::Partition"}
    assert {
        "Action": "s3:GetObject",
        "Effect": "Allow",
        "Resource": {"Fn::Join": ["", ["arn:", partition, ":s3:::", bucket, "/data/training/*"]]},
    } in train
    assert {
        "Action": "s3:PutObject",
        "Effect": "Allow",
        "Resource": {"Fn::Join": ["", ["arn:", partition, ":s3:::", bucket, "/output/*"]]},
    } in train
    assert {
        "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Effect": "Allow",
        "Resource": {"Fn::GetAtt": ["ImagesF8C4E866", "Arn"]},
    } in train
    assert [found["Resource"] for found in train if "kms:Decrypt" in str(found["Action"])] == [key]
    model = statements(template, "FlowJobRolesSavemodel")
    assert not any("s3:PutObject" in str(found["Action"]) for found in model)
    trusted = [
        found["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
        for name, found in resources(template, "AWS::IAM::Role").items()
        if name.startswith("FlowJobRoles")
    ]
    assert trusted == [{"Service": "sagemaker.amazonaws.com"}] * 2


def test_the_engines_role_may_call_what_the_steps_call_and_pass_their_roles(tmp_path: Path) -> None:
    template = template_of(lambda stack: StepFunctionsWorkflow(stack, "Flow", definition=training(stack)), tmp_path)
    found = statements(template, "FlowRole")
    passed = [statement for statement in found if statement["Action"] == "iam:PassRole"]
    assert [statement["Condition"] for statement in passed] == [
        {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}}
    ]
    roles = [role["Fn::GetAtt"][0] for role in passed[0]["Resource"]]
    assert [role[: len("FlowJobRolesSavemodel")] for role in sorted(roles)] == [
        "FlowJobRolesSavemodel",
        "FlowJobRolesTrainStep",
    ]
    actions = {
        action
        for statement in found
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert {action for action in actions if action.startswith("sagemaker:")} == {
        "sagemaker:AddTags",
        "sagemaker:CreateModel",
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:StopTrainingJob",
    }


def test_a_role_that_a_step_brings_is_left_alone(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        train = TrainingStep(
            name="Train",
            image=IMAGE,
            compute=ComputeResources(instance_type="ml.m5.large"),
            output_uri="s3://models/output/",
            role="arn:aws:iam::111122223333:role/own",
        )
        workflow = StepFunctionsWorkflow(stack, "Flow", definition=WorkflowDefinition(name="flow", steps=[train]))
        assert workflow.job_roles == {}

    template = template_of(define, tmp_path)
    assert [name[:8] for name in resources(template, "AWS::IAM::Role")] == ["FlowRole"]
    (passed,) = [found for found in statements(template, "FlowRole") if found["Action"] == "iam:PassRole"]
    assert passed["Resource"] == "arn:aws:iam::111122223333:role/own"


def test_a_role_of_ones_own_runs_the_state_machine(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        role = iam.Role(stack, "Own", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        assert StepFunctionsWorkflow(stack, "Flow", definition=greeting(), role=role).role is role

    template = template_of(define, tmp_path)
    (role,) = resources(template, "AWS::IAM::Role")
    (machine,) = resources(template, "AWS::StepFunctions::StateMachine").values()
    assert machine["Properties"]["RoleArn"] == {"Fn::GetAtt": [role, "Arn"]}
    assert machine["DependsOn"] == [role]


def test_a_pipeline_is_no_workflow() -> None:
    pipeline: Any = PipelineDefinition(name="greeting", steps=[LambdaStep(name="Hello", function_arn=FUNCTION)])
    with pytest.raises(
        TypeError, match="Test/One: definition: got a PipelineDefinition, expected a WorkflowDefinition"
    ):
        StepFunctionsWorkflow(Stack(App(), "Test"), "One", definition=pipeline)


def test_failures_and_timeouts_are_announced(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        topic = AlarmTopic(stack, "Alarms", encryption_key=EncryptionKey(stack, "Key").key)
        StepFunctionsWorkflow(stack, "Flow", definition=greeting(), alarm_topic=topic)

    template = template_of(define, tmp_path)
    (topic,) = resources(template, "AWS::SNS::Topic")
    alarms = [found["Properties"] for found in resources(template, "AWS::CloudWatch::Alarm").values()]
    assert [(alarm["MetricName"], alarm["Namespace"], alarm["Statistic"]) for alarm in alarms] == [
        ("ExecutionsFailed", "AWS/States", "Sum"),
        ("ExecutionsTimedOut", "AWS/States", "Sum"),
    ]
    assert [alarm["AlarmDescription"] for alarm in alarms] == [
        "an execution of greeting failed",
        "an execution of greeting ran out of time",
    ]
    for alarm in alarms:
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": {"Ref": "FlowA74D6E88"}}]


def test_logs_are_encrypted_and_kept_as_asked(tmp_path: Path) -> None:
    template = template_of(
        lambda stack: StepFunctionsWorkflow(
            stack,
            "Flow",
            definition=greeting(),
            encryption_key=EncryptionKey(stack, "Key").key,
            log_retention=logs.RetentionDays.ONE_WEEK,
            removal_policy=RemovalPolicy.DESTROY,
        ),
        tmp_path,
    )
    (group,) = resources(template, "AWS::Logs::LogGroup").values()
    assert group["DeletionPolicy"] == "Delete"
    assert group["Properties"]["RetentionInDays"] == 7
    assert group["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["KeyE447D366", "Arn"]}


def test_starting_is_granted_on_the_state_machine_alone(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        client = iam.Role(stack, "Client", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        StepFunctionsWorkflow(stack, "Flow", definition=greeting()).grants.start_execution(client)

    assert statements(template_of(define, tmp_path), "Client") == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": {"Ref": "FlowA74D6E88"}}
    ]


def test_a_state_machine_that_exists_is_granted_alike(tmp_path: Path) -> None:
    arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:other"

    def define(stack: Stack) -> None:
        client = iam.Role(stack, "Client", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        other = StepFunctionsWorkflow.from_state_machine_arn(stack, "Other", arn)
        assert other.state_machine_arn == arn
        other.grants.start_execution(client)

    assert [found["Resource"] for found in statements(template_of(define, tmp_path), "Client")] == [arn]


def test_rules_hear_of_each_status_of_an_execution(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        workflow = StepFunctionsWorkflow(stack, "Flow", definition=greeting())
        delivery = Delivery(dead_letter_queue=sqs.Queue(stack, "DeadLetters"))
        targets = [QueueTarget(queue=sqs.Queue(stack, "Queue"))]
        workflow.on_started("Started", targets=targets, delivery=delivery)
        workflow.on_succeeded("Succeeded", targets=targets, delivery=delivery)
        workflow.on_failed("Failed", targets=targets, delivery=delivery)
        workflow.on_timed_out("TimedOut", targets=targets, delivery=delivery)
        workflow.on_aborted("Aborted", targets=targets, delivery=delivery)
        workflow.on_status("Ended", statuses=["FAILED", "ABORTED"], targets=targets, delivery=delivery)

    template = template_of(define, tmp_path)
    rules = {name[4:-8]: rule["Properties"] for name, rule in resources(template, "AWS::Events::Rule").items()}
    assert {name: rule["EventPattern"]["detail"]["status"] for name, rule in rules.items()} == {
        "Started": ["RUNNING"],
        "Succeeded": ["SUCCEEDED"],
        "Failed": ["FAILED"],
        "TimedOut": ["TIMED_OUT"],
        "Aborted": ["ABORTED"],
        "Ended": ["FAILED", "ABORTED"],
    }
    for rule in rules.values():
        assert rule["EventPattern"]["source"] == ["aws.states"]
        assert rule["EventPattern"]["detail-type"] == ["Step Functions Execution Status Change"]
        assert rule["EventPattern"]["detail"]["stateMachineArn"] == [{"Ref": "FlowA74D6E88"}]


def test_a_state_machine_that_exists_has_rules_and_metrics_too(tmp_path: Path) -> None:
    arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:other"

    def define(stack: Stack) -> None:
        other = StepFunctionsWorkflow.from_state_machine_arn(stack, "Other", arn)
        other.on_failed("Failed", targets=[QueueTarget(queue=sqs.Queue(stack, "Queue"))])
        assert other.metric_executions_failed().dimensions == {"StateMachineArn": arn}

    (rule,) = resources(template_of(define, tmp_path), "AWS::Events::Rule").values()
    assert rule["Properties"]["EventPattern"]["detail"]["stateMachineArn"] == [arn]


def test_metrics_have_step_functions_names() -> None:
    workflow = StepFunctionsWorkflow(Stack(App(), "Test"), "Flow", definition=greeting())
    metrics = [
        workflow.metric_executions_started(),
        workflow.metric_executions_succeeded(),
        workflow.metric_executions_failed(),
        workflow.metric_executions_timed_out(),
        workflow.metric_executions_aborted(),
        workflow.metric_execution_throttled(),
        workflow.metric_executions_redriven(),
        workflow.metric_execution_time(),
    ]
    assert [(metric.metric_name, metric.statistic) for metric in metrics] == [
        ("ExecutionsStarted", "Sum"),
        ("ExecutionsSucceeded", "Sum"),
        ("ExecutionsFailed", "Sum"),
        ("ExecutionsTimedOut", "Sum"),
        ("ExecutionsAborted", "Sum"),
        ("ExecutionThrottled", "Sum"),
        ("ExecutionsRedriven", "Sum"),
        ("ExecutionTime", "Average"),
    ]
    assert {metric.namespace for metric in metrics} == {"AWS/States"}


@pytest.mark.parametrize("count", [1, 40])
def test_a_definition_crosses_to_the_cdk_whole(count: int, tmp_path: Path) -> None:
    steps = [LambdaStep(name=f"Step {index}", function_arn=FUNCTION) for index in range(count)]
    template = template_of(
        lambda stack: StepFunctionsWorkflow(stack, "Flow", definition=WorkflowDefinition(name="long", steps=steps)),
        tmp_path,
    )
    assert len(definition_of(template)["States"]) == count


def test_a_distributed_map_may_start_executions_of_the_state_machine(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        storage = Storage(stack, "Data")
        maps = DistributedMapStep(
            name="Each",
            items=S3Objects(bucket=storage.bucket.bucket_name, prefix="in/"),
            steps=[LambdaStep(name="Hello", function_arn=FUNCTION, payload={"key": MapItem("Key")})],
        )
        StepFunctionsWorkflow(stack, "Flow", definition=WorkflowDefinition(name="maps", steps=[maps]))

    template = template_of(define, tmp_path, nag=True)

    ((name, machine),) = resources(template, "AWS::StepFunctions::StateMachine").items()
    ((policy, described),) = resources(template, "AWS::IAM::Policy").items()
    place = ["arn:", {"Ref": "AWS::Partition"}, ":states:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    own = {"Fn::GetAtt": [name, "Name"]}

    def arn(kind: str, end: str = "") -> dict[str, Any]:
        return {"Fn::Join": ["", [*place, f":{kind}:", own, *([end] if end else [])]]}

    assert [found["Resource"] for found in described["Properties"]["PolicyDocument"]["Statement"]] == [
        arn("stateMachine"),
        arn("execution", ":*"),
        arn("execution", "/each:*"),
    ]
    assert policy not in str(machine)  # the policy waits for the state machine, and not the other way round
    assert definition_of(template)["States"]["Each"]["Label"] == "each"


def test_a_role_of_ones_own_is_left_alone(tmp_path: Path) -> None:
    def define(stack: Stack) -> None:
        maps = DistributedMapStep(name="Each", items=[1], steps=[LambdaStep(name="Hello", function_arn=FUNCTION)])
        own = iam.Role(stack, "Own", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        StepFunctionsWorkflow(stack, "Flow", definition=WorkflowDefinition(name="maps", steps=[maps]), role=own)

    assert resources(template_of(define, tmp_path), "AWS::IAM::Policy") == {}


def test_names_of_steps_that_the_cdk_writes_alike_give_roles_of_their_own(tmp_path: Path) -> None:
    names = ["a/b", "a--b", "c/d"]

    def template(names: list[str], folder: Path) -> Template:
        image = ContainerImage(uri=IMAGE)
        steps = [ModelStep(name=name, image=image, model_name=f"m{number}") for number, name in enumerate(names)]
        return template_of(
            lambda stack: StepFunctionsWorkflow(
                stack, "Flow", definition=WorkflowDefinition(name="models", steps=steps)
            ),
            folder,
        )

    def roles(found: Template) -> dict[str, str]:
        made = resources(found, "AWS::IAM::Role")
        return {described["Properties"]["Description"]: name for name, described in made.items()}

    first = roles(template(names, tmp_path / "first"))

    assert len(first) == len(set(first.values())) == 4
    assert roles(template(names[::-1], tmp_path / "second")) == first
    assert roles(template(["c/d", "a--b"], tmp_path / "third")).items() <= first.items()
