"""Optimized integrations of other services, and those that only AWS has."""

import json
from typing import Any

import pytest

from tests.local_aws.stepfunctions.workbench import Workbench


def task(resource: str, **parameters: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}


def test_a_message_to_a_queue(bench: Workbench) -> None:
    sqs = bench.client("sqs")
    queue = sqs.create_queue(QueueName="messages")["QueueUrl"]
    result = bench.run_state(task("sqs:sendMessage", QueueUrl=queue, **{"MessageBody.$": "$"}), {"a": 1})
    assert result.output["MessageId"]
    assert result.output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"]) == {"a": 1}


def test_no_such_queue(bench: Workbench) -> None:
    url = f"{bench.platform.endpoint_url}/123456789012/absent"
    result = bench.run_state(task("sqs:sendMessage", QueueUrl=url, MessageBody="x"))
    assert result.error == "SQS.QueueDoesNotExistException"


def test_a_notification(bench: Workbench) -> None:
    topic = bench.client("sns").create_topic(Name="notices")["TopicArn"]
    state = task("sns:publish", TopicArn=topic, Message={"text": "done", "job.$": "$.job"}, Subject="s")
    result = bench.run_state(state, {"job": "j"})
    assert result.output["MessageId"]
    result = bench.run_state(task("sns:publish", TopicArn=f"{topic}-absent", Message="m"))
    assert result.error == "SNS.NotFoundException"
    assert "(Service: AmazonSNS; Status Code: 404; Error Code: NotFound; " in str(result.cause)


def test_an_event(bench: Workbench) -> None:
    entry = {"Source": "mine", "DetailType": "Done", "Detail": {"job.$": "$.job"}}
    result = bench.run_state(task("events:putEvents", Entries=[entry]), {"job": "j"})
    assert result.output["FailedEntryCount"] == 0
    assert "SdkHttpMetadata" not in result.output
    put = bench.bus.entries[-1]
    assert json.loads(put["Detail"]) == {"job": "j"}
    # AWS adds where an event comes from
    assert put["Resources"] == [
        bench.client().describe_execution(executionArn=result.arn)["stateMachineArn"],
        result.arn,
    ]


def test_an_event_that_is_not_taken(bench: Workbench) -> None:
    entry = {"Source": "mine", "DetailType": "Done", "Detail": '"text"'}
    result = bench.run_state(task("events:putEvents", Entries=[entry]))
    assert result.error == "EventBridge.FailedEntry"
    assert json.loads(str(result.cause)) == {
        "FailedEntryCount": 1,
        "Entries": [{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}],
    }


def test_items_of_a_table(bench: Workbench) -> None:
    bench.client("dynamodb").create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"id": {"S": "1"}}
    definition = {
        "StartAt": "Put",
        "States": {
            "Put": {**task("dynamodb:putItem", TableName="items", Item={**key, "n": {"N.$": "$.n"}}), "Next": "Update"},
            "Update": {
                **task(
                    "dynamodb:updateItem",
                    TableName="items",
                    Key=key,
                    UpdateExpression="SET n = n + :one",
                    ExpressionAttributeValues={":one": {"N": "1"}},
                ),
                "Next": "Get",
            },
            "Get": {**task("dynamodb:getItem", TableName="items", Key=key), "OutputPath": "$.Item", "Next": "Delete"},
            "Delete": {**task("dynamodb:deleteItem", TableName="items", Key=key), "ResultPath": None, "End": True},
        },
    }
    assert bench.run(definition, {"n": "41"}).output == {"id": {"S": "1"}, "n": {"N": "42"}}


def test_the_error_of_a_condition(bench: Workbench) -> None:
    state = task("dynamodb:putItem", TableName="absent-table", Item={"id": {"S": "1"}})
    result = bench.run_state(state)
    assert result.error == "DynamoDB.ResourceNotFoundException"
    assert "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; " in str(result.cause)


@pytest.mark.parametrize(
    ("resource", "what"),
    [
        ("ecs:runTask.sync", "ecs:runTask"),
        ("batch:submitJob.sync", "batch:submitJob"),
        ("glue:startJobRun.sync", "glue:startJobRun"),
        ("elasticmapreduce:addStep.sync", "elasticmapreduce:addStep"),
        ("codebuild:startBuildBatch.sync", "codebuild:startBuildBatch"),
    ],
)
def test_what_only_aws_has_fails_with_a_cause_that_says_so(bench: Workbench, resource: str, what: str) -> None:
    state = {**task(resource), "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "H"}], "End": True}
    result = bench.run({"StartAt": "S", "States": {"S": state, "H": {"Type": "Pass", "End": True}}})
    # it is no error that a workflow could handle: it must not look like one
    assert (result.status, result.error) == ("FAILED", "States.Runtime")
    assert str(result.cause).endswith(f"the local AWS does not offer {what}; it works on AWS only")


def test_an_operation_that_the_local_service_lacks(bench: Workbench) -> None:
    result = bench.run_state(
        task("codebuild:batchGetReports", ReportArns=["arn:aws:codebuild:us-east-1:123456789012:report/x"])
    )
    assert result.error == "States.Runtime"
    assert "the local AWS does not offer codebuild:BatchGetReports" in str(result.cause)
