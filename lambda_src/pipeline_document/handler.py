"""The function of a large pipeline document: writes it, filled in, where SageMaker reads it.

A custom resource of CloudFormation. It deletes nothing: an execution may still run by what a document said before, and
a rollback names it again.
"""

import hashlib
import json
import logging
import os
import re
import urllib.request
from functools import cache
from typing import Any

import boto3

_LOG = logging.getLogger()
_LOG.setLevel(logging.INFO)

# JSON has no such character outside of an escape: the document cannot have one of its own
_MARK = re.compile("\x01([tj])(\\d+)\x01")
_LONGEST_REASON = 1024


def on_event(event: dict[str, Any], _context: object) -> None:
    """Makes the document that an event of CloudFormation asks for, and answers.

    Args:
        event: whose properties are `SourceBucket` and `SourceKey` of the text, `Bucket` and `Prefix` of where the
            document goes, and `Values`, in the order of their numbers in the text.
    """
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"]),
        **{member: event[member] for member in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        if event["RequestType"] != "Delete":
            answer["Data"] = _written(event["ResourceProperties"])
    except Exception as error:  # noqa: BLE001 - whatever it was, CloudFormation waits for an answer
        _LOG.exception("the document could not be written")
        reason = f"{type(error).__name__}: {error}; see {os.environ['AWS_LAMBDA_LOG_GROUP_NAME']}"
        answer |= {"Status": "FAILED", "Reason": reason[:_LONGEST_REASON]}
    _answer(event["ResponseURL"], answer)


def filled(text: str, values: list[str]) -> str:
    """A text with its values: inside of JSON's texts, or as the JSON that they are."""
    return _MARK.sub(lambda mark: _value(mark[1], values[int(mark[2])]), text)


def _value(kind: str, value: str) -> str:
    return json.dumps(value)[1:-1] if kind == "t" else value


def _written(given: dict[str, Any]) -> dict[str, str]:
    source = _client("s3").get_object(Bucket=given["SourceBucket"], Key=given["SourceKey"])["Body"].read()
    document = filled(source.decode(), given["Values"])
    # what is no JSON is better told here than by SageMaker, which does not say where
    json.loads(document)
    body = document.encode()
    # another content is another key, by which CloudFormation sees that the pipeline changes
    key = f"{given['Prefix']}{hashlib.sha256(body).hexdigest()}.json"
    _client("s3").put_object(Bucket=given["Bucket"], Key=key, Body=body, ContentType="application/json")
    return {"Bucket": given["Bucket"], "Key": key}


def _answer(url: str, answer: dict[str, Any]) -> None:
    # no content type: the address is signed without one
    request = urllib.request.Request(  # noqa: S310 - an address of CloudFormation's
        url, data=json.dumps(answer).encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - as above
        _LOG.info("answered %s: %s", answer["Status"], response.status)


@cache
def _client(service: str) -> Any:
    return boto3.client(service)
