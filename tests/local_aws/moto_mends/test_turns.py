"""Requests for one of moto's services are carried out one after the other; nobody waits for who only waits."""

import json
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

import pytest

from local_aws.moto_mends import turns
from local_aws.server import LocalAws

DEADLINE_SECONDS = 60


@pytest.fixture
def client(local_aws: LocalAws) -> Callable[[str], Any]:
    return lambda service: local_aws.platform.client(service, region="us-east-1")


@pytest.fixture
def quick_turns() -> Iterator[None]:
    """Threads take turns so often that what is not kept apart meets."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_the_turn_of_a_service() -> None:
    inside = threading.Event()

    def enter() -> None:
        with turns.taken("dynamodb"):
            inside.set()

    with turns.taken("dynamodbstreams"), turns.taken("another"):
        thread = threading.Thread(target=enter)
        thread.start()
        # streams are read where tables are kept
        assert not inside.wait(0.1)
        with turns.given_up("dynamodbstreams"):
            assert inside.wait(DEADLINE_SECONDS)
        thread.join()


@pytest.mark.usefixtures("quick_turns")
def test_roles_made_side_by_side(client: Callable[[str], Any]) -> None:
    iam, prefix = client("iam"), uuid.uuid4().hex[:8]
    trust = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x.amazonaws.com"}}}
    names = [f"{prefix}-{number}" for number in range(60)]

    def make(name: str) -> int:
        answer = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust | {"Version": "2012-10-17"}))
        return int(answer["ResponseMetadata"]["RetryAttempts"])

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(make, names)) == {0}
    pages = iam.get_paginator("list_roles").paginate()
    found = {role["RoleName"] for page in pages for role in page["Roles"]}
    assert set(names) <= found


@pytest.mark.usefixtures("quick_turns")
def test_readers_of_a_queue_share_its_messages(client: Callable[[str], Any]) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    sent = {str(number) for number in range(60)}
    for body in sent:
        sqs.send_message(QueueUrl=url, MessageBody=body)

    def read(_: int) -> list[str]:
        received: list[str] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=3).get("Messages"):
            received += [message["Body"] for message in messages]
        return received

    with ThreadPoolExecutor(6) as threads:
        received = [body for bodies in threads.map(read, range(6)) for body in bodies]
    assert sorted(received) == sorted(sent)


def test_who_waits_for_a_message_keeps_nobody_from_sending_one(client: Callable[[str], Any]) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        sqs.send_message(QueueUrl=url, MessageBody="here")
        (message,) = waiting.result(DEADLINE_SECONDS)["Messages"]
    assert message["Body"] == "here"


class _Page(BaseHTTPRequestHandler):
    """An address that asks SNS before it answers."""

    server: "_Site"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.sns.list_topics()
        self.send_response(200)
        self.end_headers()
        self.server.received.put(json.loads(body))

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name in the base class
        """Nobody reads it."""


class _Site(ThreadingHTTPServer):
    def __init__(self, sns: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.sns = sns
        self.received: Queue[dict[str, Any]] = Queue()


@pytest.fixture
def site(client: Callable[[str], Any]) -> Iterator[_Site]:
    with _Site(client("sns")) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()


def _subscribed(sns: Any, address: str, **attributes: str) -> str:
    topic: str = sns.create_topic(Name=uuid.uuid4().hex)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address, Attributes=attributes)
    return topic


def test_an_address_may_ask_sns_before_it_answers(client: Callable[[str], Any], site: _Site) -> None:
    sns = client("sns")
    policy = json.dumps({"kind": ["wanted"]})
    topic = _subscribed(sns, f"http://127.0.0.1:{site.server_address[1]}/", FilterPolicy=policy)
    for kind in ("other", "wanted"):
        sns.publish(
            TopicArn=topic,
            Message=json.dumps({"default": "not this", "http": kind}),
            MessageStructure="json",
            Subject="told",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}},
        )
    told = site.received.get(timeout=DEADLINE_SECONDS)
    assert (told["Type"], told["TopicArn"], told["Subject"]) == ("Notification", topic, "told")
    assert told["Message"] == "wanted"
    with pytest.raises(Empty):
        site.received.get_nowait()


def test_an_address_that_refuses_does_not_fail_the_publisher(client: Callable[[str], Any], site: _Site) -> None:
    sns = client("sns")
    address = f"http://127.0.0.1:{site.server_address[1]}/"
    topic = _subscribed(sns, "http://127.0.0.1:9/")
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address)
    assert sns.publish(TopicArn=topic, Message="hello")["MessageId"]
    assert site.received.get(timeout=DEADLINE_SECONDS)["Message"] == "hello"
