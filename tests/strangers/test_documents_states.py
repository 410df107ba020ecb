"""State machines as AWS's guide and the Data Science SDK write them, none of them for this project."""

import json
from typing import Any

import pytest

from tests.strangers.account import ACCOUNT, REGION, Account

pytestmark = [pytest.mark.e2e]


@pytest.fixture(scope="module")
def role(account: Account) -> str:
    """What the documents call is allowed, and nothing else."""
    iam = account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": f"states.{REGION}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(
        RoleName="documents", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket", "sqs:SendMessage"], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_role_policy(RoleName="documents", PolicyName="calls", PolicyDocument=json.dumps(policy))
    return str(arn)


def _run(account: Account, role: str, name: str, definition: dict[str, Any], given: Any) -> dict[str, Any]:
    states = account.client("stepfunctions")
    machine = states.create_state_machine(name=name, roleArn=role, definition=json.dumps(definition))
    return account.execution(machine["stateMachineArn"], given)


def test_orders_in_jsonata(account: Account, role: str) -> None:
    definition = {
        "Comment": "Checks the lines of an order, and adds them up.",
        "QueryLanguage": "JSONata",
        "StartAt": "Read",
        "States": {
            "Read": {
                "Type": "Pass",
                "Assign": {"rate": "{% $states.input.country = 'DE' ? 0.19 : 0.2 %}", "order": "{% $states.input %}"},
                "Output": {"lines": "{% [$states.input.lines[quantity > 0]] %}"},
                "Next": "Any?",
            },
            "Any?": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $count($states.input.lines) > 0 %}", "Next": "Each"}],
                "Default": "Empty",
            },
            "Each": {
                "Type": "Map",
                "Items": "{% $states.input.lines %}",
                "ItemSelector": {"line": "{% $states.context.Map.Item.Value %}", "rate": "{% $rate %}"},
                "MaxConcurrency": 2,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "Price",
                    "States": {
                        "Price": {
                            "Type": "Pass",
                            "Assign": {"net": "{% $states.input.line.(price * quantity) %}"},
                            "Output": "{% $states.input.($round(line.price * line.quantity * (1 + rate), 2)) %}",
                            "End": True,
                        }
                    },
                },
                "Output": {
                    "id": "{% $uppercase($order.id) %}",
                    "total": "{% $sum($states.result) %}",
                    "chunks": "{% $partition($states.result, 2) %}",
                    "hash": "{% $hash($order.id, 'SHA-256') %}",
                },
                "End": True,
            },
            "Empty": {"Type": "Fail", "Error": "Empty", "Cause": "{% 'no lines in ' & $order.id %}"},
        },
    }
    lines = [{"price": 10, "quantity": 2}, {"price": 5, "quantity": 0}, {"price": 1.5, "quantity": 4}]
    order = {"id": "ab", "country": "DE", "lines": lines}
    done = _run(account, role, "orders", definition, order)
    told = json.loads(done["output"])
    assert (told["id"], told["total"], told["chunks"]) == ("AB", 30.94, [[23.8, 7.14]])
    assert told["hash"] == "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603"
    machine = done["stateMachineArn"]
    failed = account.execution(machine, {**order, "lines": []})
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "Empty", "no lines in ab")


def test_branches_items_and_intrinsics_in_jsonpath(account: Account, role: str) -> None:
    definition = {
        "StartAt": "Both",
        "States": {
            "Both": {
                "Type": "Parallel",
                "Branches": [
                    {
                        "StartAt": "Chunks",
                        "States": {
                            "Chunks": {
                                "Type": "Pass",
                                "Parameters": {
                                    "chunks.$": "States.ArrayPartition($.values, 2)",
                                    "first.$": "States.ArrayGetItem($.values, 0)",
                                    "unique.$": "States.ArrayUnique($.values)",
                                    "count.$": "States.ArrayLength($.values)",
                                    "range.$": "States.ArrayRange(1, 9, 4)",
                                },
                                "End": True,
                            }
                        },
                    },
                    {
                        "StartAt": "Items",
                        "States": {
                            "Items": {
                                "Type": "Map",
                                "ItemsPath": "$.values",
                                "Parameters": {
                                    "text.$": "States.Format('{}/{}', $$.Map.Item.Index, $$.Map.Item.Value)",
                                    "odd.$": "$$.Map.Item.Value",
                                },
                                "Iterator": {
                                    "StartAt": "Large?",
                                    "States": {
                                        "Large?": {
                                            "Type": "Choice",
                                            "Choices": [
                                                {
                                                    "And": [
                                                        {"Variable": "$.odd", "IsNumeric": True},
                                                        {"Not": {"Variable": "$.odd", "NumericLessThan": 3}},
                                                    ],
                                                    "Next": "Large",
                                                }
                                            ],
                                            "Default": "Small",
                                        },
                                        "Large": {"Type": "Pass", "Result": "large", "End": True},
                                        "Small": {"Type": "Pass", "OutputPath": "$.text", "End": True},
                                    },
                                },
                                "End": True,
                            }
                        },
                    },
                ],
                "ResultSelector": {"chunks.$": "$[0].chunks", "rest.$": "$[0]", "items.$": "$[1]"},
                "ResultPath": "$.result",
                "End": True,
            }
        },
    }
    done = _run(account, role, "branches", definition, {"values": [1, 3, 3]})
    assert json.loads(done["output"]) == {
        "values": [1, 3, 3],
        "result": {
            "chunks": [[1, 3], [3]],
            "rest": {"chunks": [[1, 3], [3]], "first": 1, "unique": [1, 3], "count": 3, "range": [1, 5, 9]},
            "items": ["0/1", "large", "large"],
        },
    }


def test_services_are_called_with_the_rights_of_the_role(account: Account, role: str) -> None:
    s3, sqs = account.client("s3"), account.client("sqs")
    s3.create_bucket(Bucket="documents")
    s3.put_object(Bucket="documents", Key="a.json", Body=b'{"a": [1, 2]}')
    queue = sqs.create_queue(QueueName="documents")["QueueUrl"]

    def task(action: str, **parameters: Any) -> dict[str, Any]:
        return {"Type": "Task", "Resource": f"arn:aws:states:::{action}", "Parameters": parameters}

    catch = {"ErrorEquals": ["S3.NoSuchKeyException"], "ResultPath": "$.error", "Next": "Tell"}
    definition = {
        "StartAt": "Get",
        "States": {
            "Get": {
                **task("aws-sdk:s3:getObject", Bucket="documents", **{"Key.$": "$.key"}),
                "ResultSelector": {"body.$": "States.StringToJson($.Body)"},
                "ResultPath": "$.file",
                "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 0}],
                "Catch": [catch],
                "Next": "Delete",
            },
            "Delete": {**task("aws-sdk:s3:deleteObject", Bucket="documents", **{"Key.$": "$.key"}), "End": True},
            "Tell": {
                **task(
                    "sqs:sendMessage.waitForTaskToken",
                    QueueUrl=queue,
                    MessageBody={"missing.$": "$.key", "token.$": "$$.Task.Token"},
                ),
                "TimeoutSeconds": 30,
                "End": True,
            },
        },
    }
    denied = _run(account, role, "services", definition, {"key": "a.json"})
    assert (denied["status"], denied["error"]) == ("FAILED", "S3.AccessDeniedException")
    assert "is not authorized to perform: s3:DeleteObject" in denied["cause"]

    states = account.client("stepfunctions")
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:services"
    started = states.start_execution(stateMachineArn=arn, input='{"key": "absent"}')["executionArn"]
    (body,) = account.messages(queue)
    message = json.loads(body)
    assert message["missing"] == "absent"
    states.send_task_heartbeat(taskToken=message["token"])
    states.send_task_failure(taskToken=message["token"], error="Nobody", cause="knows it")
    ended = states.describe_execution(executionArn=started)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Nobody", "knows it")


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"Type": "Pass", "Next": "Absent"}, "MISSING_TRANSITION_TARGET: Missing 'Next' target: Absent"),
        ({"Type": "Pass", "Unknown": 1, "End": True}, "Field is not supported"),
        (
            {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createEndpoint.sync", "End": True},
            "is not recognized",
        ),
        (
            {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {}, "End": True},
            'The field "Bucket" is required but was missing',
        ),
        ({"Type": "Pass", "QueryLanguage": "JSONata", "Parameters": {}, "End": True}, "Field is not supported"),
    ],
)
def test_what_is_no_definition_is_refused(account: Account, role: str, state: dict[str, Any], problem: str) -> None:
    states = account.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": state}})
    validated = states.validate_state_machine_definition(definition=definition)
    assert validated["result"] == "FAIL"
    with pytest.raises(states.exceptions.InvalidDefinition) as refused:
        states.create_state_machine(name="refused", roleArn=role, definition=definition)
    assert problem in refused.value.response["Error"]["Message"]
