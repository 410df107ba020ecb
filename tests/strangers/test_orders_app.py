"""An app of events: two stacks that refer to each other, a nested one, queues, rules, functions and a table."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.strangers.account import Account, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_orders_come_through_and_what_cannot_be_taken_is_kept(project: Account) -> None:
    app = project.app("orders")
    app.deploy()
    outputs = project.outputs("Orders")
    assert live_version(project, outputs["Live"]) == {"version": "first", "user": "shop", "letters": 32}
    assert json.loads(project.messages(outputs["News"])[0])["Event"] == "s3:TestEvent"

    def send(kind: str, **order: Any) -> None:
        project.client("sns").publish(
            TopicArn=outputs["Topic"],
            Message=json.dumps(order),
            MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}},
        )

    send("quote", customer="nobody", order="0", total=500)
    send("order", customer="ann", order="1", total=20)
    send("order", customer="bob", order="2", total=500)
    send("order", customer="bad", order="3", total=99)
    send("order", customer="cat", order="4", total=5)

    table = project.client("dynamodb")
    found = until(lambda: table.scan(TableName=outputs["Table"])["Items"], lambda items: len(items) >= 3)
    assert {item["customer"]["S"] for item in found} == {"ann", "bob", "bad"}
    by_state = table.query(
        TableName=outputs["Table"],
        IndexName="by-state",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "accepted"}},
    )
    assert by_state["Count"] == 3
    assert json.loads(project.messages(outputs["News"])[0]) == {"text": "bob bought a lot"}
    lost = json.loads(project.messages(outputs["Lost"])[0])
    assert lost["requestPayload"]["detail"]["customer"] == "bad"
    assert lost["responsePayload"]["errorMessage"] == "no audit"

    audit = f"/aws/lambda/{outputs['Audit']}"
    logs = project.client("logs")
    audited = until(
        lambda: [
            item["message"] for item in logs.filter_log_events(logGroupName=audit, filterPattern="audited")["events"]
        ],
        lambda lines: len(lines) >= 2,
    )
    assert sorted(line.split("audited ")[1].strip() for line in audited) == ["1", "2"]
    assert logs.describe_log_groups(logGroupNamePrefix=audit)["logGroups"][0]["retentionInDays"] == 30

    project.client("s3").put_object(Bucket=outputs["Drop"], Key="in/prices.csv", Body=b"1")
    record = json.loads(project.messages(outputs["News"])[0])["Records"][0]
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Put", "in/prices.csv")

    app.deploy(version="second")
    assert live_version(project, outputs["Live"])["version"] == "second"
    assert table.describe_table(TableName=outputs["Table"])["Table"]["ItemCount"] == 3

    app.destroy(version="second")
    assert [project.status(name) for name in ("Orders", "OrdersData")] == ["", ""]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        table.describe_table(TableName=outputs["Table"])
    with pytest.raises(ClientError, match="Not Found"):
        project.client("s3").head_bucket(Bucket=outputs["Drop"])


def live_version(account: Account, arn: str) -> Any:
    """What the worker says of itself, called by its alias."""
    answer = account.client("lambda").invoke(FunctionName=arn, Payload=b"{}")
    document = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, document
    return document
