"""A custom resource that is there once an endpoint has answered."""

import json
from typing import Any

import boto3


def start(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"PhysicalResourceId": event["ResourceProperties"]["Endpoint"]}


def is_complete(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    answer = boto3.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=event["PhysicalResourceId"], ContentType="text/csv", Body=b"1,2\n3,4\n"
    )
    return {"IsComplete": True, "Data": {"Answer": json.dumps(json.load(answer["Body"]))}}
