"""AWS's own command line, as a shell script uses it."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.strangers.account import ACCOUNT, Account

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def test_folders_are_synchronized_with_a_bucket(account: Account, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a b+é.txt").write_text("one")
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 40_000)
    account.aws("s3", "mb", "s3://line-files")
    account.aws("s3", "sync", str(tmp_path), "s3://line-files/copy", "--only-show-errors")
    listed = account.aws("s3", "ls", "s3://line-files", "--recursive", "--summarize")
    assert "copy/deep/a b+é.txt" in listed
    assert "Total Objects: 2" in listed
    account.aws("s3", "sync", "s3://line-files/copy", str(tmp_path / "back"), "--only-show-errors")
    assert (tmp_path / "back" / "large.bin").read_bytes() == (tmp_path / "large.bin").read_bytes()
    told = account.aws("s3", "sync", "s3://line-files/copy", str(tmp_path / "back"))
    assert told == ""
    assert "(BucketNotEmpty)" in account.aws("s3", "rb", "s3://line-files", code=1)
    account.aws("s3", "rb", "s3://line-files", "--force")
    assert "(NoSuchBucket)" in account.aws("s3", "ls", "s3://line-files", code=255)


def test_a_template_is_packaged_deployed_and_deployed_again(account: Account, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "index.py").write_text("def handler(event, context):\n    return {'sum': sum(event)}\n")
    (tmp_path / "role.yaml").write_text(
        "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n"
        f"      AssumeRolePolicyDocument: {_TRUST}\n"
        "Outputs:\n  Arn: {Value: !GetAtt Role.Arn}\n"
    )
    (tmp_path / "template.yaml").write_text(
        "Resources:\n"
        "  Roles:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: role.yaml}\n"
        "  Function:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        "      FunctionName: line-sum\n      Runtime: python3.12\n      Handler: index.handler\n"
        "      Role: !GetAtt Roles.Outputs.Arn\n      Code: ./code\n"
    )
    account.aws("s3", "mb", "s3://line-packages")
    packaged, answer = str(tmp_path / "packaged.yaml"), tmp_path / "answer.json"
    account.aws(
        "cloudformation", "package", "--template-file", str(tmp_path / "template.yaml"),
        "--s3-bucket", "line-packages", "--output-template-file", packaged,
    )  # fmt: skip
    deploy = (
        "cloudformation", "deploy", "--template-file", packaged, "--stack-name", "line", "--capabilities",
        "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND",
    )  # fmt: skip
    account.aws(*deploy)
    account.aws("lambda", "wait", "function-active-v2", "--function-name", "line-sum")
    account.aws("lambda", "invoke", "--function-name", "line-sum", "--payload", "[1, 2, 3]", str(answer))
    assert json.loads(answer.read_text()) == {"sum": 6}
    assert "No changes to deploy" in account.aws(*deploy, code=255)
    account.aws("cloudformation", "delete-stack", "--stack-name", "line")
    account.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "line")
    assert "(ResourceNotFoundException)" in account.aws(
        "lambda", "get-function", "--function-name", "line-sum", code=255
    )


def test_a_function_is_made_called_and_its_lines_found(account: Account, tmp_path: Path) -> None:
    buffer, archive, answer = io.BytesIO(), tmp_path / "code.zip", tmp_path / "answer.json"
    with zipfile.ZipFile(buffer, "w") as code:
        code.writestr(
            "app.py", "def handler(event, context):\n    print('ERROR' if event else 'WARN')\n    1 / event\n"
        )
    archive.write_bytes(buffer.getvalue())
    account.aws("iam", "create-role", "--role-name", "line-role", "--assume-role-policy-document", _TRUST)
    account.aws(
        "iam", "attach-role-policy", "--role-name", "line-role",
        "--policy-arn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    )  # fmt: skip
    account.aws(
        "lambda", "create-function", "--function-name", "line-divide", "--runtime", "python3.12",
        "--handler", "app.handler", "--role", f"arn:aws:iam::{ACCOUNT}:role/line-role",
        "--zip-file", f"fileb://{archive}",
    )  # fmt: skip
    account.aws("lambda", "wait", "function-active-v2", "--function-name", "line-divide")
    told = account.aws_json("lambda", "invoke", "--function-name", "line-divide", "--payload", "0", str(answer))
    assert (told["StatusCode"], told["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer.read_text())["errorType"] == "ZeroDivisionError"
    events = account.aws_json(
        "logs", "filter-log-events", "--log-group-name", "/aws/lambda/line-divide",
        "--filter-pattern", "?ERROR ?WARN",
    )["events"]  # fmt: skip
    assert [event["message"].split()[0] for event in events] == ["WARN", "[ERROR]"]


def test_an_execution_is_followed(account: Account) -> None:
    account.aws("iam", "create-role", "--role-name", "line-states", "--assume-role-policy-document", _TRUST)
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 0, "End": True}}}
    machine = account.aws_json(
        "stepfunctions", "create-state-machine", "--name", "line", "--definition", json.dumps(definition),
        "--role-arn", f"arn:aws:iam::{ACCOUNT}:role/line-states",
    )["stateMachineArn"]  # fmt: skip
    execution = account.aws_json(
        "stepfunctions", "start-execution", "--state-machine-arn", machine, "--input", '{"a": 1}'
    )["executionArn"]
    names = account.aws(
        "stepfunctions", "get-execution-history", "--execution-arn", execution, "--query", "events[].type",
        "--output", "text",
    ).split()  # fmt: skip
    assert names == ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"]
    described = account.aws_json("stepfunctions", "describe-execution", "--execution-arn", execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"a": 1})


def test_what_is_not_there_and_what_is_not_offered_end_with_an_error(account: Account) -> None:
    waited = account.aws("sagemaker", "wait", "endpoint-in-service", "--endpoint-name", "line-absent", code=255)
    assert "we matched expected path" in waited or "ValidationException" in waited
    assert "(NotAvailableLocally)" in account.aws("sagemaker", "list-domains", code=255)
    assert "Stack with id line-absent does not exist" in account.aws(
        "cloudformation", "describe-stacks", "--stack-name", "line-absent", code=255
    )
