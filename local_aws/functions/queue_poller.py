"""Reads an SQS queue for a function, in batches, with the rights of the function's role."""

import json
import logging
import threading
import time
import uuid
from typing import Any

from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.functions.environments import Invocation
from local_aws.functions.names import FunctionName
from local_aws.functions.runner import Runner
from local_aws.gateway.errors import AwsError
from local_aws.platform import Credentials, Platform

_log = logging.getLogger(__name__)

# a poll holds a thread of the gateway, and the end of the server waits for it
_WAIT_SECONDS = 2
_PAUSE_AFTER_ERROR_SECONDS = 5.0
_RECEIVED_AT_ONCE = 10


@define(kw_only=True, eq=False)
class QueuePoller:
    """One thread that receives messages, runs the function, and deletes what was processed.

    Attributes:
        platform: the local AWS.
        runner: runs the function.
        source: the queue's ARN.
        function: the function as the mapping names it.
        batch_size: most messages for one invocation.
        window_seconds: longest time to fill a batch.
        partial_failures: the function answers which messages failed.
        last_result: what DescribeEventSourceMapping shows.
    """

    platform: Platform
    runner: Runner
    source: str
    function: FunctionName
    batch_size: int
    window_seconds: float
    partial_failures: bool
    last_result: str = "No records processed"
    _stopped: threading.Event = field(factory=threading.Event)

    @staticmethod
    def check(platform: Platform, source: str, credentials: Credentials, *, timeout: int) -> None:
        """Checks, when a mapping is made, that the role may read the queue.

        Raises:
            AwsError: ``InvalidParameterValueException``: no such queue, no right to read it, or a visibility
                timeout below the function's timeout.
        """
        client = platform.client("sqs", region=source.split(":")[3], credentials=credentials)
        try:
            attributes = client.get_queue_attributes(
                QueueUrl=_url(platform, source), AttributeNames=["VisibilityTimeout"]
            )["Attributes"]
        except ClientError as error:
            raise AwsError(
                "InvalidParameterValueException",
                f"Error occurred while ReceiveMessage. SQS Error Code: {error.response['Error']['Code']}. "
                f"SQS Error Message: {error.response['Error']['Message']}",
                Type="User",
            ) from error
        visibility = int(attributes["VisibilityTimeout"])
        if visibility < timeout:
            raise AwsError(
                "InvalidParameterValueException",
                f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds",
                Type="User",
            )

    def start(self) -> None:
        """Begins to read."""
        threading.Thread(target=self._run, name=f"sqs {self.function.name}", daemon=True).start()

    def stop(self) -> None:
        """Reads no more; a batch that runs is finished."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                version = self.runner.resolve(self.function)
                client = self._client(self.runner.pool.credentials(version))
                messages = self._receive(client)
                if messages:
                    self._process(client, messages)
            except (AwsError, BotoCoreError, ClientError) as error:
                if not self._stopped.is_set():
                    self.last_result = f"PROBLEM: {error}"
                    _log.warning("the mapping of %s to %s: %s", self.source, self.function.name, error)
                    self._stopped.wait(_PAUSE_AFTER_ERROR_SECONDS)

    def _client(self, credentials: Credentials) -> Any:
        return self.platform.client("sqs", region=self.source.split(":")[3], credentials=credentials)

    def _receive(self, client: Any) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        deadline = None
        while not self._stopped.is_set() and len(messages) < self.batch_size:
            wait = _WAIT_SECONDS if deadline is None else max(0, min(_WAIT_SECONDS, int(deadline - time.monotonic())))
            found = client.receive_message(
                QueueUrl=_url(self.platform, self.source),
                MaxNumberOfMessages=min(_RECEIVED_AT_ONCE, self.batch_size - len(messages)),
                WaitTimeSeconds=wait,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            messages += found
            if deadline is None and messages:
                deadline = time.monotonic() + self.window_seconds
            if not messages or (deadline is not None and time.monotonic() >= deadline):
                break
        return messages

    def _process(self, client: Any, messages: list[dict[str, Any]]) -> None:
        event = {"Records": [self._record(message) for message in messages]}
        version = self.runner.resolve(self.function)
        outcome = self.runner.run(
            self.function,
            version,
            Invocation(
                request_id=str(uuid.uuid4()),
                payload=json.dumps(event).encode(),
                invoked_arn=self.function.arn,
            ),
        )
        if outcome.function_error is not None:
            self.last_result = "PROBLEM: Function call failed"
            return
        failed = self._failed(outcome.payload, messages)
        done = [message for message in messages if message["MessageId"] not in failed]
        for start in range(0, len(done), _RECEIVED_AT_ONCE):
            client.delete_message_batch(
                QueueUrl=_url(self.platform, self.source),
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(done[start : start + _RECEIVED_AT_ONCE])
                ],
            )
        self.last_result = "OK"

    def _failed(self, payload: bytes, messages: list[dict[str, Any]]) -> set[str]:
        """Ids of the messages that stay in the queue, by the function's answer."""
        if not self.partial_failures:
            return set()
        answer = json.loads(payload)
        everything = {message["MessageId"] for message in messages}
        if not answer:
            return set()
        try:
            failed = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures") or ()}
        except (AttributeError, KeyError, TypeError):
            return everything
        # as AWS: an id that is not of the batch makes the whole batch a failure
        return failed if failed.issubset(everything) else everything

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        attributes = {
            name: {
                "dataType": value["DataType"],
                "stringListValues": [],
                "binaryListValues": [],
                **({"stringValue": value["StringValue"]} if "StringValue" in value else {}),
            }
            for name, value in message.get("MessageAttributes", {}).items()
        }
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": attributes,
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.source,
            "awsRegion": self.source.split(":")[3],
        }


def _url(platform: Platform, arn: str) -> str:
    account, name = arn.split(":")[4:6]
    return f"{platform.endpoint_url}/{account}/{name}"
