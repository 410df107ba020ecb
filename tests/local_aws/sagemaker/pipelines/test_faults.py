"""Executions that meet faults: of values, of jobs, of rights."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.sagemaker.pipelines.parameters import Parameter, text_of
from tests.local_aws.sagemaker.conftest import BUCKET, Account
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import (
    compare,
    condition,
    definition,
    fail,
    get,
    join,
    json_get,
    processing,
    training,
)

_FAIL = """
import os, sys
with open(os.environ["SAGEMAKER_BASE_DIR"] + "/output/failure", "w") as file:
    file.write("no rows")
sys.exit(1)
"""
_WAIT = """
import os, time
while not os.path.exists(os.environ["GO"]):
    time.sleep(0.02)
"""


def _failure(pipelines: Pipelines, name: str, text: str, step: str) -> str:
    pipelines.create(name, text)
    execution = pipelines.run(name)
    assert execution["PipelineExecutionStatus"] == "Failed"
    found = pipelines.steps(execution)[step]
    assert found["StepStatus"] == "Failed"
    return str(found["FailureReason"])


def _reading(name: str, account: Account, role: str, written: str, path: str, file: str = "metrics.json") -> str:
    source = f"""
import os
folder = os.environ["SAGEMAKER_BASE_DIR"] + "/processing/report"
os.makedirs(folder, exist_ok=True)
with open(folder + "/metrics.json", "w") as file:
    file.write({written!r})
"""
    files = [{"PropertyFileName": "Metrics", "OutputName": "report", "FilePath": file}]
    return definition(
        processing(
            "Evaluate", account.engine.image(name, run=source), role, outputs={"report": name}, PropertyFiles=files
        ),
        condition("Check", compare("LessThan", json_get("Evaluate", "Metrics", path), 10)),
    )


def test_a_property_file_that_is_not_there(pipelines: Pipelines, account: Account) -> None:
    text = _reading("no-file", account, pipelines.role, "{}", "rmse", file="other.json")
    assert _failure(pipelines, "no-file", text, "Check").startswith(
        f"ClientError: Failed to read the JSON file s3://{BUCKET}/no-file/other.json: NoSuchKey"
    )


def test_a_path_that_leads_nowhere(pipelines: Pipelines, account: Account) -> None:
    text = _reading("no-path", account, pipelines.role, '{"a": {"b": 1}}', "a.c[0]")
    assert _failure(pipelines, "no-path", text, "Check") == (
        "ClientError: Failed to find the path a.c[0] in property file Metrics of step Evaluate: there is no 'c'"
    )


def test_a_path_may_begin_at_its_root(pipelines: Pipelines, account: Account) -> None:
    pipelines.create("at-the-root", _reading("at-the-root", account, pipelines.role, '{"a": [{"b": 7}]}', "$.a[0].b"))
    execution = pipelines.run("at-the-root")

    assert pipelines.steps(execution)["Check"]["Metadata"]["Condition"]["Outcome"] == "True"


def test_a_path_to_a_document(pipelines: Pipelines, account: Account) -> None:
    text = _reading("document", account, pipelines.role, '{"a": {"b": 1}}', "a")
    assert "leads to a document, expected a single value" in _failure(pipelines, "document", text, "Check")


def test_a_property_file_that_is_no_json(pipelines: Pipelines, account: Account) -> None:
    text = _reading("no-json", account, pipelines.role, "rmse: 3", "rmse")
    assert f"s3://{BUCKET}/no-json/metrics.json is not JSON" in _failure(pipelines, "no-json", text, "Check")


def test_values_of_unlike_types(pipelines: Pipelines, account: Account) -> None:
    text = _reading("unlike", account, pipelines.role, '{"rmse": "3"}', "rmse")
    assert _failure(pipelines, "unlike", text, "Check") == (
        "ClientError: Condition LessThan compares values of unlike types: '3' (String) and 10 (Number)"
    )


def test_a_failed_job_tells_its_reason(pipelines: Pipelines, account: Account) -> None:
    image = account.engine.image("fails", train=_FAIL)
    reason = _failure(pipelines, "job-fails", definition(training("Train", image, pipelines.role)), "Train")
    assert reason == "ClientError: AlgorithmError: no rows, exit code: 1"


def test_a_request_that_the_service_refuses(pipelines: Pipelines, noop: str) -> None:
    step = processing("Prepare", noop, pipelines.role, Arguments={"RoleArn": "arn:aws:iam::123456789012:role/nobody"})
    reason = _failure(pipelines, "refused", definition(step), "Prepare")
    assert reason.startswith(
        "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: Could not assume role "
        "arn:aws:iam::123456789012:role/nobody."
    )


def test_a_request_that_cannot_be_sent(pipelines: Pipelines, noop: str) -> None:
    arn = get("Steps.First.ProcessingJobArn")
    text = definition(
        processing("First", noop, pipelines.role),
        processing("Second", noop, pipelines.role, Arguments={"ProcessingInputs": arn}),
    )

    reason = _failure(pipelines, "sends-nothing", text, "Second")

    assert "Invalid type for parameter ProcessingInputs, value: arn:aws:sagemaker:" in reason
    assert reason.endswith("(Service: sagemaker, Status Code: 400, Error Code: ValidationException)")


def test_the_pipelines_role_needs_the_right_to_start_jobs(pipelines: Pipelines, account: Account, noop: str) -> None:
    allowed = {"Effect": "Allow", "Action": ["sagemaker:DescribeProcessingJob", "iam:PassRole"], "Resource": "*"}
    role = account.role("pipelines-no-jobs", {"Version": "2012-10-17", "Statement": [allowed]})
    pipelines.create("no-rights", definition(processing("Prepare", noop, pipelines.role)), role=role)

    reason = pipelines.steps(pipelines.run("no-rights"))["Prepare"]["FailureReason"]

    assert "is not authorized to perform: sagemaker:CreateProcessingJob" in reason


def test_the_pipelines_role_needs_the_right_to_pass_the_jobs_role(
    pipelines: Pipelines, account: Account, noop: str
) -> None:
    allowed = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    role = account.role("pipelines-no-pass", {"Version": "2012-10-17", "Statement": [allowed]})
    pipelines.create("no-pass", definition(processing("Prepare", noop, pipelines.role)), role=role)

    reason = pipelines.steps(pipelines.run("no-pass"))["Prepare"]["FailureReason"]

    assert "is not authorized to perform: iam:PassRole" in reason


def test_a_role_that_cannot_be_assumed(pipelines: Pipelines, noop: str) -> None:
    nobody = "arn:aws:iam::123456789012:role/nobody"
    pipelines.create("no-role", definition(processing("Prepare", noop, pipelines.role)), role=nobody)

    reason = pipelines.steps(pipelines.run("no-role"))["Prepare"]["FailureReason"]

    assert reason.startswith(f"ClientError: Could not assume role {nobody}.")


def test_steps_that_run_beside_a_failure_come_to_their_end(
    pipelines: Pipelines, account: Account, noop: str, tmp_path: Any
) -> None:
    waits = account.engine.image("waits-for-failure", run=_WAIT)
    go = tmp_path / "go"
    text = definition(
        processing("Slow", waits, pipelines.role, Arguments={"Environment": {"GO": str(go)}}),
        fail("Broken", "on purpose"),
        processing("Later", noop, pipelines.role, DependsOn=["Slow"]),
    )
    pipelines.create("beside", text)
    arn = pipelines.start("beside")
    pipelines.step(arn, "Broken", "Failed")
    assert pipelines.describe(arn)["PipelineExecutionStatus"] == "Executing"
    go.touch()

    execution = pipelines.ended(arn)

    assert execution["PipelineExecutionStatus"] == "Failed"
    statuses = {name: step["StepStatus"] for name, step in pipelines.steps(execution).items()}
    assert statuses == {"Slow": "Succeeded", "Broken": "Failed"}


def test_what_needs_a_step_of_the_other_branch_does_not_run(pipelines: Pipelines, noop: str) -> None:
    text = definition(
        condition(
            "Choose",
            compare("Equals", 1, 2),
            then=[processing("Then", noop, pipelines.role)],
            otherwise=[processing("Else", noop, pipelines.role)],
        ),
        processing("AfterThen", noop, pipelines.role, DependsOn=["Then"]),
        processing("AfterElse", noop, pipelines.role, DependsOn=["Else"]),
        processing("AfterChoice", noop, pipelines.role, DependsOn=["Choose"]),
    )
    pipelines.create("other-branch", text)

    execution = pipelines.run("other-branch")

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert set(pipelines.steps(execution)) == {"Choose", "Else", "AfterElse", "AfterChoice"}


_PARAMETERS: list[dict[str, Any]] = [
    {"Name": "Count", "Type": "Integer", "DefaultValue": 1},
    {"Name": "Rate", "Type": "Float", "DefaultValue": 0.5},
    {"Name": "Fast", "Type": "Boolean", "DefaultValue": False},
    {"Name": "Size", "Type": "String", "EnumValues": ["small", "large"], "DefaultValue": "small"},
    {"Name": "Bucket", "Type": "String"},
]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"Bucket": "b", "Wrong": "1"}, r"Unknown parameters: \[Wrong\]\."),
        ({"Bucket": "b", "Count": "1.5"}, r"Parameter \[Count\] value '1\.5' is not of type Integer\."),
        (
            {"Bucket": ""},
            r'Parameter \[Bucket\] string "" is too short \(length: 0, required minimum: 1\)\.',
        ),
        ({"Bucket": "b", "Count": "1_000"}, r"Parameter \[Count\] value '1_000' is not of type Integer\."),
        ({"Bucket": "b", "Count": " 7"}, r"Parameter \[Count\] value ' 7' is not of type Integer\."),
        ({"Bucket": "b", "Rate": "nan"}, r"Parameter \[Rate\] value 'nan' is not of type Float\."),
        ({"Bucket": "b", "Rate": "fast"}, r"Parameter \[Rate\] value 'fast' is not of type Float\."),
        ({"Bucket": "b", "Fast": "1"}, r"Parameter \[Fast\] value '1' is not of type Boolean\."),
        (
            {"Bucket": "b", "Size": "huge"},
            r"Parameter \[Size\] value 'huge' is not one of its allowed values: small, large\.",
        ),
        ({}, r"Parameters without a value: \[Bucket\]\."),
        (
            {"Count": "x", "Other": "y"},
            r"Unknown parameters: \[Other\]; Parameter \[Count\].*; Parameters without a value",
        ),
    ],
)
def test_parameters_that_are_refused(pipelines: Pipelines, given: dict[str, str], reason: str) -> None:
    name = "refuses-parameters"
    if name not in [
        each["PipelineName"] for each in pipelines.client.list_pipelines(MaxResults=100)["PipelineSummaries"]
    ]:
        pipelines.create(name, definition(fail("F", join("-", get("Parameters.Bucket"))), parameters=_PARAMETERS))

    with pytest.raises(ClientError, match=reason) as error:
        pipelines.start(name, given)

    assert error.value.response["Error"]["Code"] == "ValidationException"
    assert not pipelines.client.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]


def test_a_parameter_is_given_once(pipelines: Pipelines) -> None:
    pipelines.create("given-twice", definition(fail("F", get("Parameters.Bucket")), parameters=_PARAMETERS))
    twice = [{"Name": "Bucket", "Value": value} for value in ("a", "b")]

    with pytest.raises(ClientError, match=r"Duplicate parameters: \[Bucket\]\."):
        pipelines.client.start_pipeline_execution(PipelineName="given-twice", PipelineParameters=twice)


@pytest.mark.parametrize(
    ("rate", "shown"), [("1e-3", "0.001"), (".5", "0.5"), ("-2.", "-2.0"), ("+7", "7.0"), ("1E3", "1000.0")]
)
def test_floats_are_written_in_many_ways(rate: str, shown: str) -> None:
    parameter = Parameter(name="Rate", type="Float")

    assert text_of(parameter.read(rate)) == shown


def test_parameters_keep_their_types(pipelines: Pipelines) -> None:
    shown = join("|", *(get(f"Parameters.{each['Name']}") for each in _PARAMETERS))
    pipelines.create("typed", definition(fail("F", shown), parameters=_PARAMETERS))

    execution = pipelines.run("typed", {"Bucket": "b", "Fast": "True", "Count": "7"})

    assert pipelines.steps(execution)["F"]["FailureReason"] == "7|0.5|true|small|b"
    listed = pipelines.client.list_pipeline_parameters_for_execution(
        PipelineExecutionArn=execution["PipelineExecutionArn"]
    )["PipelineParameters"]
    assert {each["Name"]: each["Value"] for each in listed} == {
        "Bucket": "b",
        "Count": "7",
        "Fast": "true",
        "Rate": "0.5",
        "Size": "small",
    }


def test_a_token_starts_one_execution(pipelines: Pipelines) -> None:
    pipelines.create("once", definition(fail("F", "m"), parameters=_PARAMETERS[:1]))
    token = "a-token-that-is-used-more-than-once"
    first = pipelines.start("once", ClientRequestToken=token)

    assert pipelines.start("once", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match=f"ClientRequestToken {token} was used before, with other arguments") as error:
        pipelines.start("once", {"Count": "2"}, ClientRequestToken=token)
    assert error.value.response["Error"]["Code"] == "ConflictException"
    pipelines.ended(first)
    assert len(pipelines.client.list_pipeline_executions(PipelineName="once")["PipelineExecutionSummaries"]) == 1
