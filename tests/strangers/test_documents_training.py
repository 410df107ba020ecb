"""A template, a buildspec and a container that know nothing of this project: built, trained, served, updated."""

import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.strangers.account import ACCOUNT, Account, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

DOCUMENTS = Path(__file__).parent / "documents"
STACK = "means"


@frozen
class Stack:
    """The deployed template, its container built and trained once."""

    account: Account
    outputs: dict[str, str]
    execution: dict[str, Any]

    def run(self, document: dict[str, Any]) -> dict[str, Any]:
        """Runs the state machine to its end."""
        return self.account.execution(self.outputs["Machine"], document, seconds=120)


@pytest.fixture(scope="module")
def stack(account: Account) -> Stack:
    account.aws(
        "cloudformation", "deploy", "--template-file", str(DOCUMENTS / "training.yaml"), "--stack-name", STACK,
        "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", "RepositoryName=means", "Epochs=2",
        "--tags", "team=strangers",
    )  # fmt: skip
    outputs, s3 = account.outputs(STACK), account.client("s3")
    bucket = outputs["Bucket"]
    s3.put_object(Bucket=bucket, Key="source.zip", Body=_zipped(DOCUMENTS / "container"))
    # as a spreadsheet writes it: a byte order mark, carriage returns, quotes, an empty line at the end
    s3.put_object(Bucket=bucket, Key="files/a.csv", Body='\ufeff1,"x, y"\r\n3,"z"\r\n\r\n'.encode())
    s3.put_object(Bucket=bucket, Key="files/b.csv", Body=b"5,q")
    s3.put_object(Bucket=bucket, Key="files/unwanted.csv", Body=b"nothing")
    manifest = [{"prefix": f"s3://{bucket}/files/"}, "a.csv", "b.csv"]
    s3.put_object(Bucket=bucket, Key="files.manifest", Body=json.dumps(manifest).encode())
    made = Stack(account, outputs, {})
    return Stack(account, outputs, made.run({"column": 0}))


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


def test_the_workflow_builds_and_trains(stack: Stack) -> None:
    assert stack.execution["status"] == "SUCCEEDED", stack.execution
    told = json.loads(stack.execution["output"])
    name, bucket = stack.execution["name"], stack.outputs["Bucket"]
    assert told["model"] == f"s3://{bucket}/models/{name}/output/model.tar.gz"
    assert [(metric["MetricName"], metric["Value"]) for metric in told["metrics"]] == [("loss", 0.5)]

    (image,) = stack.account.client("ecr").describe_images(repositoryName="means")["imageDetails"]
    assert image["imageTags"] == ["latest"]
    codebuild = stack.account.client("codebuild")
    (build,) = codebuild.batch_get_builds(ids=codebuild.list_builds_for_project(projectName=f"{STACK}-build")["ids"])[
        "builds"
    ]
    assert build["exportedEnvironmentVariables"] == [{"name": "IMAGE_URI", "value": stack.outputs["Image"]}]
    tags = stack.account.client("stepfunctions").list_tags_for_resource(resourceArn=stack.outputs["Machine"])["tags"]
    assert {"key": "team", "value": "strangers"} in tags


def test_a_job_that_fails_is_told(stack: Stack) -> None:
    failed = stack.run({"column": 1})
    assert (failed["status"], failed["error"]) == ("FAILED", "States.TaskFailed"), failed
    assert stack.account.messages(stack.outputs["Failures"]) == [f"{failed['name']}: States.TaskFailed"]
    assert "TrainingJobName" in failed["cause"], failed["cause"]
    job = stack.account.client("sagemaker").describe_training_job(TrainingJobName=failed["name"])
    assert job["FailureReason"].startswith("AlgorithmError: cannot train: could not convert string to float: 'x, y'")
    assert job["FailureReason"].endswith("exit code: 255")
    assert json.loads(failed["cause"])["FailureReason"] == job["FailureReason"]


def test_servers_on_port_8080_share_an_endpoint_and_are_updated(stack: Stack) -> None:
    sagemaker, runtime = stack.account.client("sagemaker"), stack.account.client("sagemaker-runtime")
    model = json.loads(stack.execution["output"])["model"]
    for name in ("one", "two"):
        container = {"Image": stack.outputs["Image"], "ModelDataUrl": model, "Environment": {"PREFIX": f"{name}:"}}
        sagemaker.create_model(
            ModelName=f"means-{name}", ExecutionRoleArn=stack.outputs["TrainingRole"], PrimaryContainer=container
        )
    variants = [_variant("one", 3.0), _variant("two", 1.0)]
    sagemaker.create_endpoint_config(EndpointConfigName="means-both", ProductionVariants=variants)
    sagemaker.create_endpoint_config(EndpointConfigName="means-two", ProductionVariants=[_variant("two", 1.0)])
    sagemaker.create_endpoint(EndpointName="means", EndpointConfigName="means-both")
    in_service = sagemaker.get_waiter("endpoint_in_service")
    in_service.wait(EndpointName="means", WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def answers(count: int) -> Counter[tuple[str, str]]:
        told = (
            runtime.invoke_endpoint(EndpointName="means", ContentType="text/csv", Body=b"1,x\n2,y\n")
            for _ in range(count)
        )
        return Counter((answer["InvokedProductionVariant"], answer["Body"].read().decode()) for answer in told)

    both = answers(100)
    assert both.keys() == {("one", "one:3.0\none:3.0"), ("two", "two:3.0\ntwo:3.0")}
    assert both["one", "one:3.0\none:3.0"] > 50
    with pytest.raises(runtime.exceptions.ModelError, match=r'Received client error \(415\).*"CSV only"'):
        runtime.invoke_endpoint(EndpointName="means", ContentType="application/json", Body=b"{}")

    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="means",
        DesiredWeightsAndCapacities=[
            {"VariantName": "one", "DesiredWeight": 0},
            {"VariantName": "two", "DesiredInstanceCount": 2},
        ],
    )
    in_service.wait(EndpointName="means", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert answers(20).keys() == {("two", "two:3.0\ntwo:3.0")}

    sagemaker.update_endpoint(EndpointName="means", EndpointConfigName="means-two")
    in_service.wait(EndpointName="means", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert sagemaker.describe_endpoint(EndpointName="means")["EndpointConfigName"] == "means-two"
    assert answers(5).keys() == {("two", "two:3.0\ntwo:3.0")}
    sagemaker.delete_endpoint(EndpointName="means")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="means", WaiterConfig={"Delay": 1})


def _variant(name: str, weight: float) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": f"means-{name}",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": weight,
    }


def test_a_running_job_is_stopped_with_its_execution(stack: Stack) -> None:
    states, sagemaker = stack.account.client("stepfunctions"), stack.account.client("sagemaker")
    definition = {
        "StartAt": "Train",
        "States": {
            "Train": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                "Parameters": {
                    "TrainingJobName.$": "$$.Execution.Name",
                    "RoleArn": stack.outputs["TrainingRole"],
                    "AlgorithmSpecification": {
                        "TrainingImage": stack.outputs["Image"],
                        "TrainingInputMode": "File",
                        "ContainerEntrypoint": ["python", "-c"],
                        "ContainerArguments": ["import time; time.sleep(600)"],
                    },
                    "OutputDataConfig": {"S3OutputPath": f"s3://{stack.outputs['Bucket']}/stopped"},
                    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
                },
                "End": True,
            }
        },
    }
    machine = states.describe_state_machine(stateMachineArn=stack.outputs["Machine"])
    made = states.create_state_machine(
        name="means-long", roleArn=machine["roleArn"], definition=json.dumps(definition)
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=made, name="means-long")["executionArn"]
    listed = until(
        lambda: sagemaker.list_training_jobs(NameContains="means-long")["TrainingJobSummaries"],
        lambda found: [job["SecondaryStatus"] for job in found] == ["Training"],
    )
    assert listed[0]["TrainingJobStatus"] == "InProgress"
    states.stop_execution(executionArn=execution, error="Enough", cause="of it")
    ended = states.describe_execution(executionArn=execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Enough", "of it")
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName="means-long", WaiterConfig={"Delay": 1})
    assert sagemaker.describe_training_job(TrainingJobName="means-long")["TrainingJobStatus"] == "Stopped"


def test_the_role_of_a_job_may_do_no_more_than_it_says(stack: Stack) -> None:
    job = {
        "TrainingJobName": "means-elsewhere",
        "RoleArn": stack.outputs["TrainingRole"],
        "AlgorithmSpecification": {"TrainingImage": stack.outputs["Image"], "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://means-of-others/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "InputDataConfig": [
            {
                "ChannelName": "training",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://means-of-others/data/"}},
            }
        ],
    }
    s3, sagemaker = stack.account.client("s3"), stack.account.client("sagemaker")
    s3.create_bucket(Bucket="means-of-others")
    s3.put_object(Bucket="means-of-others", Key="data/a.csv", Body=b"1")
    with pytest.raises(sagemaker.exceptions.ClientError, match=r'has "s3:ListBucket" permissions'):
        sagemaker.create_training_job(**job)


def test_the_stack_is_updated_and_put_back(stack: Stack) -> None:
    cloudformation, events = stack.account.client("cloudformation"), stack.account.client("events")
    template = (DOCUMENTS / "training.yaml").read_text()
    told = stack.account.aws(
        "cloudformation", "deploy", "--template-file", str(DOCUMENTS / "training.yaml"), "--stack-name", STACK,
        "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", "Stage=live",
    )  # fmt: skip
    assert "Successfully created/updated stack" in told
    live = stack.account.outputs(STACK)
    rule = events.describe_rule(Name=live["Nightly"].rpartition("/")[2])
    assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "cron(0 3 * * ? *)")
    machine = stack.account.client("stepfunctions").describe_state_machine(stateMachineArn=live["Machine"])
    assert '"InstanceType": "ml.m5.xlarge"' in machine["definition"]

    # the log's days are changed before an attribute of the queue is refused
    broken = template.replace("FailuresQueue: {Type: AWS::SQS::Queue}", (
        "FailuresQueue: {Type: AWS::SQS::Queue, DependsOn: Log, Properties: {VisibilityTimeout: 99999999}}"
    )).replace("live: {Instance: ml.m5.xlarge, Days: 30}", "live: {Instance: ml.m5.xlarge, Days: 60}")  # fmt: skip
    keep = [{"ParameterKey": name, "UsePreviousValue": True} for name in ("Stage", "RepositoryName", "Epochs")]
    cloudformation.update_stack(StackName=STACK, TemplateBody=broken, Parameters=keep, Capabilities=["CAPABILITY_IAM"])
    status = until(lambda: stack.account.status(STACK), lambda found: not found.endswith("IN_PROGRESS"))
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    (group,) = stack.account.client("logs").describe_log_groups(logGroupNamePrefix=f"/{STACK}/")["logGroups"]
    assert group["retentionInDays"] == 30
    failed = [
        event["LogicalResourceId"]
        for event in cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        if event["ResourceStatus"] == "UPDATE_FAILED"
    ]
    assert failed == ["FailuresQueue"]


def test_what_another_stack_imports_stays_and_what_is_retained_outlives(stack: Stack) -> None:
    cloudformation, bucket = stack.account.client("cloudformation"), stack.outputs["Bucket"]
    other = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue means-data}}}"
    cloudformation.create_stack(StackName="means-reader", TemplateBody=other)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="means-reader", WaiterConfig={"Delay": 1})
    assert cloudformation.list_imports(ExportName="means-data")["Imports"] == ["means-reader"]
    cloudformation.delete_stack(StackName=STACK)
    until(
        lambda: cloudformation.describe_stacks(StackName=STACK)["Stacks"][0].get("StackStatusReason", ""),
        lambda reason: "Cannot delete export means-data as it is in use by means-reader" in reason,
    )
    for name in ("means-reader", STACK):
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    stack.account.client("s3").head_bucket(Bucket=bucket)
    states = stack.account.client("stepfunctions")
    with pytest.raises(states.exceptions.StateMachineDoesNotExist, match=f"{ACCOUNT}:stateMachine:{STACK}-machine"):
        states.describe_state_machine(stateMachineArn=stack.outputs["Machine"])
