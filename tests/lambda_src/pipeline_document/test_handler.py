import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define, field

from lambda_src.pipeline_document import handler

EVENT = {
    "RequestType": "Create",
    "ResponseURL": "https://answers/1",
    "StackId": "arn:stack",
    "RequestId": "r-1",
    "LogicalResourceId": "Document",
    "ResourceProperties": {
        "SourceBucket": "assets",
        "SourceKey": "abc.txt",
        "Bucket": "documents",
        "Prefix": "pipelines/",
        "Values": ["arn:aws:iam::1:role/x", "[1,2]", 'a "word"'],
    },
}
TEXT = '{"Role":"\x01t0\x01","Path":"of \x01t2\x01, \x01t0\x01","Rows":\x01j1\x01}'
DOCUMENT = {"Role": "arn:aws:iam::1:role/x", "Path": 'of a "word", arn:aws:iam::1:role/x', "Rows": [1, 2]}


@define
class Storage:
    """S3, as far as the function calls it."""

    objects: dict[tuple[str, str], bytes] = field(factory=dict)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - as AWS calls them
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803 - as above
        assert ContentType == "application/json"
        self.objects[Bucket, Key] = Body


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Storage:
    made = Storage({("assets", "abc.txt"): TEXT.encode()})
    monkeypatch.setattr(handler, "_client", lambda _: made)
    monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "logs-of-it")
    return made


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(handler, "_answer", lambda url, answer: given.append({"url": url, **answer}))
    return iter([given])


def asked(answers: Iterator[list[dict[str, Any]]], **members: Any) -> dict[str, Any]:
    handler.on_event({**EVENT, **members}, None)
    (answer,) = next(answers)
    return dict(answer)


def test_the_document_is_written_under_the_hash_of_what_it_becomes(
    storage: Storage, answers: Iterator[list[dict[str, Any]]]
) -> None:
    answer = asked(answers)

    (key,) = [key for bucket, key in storage.objects if bucket == "documents"]
    body = storage.objects["documents", key]
    assert json.loads(body) == DOCUMENT
    assert key == f"pipelines/{hashlib.sha256(body).hexdigest()}.json"
    assert answer == {
        "url": "https://answers/1",
        "Status": "SUCCESS",
        "PhysicalResourceId": "r-1",
        "StackId": "arn:stack",
        "RequestId": "r-1",
        "LogicalResourceId": "Document",
        "Data": {"Bucket": "documents", "Key": key},
    }


def test_an_update_keeps_the_id(storage: Storage, answers: Iterator[list[dict[str, Any]]]) -> None:
    answer = asked(answers, RequestType="Update", PhysicalResourceId="r-0")
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "r-0")
    assert ("documents", answer["Data"]["Key"]) in storage.objects


def test_a_deletion_deletes_nothing(storage: Storage, answers: Iterator[list[dict[str, Any]]]) -> None:
    before = dict(storage.objects)
    answer = asked(answers, RequestType="Delete", PhysicalResourceId="r-0")
    assert (answer["Status"], "Data" in answer) == ("SUCCESS", False)
    assert storage.objects == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "KeyError: ('assets', 'abc.txt'); see logs-of-it"),
        ('{"a":\x01j2\x01}', "JSONDecodeError: Expecting value: line 1 column 6 (char 5); see logs-of-it"),
        ('{"a":"\x01t9\x01"}', "IndexError: list index out of range; see logs-of-it"),
    ],
    ids=["no source", "no JSON", "no value"],
)
def test_a_failure_is_answered(
    storage: Storage, answers: Iterator[list[dict[str, Any]]], text: str | None, reason: str
) -> None:
    if text is None:
        storage.objects.clear()
    else:
        storage.objects["assets", "abc.txt"] = text.encode()
    answer = asked(answers)
    assert (answer["Status"], answer["Reason"]) == ("FAILED", reason)
