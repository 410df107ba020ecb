"""Pipelines of documents written by hand, by boto3: wrong answers, retries, updates, and what rules are told."""

import json
from typing import Any

import pytest
from attrs import frozen
from botocore.exceptions import ClientError

from tests.strangers.account import APPS, REGION, Account, until
from tests.strangers.images import built, service_role

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

BUCKET = "hand-written-pipelines"
POLICIES = (
    "AmazonSageMakerFullAccess",
    "AmazonSageMakerPipelinesIntegrations",
    "AmazonS3FullAccess",
    "AmazonEC2ContainerRegistryFullAccess",
    "CloudWatchLogsFullAccess",
)
OUTPUTS = [{"OutputName": name, "OutputType": kind} for name, kind in (("rows", "Integer"), ("good", "Boolean"))]
OPEN = ("Executing", "Stopping")


@frozen
class Writer:
    """Somebody with a role, an image, and a queue whose name AWS's managed policy allows."""

    account: Account
    role: str
    image: str
    queue_url: str

    @property
    def client(self) -> Any:
        return self.account.client("sagemaker")

    def program(self, name: str, code: str, **members: Any) -> dict[str, Any]:
        """A Processing step that runs a few lines of Python, with an output and an input where `members` say so."""
        arguments: dict[str, Any] = {
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
            },
            "AppSpecification": {"ImageUri": self.image, "ContainerEntrypoint": ["python3", "-c", code]},
            "RoleArn": self.role,
        }
        if (output := members.pop("output", None)) is not None:
            local = f"/opt/ml/processing/{output}"
            target = {"S3Uri": f"s3://{BUCKET}/{name}", "LocalPath": local, "S3UploadMode": "EndOfJob"}
            arguments["ProcessingOutputConfig"] = {"Outputs": [{"OutputName": output, "S3Output": target}]}
        if (source := members.pop("source", None)) is not None:
            local = "/opt/ml/processing/given"
            given = {"S3Uri": source, "LocalPath": local, "S3DataType": "S3Prefix", "S3InputMode": "File"}
            arguments["ProcessingInputs"] = [{"InputName": "given", "S3Input": given}]
        return {"Name": name, "Type": "Processing", "Arguments": arguments} | members

    def create(self, name: str, *steps: dict[str, Any], parameters: tuple[dict[str, Any], ...] = ()) -> None:
        self.client.create_pipeline(
            PipelineName=name, PipelineDefinition=document(*steps, parameters=parameters), RoleArn=self.role
        )

    def start(self, name: str, **parameters: str) -> str:
        given = [{"Name": parameter, "Value": value} for parameter, value in parameters.items()]
        started = self.client.start_pipeline_execution(PipelineName=name, PipelineParameters=given)
        return str(started["PipelineExecutionArn"])

    def ended(self, arn: str) -> str:
        """The status of an execution at its end."""
        return str(
            until(
                lambda: self.client.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"],
                lambda status: status not in OPEN,
                90,
            )
        )

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        pages = self.client.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arn)
        return {step["StepName"]: step for page in pages for step in page["PipelineExecutionSteps"]}

    def question(self) -> dict[str, Any]:
        """The next message of a Callback step."""
        (body,) = self.account.messages(self.queue_url, seconds=30)
        return dict(json.loads(body))

    def answer(self, token: str, **outputs: str) -> None:
        given = [{"Name": name, "Value": value} for name, value in outputs.items()]
        self.client.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=given)


def document(*steps: dict[str, Any], parameters: tuple[dict[str, Any], ...] = ()) -> str:
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)})


def get(reference: str) -> dict[str, str]:
    return {"Get": reference}


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def choice(name: str, condition: dict[str, Any], *then: dict[str, Any]) -> dict[str, Any]:
    arguments = {"Conditions": [condition], "IfSteps": list(then), "ElseSteps": []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


@pytest.fixture(scope="module")
def writer(account: Account) -> Writer:
    role = service_role(account, "hand-writer", *POLICIES)
    account.client("s3").create_bucket(Bucket=BUCKET)
    queue_url = account.client("sqs").create_queue(QueueName="sagemaker-hand-written")["QueueUrl"]
    return Writer(account, role, built(account, "hand-written", APPS / "training" / "container", role), queue_url)


def test_a_question_is_answered_once_and_with_what_was_declared(writer: Writer) -> None:
    ask = {
        "Name": "Ask",
        "Type": "Callback",
        "SqsQueueUrl": writer.queue_url,
        "Arguments": {"deep": [{"limit": get("Parameters.Limit")}]},
        "OutputParameters": OUTPUTS,
    }
    rows = get("Steps.Ask.OutputParameters['rows']")
    told = {"Std:Join": {"On": " ", "Values": ["only", rows, get("Steps.Ask.OutputParameters['good']")]}}
    few = {"Name": "Few", "Type": "Fail", "Arguments": {"ErrorMessage": told}}
    limit = {"Name": "Limit", "Type": "Integer", "DefaultValue": 10}
    writer.create(
        "asks", ask, choice("Check", compare("LessThan", rows, get("Parameters.Limit")), few), parameters=(limit,)
    )

    first = writer.start("asks", Limit="7")
    question = writer.question()
    assert question["arguments"] == {"deep": [{"limit": 7}]}
    with pytest.raises(ClientError, match=r"Output parameters \[wrong\] are not declared"):
        writer.answer(question["token"], wrong="1")
    writer.answer(question["token"], rows="6", good="true")
    assert writer.ended(first) == "Failed"
    assert writer.steps(first)["Few"]["FailureReason"] == "only 6 true"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        writer.answer(question["token"], rows="6", good="true")

    second = writer.start("asks")
    writer.answer(writer.question()["token"], rows="many", good="maybe")
    assert writer.ended(second) == "Failed"
    assert "rows is 'many', expected a value of type Integer" in writer.steps(second)["Ask"]["FailureReason"]

    third = writer.start("asks")
    asked = writer.question()
    writer.client.stop_pipeline_execution(PipelineExecutionArn=third)
    last = writer.question()
    assert (last["token"], last["status"]) == (asked["token"], "Stopping")
    writer.answer(asked["token"], rows="1", good="true")
    assert writer.ended(third) == "Stopped"


def test_a_retry_goes_on_and_an_update_leaves_it_alone(writer: Writer) -> None:
    s3 = writer.account.client("s3")
    s3.put_object(Bucket=BUCKET, Key="flags/first", Body=b"")
    look = "import os, sys; sys.exit('go' not in os.listdir('/opt/ml/processing/given'))"
    writer.create(
        "goes-on",
        writer.program("First", "pass"),
        writer.program("Look", look, source=f"s3://{BUCKET}/flags/", DependsOn=["First"]),
        writer.program("Last", "pass", DependsOn=["Look"]),
    )
    arn = writer.start("goes-on")
    assert writer.ended(arn) == "Failed"
    done = writer.steps(arn)["First"]["Metadata"]
    assert set(writer.steps(arn)) == {"First", "Look"}

    writer.client.update_pipeline(PipelineName="goes-on", PipelineDefinition=document(writer.program("Other", "pass")))
    s3.put_object(Bucket=BUCKET, Key="flags/go", Body=b"")
    writer.client.retry_pipeline_execution(PipelineExecutionArn=arn)

    assert writer.ended(arn) == "Succeeded"
    assert set(writer.steps(arn)) == {"First", "Look", "Last"}
    assert writer.steps(arn)["First"]["Metadata"] == done
    kept = writer.client.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert '"Other"' not in kept["PipelineDefinition"]
    newest = writer.start("goes-on")
    assert writer.ended(newest) == "Succeeded"
    assert set(writer.steps(newest)) == {"Other"}


def test_rules_hear_of_each_status_of_a_step(writer: Writer) -> None:
    account = writer.account
    sqs, events = account.client("sqs"), account.client("events")
    heard = sqs.create_queue(QueueName="heard-of-steps")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:123456789012:heard-of-steps"
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [allowed | {"Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=heard, Attributes={"Policy": json.dumps(policy)})
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Building Pipeline Execution Step Status Change"],
        "detail": {"stepName": ["Told"], "currentStepStatus": ["Executing", "Failed"]},
    }
    events.put_rule(Name="steps", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="steps", Targets=[{"Id": "queue", "Arn": arn}])
    writer.create("tells", writer.program("Told", "import sys; sys.exit(3)"), writer.program("Untold", "pass"))

    execution = writer.start("tells")

    assert writer.ended(execution) == "Failed"
    details = [json.loads(body)["detail"] for body in account.messages(heard, count=2)]
    assert {(each["previousStepStatus"], each["currentStepStatus"]) for each in details} == {
        ("Starting", "Executing"),
        ("Executing", "Failed"),
    }
    assert {each["pipelineExecutionArn"] for each in details} == {execution}
    assert all(each["metadata"]["processingJob"]["arn"] for each in details)


def test_a_result_is_read_from_a_file_in_s3_and_many_steps_read_it(writer: Writer) -> None:
    write = "open('/opt/ml/processing/result/results.json', 'w').write('{\"Result\": 4}')"
    written = get("Steps.Make.ProcessingOutputConfig.Outputs['result'].S3Output.S3Uri")
    uri = {"Std:Join": {"On": "/", "Values": [written, "results.json"]}}
    result = {"Std:JsonGet": {"S3Uri": uri, "Path": "Result"}}
    copy = "import shutil; shutil.copy('/opt/ml/processing/given/results.json', '/opt/ml/processing/same')"
    readers = [writer.program(f"Read{number}", copy, source=written, output="same") for number in range(12)]
    for reader in readers:  # all write the same object
        reader["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = f"s3://{BUCKET}/same"
    make = writer.program("Make", write, output="result")
    writer.create("reads", make, choice("Check", compare("GreaterThan", result, 3), *readers))

    arn = writer.start("reads")

    assert writer.ended(arn) == "Succeeded", writer.steps(arn)
    assert len(writer.steps(arn)) == 14
    same = writer.account.client("s3").get_object(Bucket=BUCKET, Key="same/results.json")
    assert json.loads(same["Body"].read()) == {"Result": 4}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Environments": {"A": "b"}}, "Unknown Argument member 'Environments'"),
        ({"NetworkConfig": {"VpcConfig": {"Subnets": get("Parameters.Subnet")}}}, "Expecting start of Json Array"),
        ({"ProcessingResources": "ml.m5.large"}, "Expecting start of Json Object"),
        ({"RoleArn": get("Steps.Nobody.Role")}, "unknown step 'Nobody'"),
    ],
)
def test_what_can_never_run_is_refused_at_once(writer: Writer, change: dict[str, Any], reason: str) -> None:
    step = writer.program("Wrong", "pass")
    step["Arguments"] |= change
    subnet = {"Name": "Subnet", "Type": "String", "DefaultValue": "subnet-1"}

    with pytest.raises(ClientError, match=f"Unable to parse pipeline definition.*{reason}"):
        writer.create("never-runs", step, parameters=(subnet,))
