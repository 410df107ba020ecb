"""Takes orders from a queue, into a table and onto a bus."""

import json
import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
events = boto3.client("events")
minimum = int(boto3.client("ssm").get_parameter(Name=os.environ["MINIMUM"])["Parameter"]["Value"])
secret = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])["SecretString"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if "Records" not in event:
        return {"version": os.environ["VERSION"], "user": secret["user"], "letters": len(secret["password"])}
    failures = []
    for record in event["Records"]:
        try:
            take(json.loads(record["body"]))
        except ValueError:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def take(order: dict[str, Any]) -> None:
    if order["total"] < minimum:
        raise ValueError(f"order {order['order']} is below {minimum}")
    table.put_item(Item={**order, "state": "accepted"})
    entry = {"Source": "shop.orders", "DetailType": "Accepted", "Detail": json.dumps(order)}
    events.put_events(Entries=[{**entry, "EventBusName": os.environ["BUS"]}])
