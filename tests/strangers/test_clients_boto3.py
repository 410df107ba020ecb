"""boto3 as its guides use it: waiters, paginators, filters, orders, tags, and errors by the names AWS gives them."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.strangers.account import ACCOUNT, REGION, Account, until

pytestmark = [pytest.mark.e2e]

Call = Callable[[Any], Any]

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/boto:1"


@pytest.fixture(scope="module")
def role(account: Account) -> str:
    """A role that services may assume, and that may do what state machines need."""
    iam = account.client("iam")
    services = [f"{name}.amazonaws.com" for name in ("sagemaker", "states", "codebuild", "lambda")]
    statement = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(iam.create_role(RoleName="boto", AssumeRolePolicyDocument=trust)["Role"]["Arn"])


@pytest.fixture(scope="module")
def models(account: Account, role: str) -> list[str]:
    """Names of models, in the order in which they were made."""
    sagemaker, names = account.client("sagemaker"), [f"boto-{number:03}" for number in range(250)]
    for name in names:
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE})
    return names


def test_pages_hold_what_was_asked_in_the_order_that_was_asked(account: Account, models: list[str]) -> None:
    sagemaker = account.client("sagemaker")
    pages = list(
        sagemaker.get_paginator("list_models").paginate(NameContains="boto-", PaginationConfig={"PageSize": 100})
    )
    assert [len(page["Models"]) for page in pages] == [100, 100, 50]
    assert [model["ModelName"] for page in pages for model in page["Models"]] == models[::-1]
    by_name = sagemaker.list_models(NameContains="boto-", SortBy="Name", SortOrder="Ascending", MaxResults=3)
    assert [model["ModelName"] for model in by_name["Models"]] == models[:3]
    middle = sagemaker.describe_model(ModelName=models[100])["CreationTime"]
    later = sagemaker.list_models(
        NameContains="boto-", CreationTimeAfter=middle + timedelta(microseconds=1), MaxResults=1
    )
    assert [model["ModelName"] for model in later["Models"]] == models[-1:]
    future = datetime.now(UTC) + timedelta(days=1)
    assert sagemaker.list_models(NameContains="boto-", CreationTimeAfter=future)["Models"] == []


def test_executions_run_side_by_side_and_are_listed(account: Account, role: str) -> None:
    states = account.client("stepfunctions")
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}
    machine = states.create_state_machine(name="boto", roleArn=role, definition=json.dumps(definition))[
        "stateMachineArn"
    ]

    def start(number: int) -> str:
        given = json.dumps({"number": number})
        return str(states.start_execution(stateMachineArn=machine, name=f"n{number}", input=given)["executionArn"])

    with ThreadPoolExecutor(10) as threads:
        started = list(threads.map(start, range(100)))

    def listed(status: str) -> set[str]:
        pages = states.get_paginator("list_executions").paginate(
            stateMachineArn=machine, statusFilter=status, PaginationConfig={"PageSize": 30}
        )
        return {execution["executionArn"] for page in pages for execution in page["executions"]}

    until(lambda: listed("SUCCEEDED"), lambda found: found == set(started), 60)
    assert listed("RUNNING") == set()
    for number in (0, 99):
        output = states.describe_execution(executionArn=started[number])["output"]
        assert json.loads(output) == {"number": number}
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=started[0], PaginationConfig={"PageSize": 2}
    )
    assert [event["id"] for page in pages for event in page["events"]] == [1, 2, 3, 4]


def test_objects_are_listed_by_the_thousand_and_by_folder(account: Account) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="boto-objects")
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(
                lambda number: s3.put_object(Bucket="boto-objects", Key=f"day={number % 2}/{number:04}", Body=b"x"),
                range(1005),
            )
        )
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="boto-objects"))
    assert [page["KeyCount"] for page in pages] == [1000, 5]
    folders = s3.list_objects_v2(Bucket="boto-objects", Delimiter="/")
    assert [folder["Prefix"] for folder in folders["CommonPrefixes"]] == ["day=0/", "day=1/"]
    s3.get_waiter("object_exists").wait(Bucket="boto-objects", Key="day=0/0000")
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        s3.get_waiter("object_exists").wait(
            Bucket="boto-objects", Key="absent", WaiterConfig={"Delay": 0, "MaxAttempts": 2}
        )


def test_tags_are_added_listed_and_removed(account: Account, models: list[str]) -> None:
    sagemaker = account.client("sagemaker")
    arn = sagemaker.describe_model(ModelName=models[0])["ModelArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a", "absent"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": ""}]


def _endpoint_config(model: str) -> Call:
    variant = {"VariantName": "v", "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return lambda client: client.create_endpoint_config(EndpointConfigName="boto-absent", ProductionVariants=[variant])


@pytest.mark.parametrize(
    ("service", "code", "message", "call"),
    [
        ("sagemaker", "ValidationException", 'Could not find model "arn', lambda c: c.describe_model(ModelName="no")),
        ("sagemaker", "ValidationException", "Could not find model", _endpoint_config("no")),
        ("sagemaker", "ValidationException", "Could not find endpoint",
         lambda c: c.describe_endpoint(EndpointName="no")),
        ("sagemaker", "ValidationException", "Could not find endpoint configuration",
         lambda c: c.create_endpoint(EndpointName="no", EndpointConfigName="no")),
        ("sagemaker", "ValidationException", "Requested resource not found",
         lambda c: c.describe_training_job(TrainingJobName="no")),
        ("sagemaker", "ValidationException", "Member must satisfy regular expression pattern",
         lambda c: c.describe_model(ModelName="no_underscores")),
        ("sagemaker", "ValidationException", "Member must satisfy enum value set",
         lambda c: c.list_training_jobs(StatusEquals="Done")),
        ("sagemaker-runtime", "ValidationError", "Endpoint no of account 123456789012 not found",
         lambda c: c.invoke_endpoint(EndpointName="no", Body=b"")),
        ("stepfunctions", "StateMachineDoesNotExist", "State Machine Does Not Exist",
         lambda c: c.start_execution(stateMachineArn=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:no")),
        ("stepfunctions", "ExecutionDoesNotExist", "Execution Does Not Exist",
         lambda c: c.describe_execution(executionArn=f"arn:aws:states:{REGION}:{ACCOUNT}:execution:no:no")),
        ("stepfunctions", "InvalidArn", "Invalid Arn", lambda c: c.describe_state_machine(stateMachineArn="no")),
        ("stepfunctions", "InvalidToken", "Invalid Token",
         lambda c: c.send_task_success(taskToken="no", output="{}")),
        ("codebuild", "ResourceNotFoundException", "Project cannot be found",
         lambda c: c.start_build(projectName="no")),
        ("ecr", "RepositoryNotFoundException", "The repository with name 'no' does not exist",
         lambda c: c.describe_images(repositoryName="no")),
        ("lambda", "ResourceNotFoundException", "Function not found", lambda c: c.invoke(FunctionName="no")),
        ("events", "ResourceNotFoundException", "Rule no does not exist on EventBus default",
         lambda c: c.describe_rule(Name="no")),
        ("events", "InvalidEventPatternException", "Event pattern is not valid",
         lambda c: c.put_rule(Name="no", EventPattern='{"source": "text"}')),
        ("cloudformation", "ValidationError", "Stack with id no does not exist",
         lambda c: c.describe_stacks(StackName="no")),
        ("cloudformation", "ChangeSetNotFound", "ChangeSet", lambda c: c.describe_change_set(
            ChangeSetName=f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/no/1")),
        ("iam", "NoSuchEntity", "", lambda c: c.get_role(RoleName="no")),
        ("logs", "ResourceNotFoundException", "The specified log group does not exist",
         lambda c: c.filter_log_events(logGroupName="no")),
        ("s3", "NoSuchBucket", "The specified bucket does not exist", lambda c: c.list_objects_v2(Bucket="no-bucket")),
        ("sqs", "AWS.SimpleQueueService.NonExistentQueue", "", lambda c: c.get_queue_url(QueueName="no")),
        ("ssm", "ParameterNotFound", "", lambda c: c.get_parameter(Name="no")),
        ("secretsmanager", "ResourceNotFoundException", "", lambda c: c.get_secret_value(SecretId="no")),
    ],
)  # fmt: skip
def test_what_is_wrong_has_the_name_that_aws_gives_it(
    account: Account, service: str, code: str, message: str, call: Call
) -> None:
    with pytest.raises(ClientError) as refused:
        call(account.client(service))
    assert refused.value.response["Error"]["Code"] == code
    assert message in refused.value.response["Error"]["Message"]


def test_names_that_are_taken(account: Account, role: str, models: list[str]) -> None:
    sagemaker, states, s3 = (account.client(name) for name in ("sagemaker", "stepfunctions", "s3"))
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        sagemaker.create_model(ModelName=models[0], ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE})
    machine = states.create_state_machine(name="boto-taken", roleArn=role, definition=json.dumps(PASS))
    again = states.create_state_machine(name="boto-taken", roleArn=role, definition=json.dumps(PASS))
    assert again["stateMachineArn"] == machine["stateMachineArn"]
    with pytest.raises(states.exceptions.StateMachineAlreadyExists):
        states.create_state_machine(name="boto-taken", roleArn=role, definition=json.dumps({**PASS, "Comment": "x"}))
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"], name="one", input="{}")
    until(
        lambda: states.describe_execution(executionArn=execution["executionArn"])["status"],
        lambda status: status == "SUCCEEDED",
    )
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(stateMachineArn=machine["stateMachineArn"], name="one", input="{}")
    s3.create_bucket(Bucket="boto-taken")
    s3.create_bucket(Bucket="boto-taken")
    with pytest.raises(account.client("iam").exceptions.EntityAlreadyExistsException):
        account.client("iam").create_role(
            RoleName="boto", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []})
        )


def test_a_user_may_do_what_their_policy_says(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="boto-reader")
    allowed = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::boto-guarded/open/*"},
        {"Effect": "Allow", "Action": "sagemaker:List*", "Resource": "*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_user_policy(UserName="boto-reader", PolicyName="reads", PolicyDocument=policy)
    keys = iam.create_access_key(UserName="boto-reader")["AccessKey"]
    account.client("s3").create_bucket(Bucket="boto-guarded")
    for key in ("open/a", "shut/a"):
        account.client("s3").put_object(Bucket="boto-guarded", Key=key, Body=b"x")
    session = boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], region_name=REGION)
    s3, sagemaker, states = (
        session.client(service, endpoint_url=account.endpoint_url) for service in ("s3", "sagemaker", "stepfunctions")
    )
    assert s3.get_object(Bucket="boto-guarded", Key="open/a")["Body"].read() == b"x"
    sagemaker.list_models(MaxResults=1)
    denied = r"AccessDenied.*user/boto-reader is not authorized to perform: "
    with pytest.raises(ClientError, match=denied + "s3:GetObject"):
        s3.get_object(Bucket="boto-guarded", Key="shut/a")
    with pytest.raises(ClientError, match=denied + "sagemaker:DescribeModel"):
        sagemaker.describe_model(ModelName="boto-000")
    with pytest.raises(ClientError, match=denied + "states:ListStateMachines"):
        states.list_state_machines()
