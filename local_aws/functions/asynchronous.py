"""Asynchronous invocations: a queue with retries, destinations and a dead-letter queue."""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from attrs import define, evolve, field, frozen
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.functions.environments import Invocation, Outcome
from local_aws.functions.names import LATEST, FunctionName
from local_aws.functions.records import FunctionVersion
from local_aws.functions.runner import Runner
from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform
from local_aws.timers import Timers

_log = logging.getLogger(__name__)

RETRY_SECONDS = (60.0, 120.0)
"""Waits before the second and third attempt after an error of the function; AWS's own."""

THROTTLE_SECONDS = (1.0, 300.0)
"""First and longest wait after a throttle, doubled in between; AWS's own."""

DEFAULT_RETRIES = 2
DEFAULT_AGE_SECONDS = 21_600


@frozen(kw_only=True)
class AsyncEvent:
    """An event that waits for its function.

    Attributes:
        name: the function as the caller named it.
        request_id: the same for all attempts.
        payload: JSON text.
        attempts: handler runs that have failed.
        throttles: attempts that found no free concurrency.
        accepted: monotonic time of its arrival.
    """

    name: FunctionName
    request_id: str
    payload: bytes
    attempts: int = 0
    throttles: int = 0
    accepted: float = field(factory=time.monotonic)


@define(kw_only=True, eq=False)
class AsyncQueue:
    """Runs events in the platform's workers, again after errors, and tells destinations how they ended.

    Attributes:
        platform: the local AWS.
        timers: when a retry is due.
        runner: carries out one attempt.
    """

    platform: Platform
    timers: Timers
    runner: Runner

    def accept(self, event: AsyncEvent) -> None:
        """Takes an event; returns at once."""
        self.timers.after(0, lambda: self._attempt(event))

    def _attempt(self, event: AsyncEvent) -> None:
        name = event.name
        try:
            version = self.runner.resolve(name)
        except AwsError as error:
            _log.warning("an event for %s was dropped: %s", name.arn, error)
            return
        settings = self._settings(name, version)
        age = settings.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS)
        if event.attempts + event.throttles > 0 and time.monotonic() - event.accepted > age:
            self._failed(event, version, settings, "EventAgeExceeded", None)
            return
        try:
            outcome = self.runner.run(
                name, version, Invocation(request_id=event.request_id, payload=event.payload, invoked_arn=name.arn)
            )
        except AwsError as error:
            if error.code != "TooManyRequestsException":
                _log.warning("an event for %s could not run: %s", name.arn, error)
            first, longest = THROTTLE_SECONDS
            wait = min(first * 2**event.throttles, longest)
            self._again(evolve(event, throttles=event.throttles + 1), wait)
            return
        event = evolve(event, attempts=event.attempts + 1)
        if outcome.function_error is None:
            self._succeeded(event, version, settings, outcome)
        elif event.attempts <= settings.get("MaximumRetryAttempts", DEFAULT_RETRIES):
            self._again(event, RETRY_SECONDS[min(event.attempts, len(RETRY_SECONDS)) - 1])
        else:
            self._failed(event, version, settings, "RetriesExhausted", outcome)

    def _again(self, event: AsyncEvent, seconds: float) -> None:
        self.timers.after(seconds, lambda: self._attempt(event))

    def _settings(self, name: FunctionName, version: FunctionVersion) -> dict[str, Any]:
        function = self.runner.registry.function(name)
        with self.runner.registry.lock:
            by_alias = function.event_invoke.get(name.qualifier or LATEST)
            return dict(by_alias or function.event_invoke.get(version.number) or {})

    def _succeeded(
        self, event: AsyncEvent, version: FunctionVersion, settings: dict[str, Any], outcome: Outcome
    ) -> None:
        destination = settings.get("DestinationConfig", {}).get("OnSuccess", {}).get("Destination")
        if destination:
            self._tell(destination, event, version, self._record(event, version, "Success", outcome))

    def _failed(
        self,
        event: AsyncEvent,
        version: FunctionVersion,
        settings: dict[str, Any],
        condition: str,
        outcome: Outcome | None,
    ) -> None:
        destination = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination:
            self._tell(destination, event, version, self._record(event, version, condition, outcome))
        queue = version.settings.get("DeadLetterConfig", {}).get("TargetArn")
        if queue:
            self._bury(queue, event, version, condition, outcome)

    def _record(
        self, event: AsyncEvent, version: FunctionVersion, condition: str, outcome: Outcome | None
    ) -> dict[str, Any]:
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": version.arn,
                "condition": condition,
                "approximateInvokeCount": event.attempts,
            },
            "requestPayload": json.loads(event.payload),
        }
        if outcome is not None:
            record["responseContext"] = {"statusCode": 200, "executedVersion": version.number}
            if outcome.function_error is not None:
                record["responseContext"]["functionError"] = outcome.function_error
            record["responsePayload"] = json.loads(outcome.payload)
        return record

    def _tell(self, destination: str, event: AsyncEvent, version: FunctionVersion, record: dict[str, Any]) -> None:
        """Sends the record of an invocation to a destination, with the function's role."""
        service = destination.split(":")[2]
        body = json.dumps(record)
        try:
            client = self._client(service, destination, version)
            if service == "sqs":
                client.send_message(QueueUrl=self._queue_url(client, destination), MessageBody=body)
            elif service == "sns":
                client.publish(TopicArn=destination, Message=body)
            elif service == "lambda":
                client.invoke(FunctionName=destination, InvocationType="Event", Payload=body.encode())
            else:
                ending = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
                answer = client.put_events(
                    Entries=[
                        {
                            "EventBusName": destination,
                            "Source": "lambda",
                            "DetailType": f"Lambda Function Invocation Result - {ending}",
                            "Detail": body,
                            "Resources": [destination, version.arn],
                        }
                    ]
                )
                if answer["FailedEntryCount"]:
                    _log.warning("the event bus %s took no event: %s", destination, answer["Entries"])
        except (BotoCoreError, ClientError) as error:
            _log.warning("the destination %s of %s was not reached: %s", destination, event.name.arn, error)

    def _bury(
        self, target: str, event: AsyncEvent, version: FunctionVersion, condition: str, outcome: Outcome | None
    ) -> None:
        """Sends an event that failed to the function's dead-letter queue or topic."""
        service = target.split(":")[2]
        message = condition if outcome is None else str(json.loads(outcome.payload).get("errorMessage", ""))
        attributes = {
            "RequestID": {"DataType": "String", "StringValue": event.request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": "200"},
            "ErrorMessage": {"DataType": "String", "StringValue": message[:1024] or "-"},
        }
        body = event.payload.decode()
        try:
            client = self._client(service, target, version)
            if service == "sqs":
                url = self._queue_url(client, target)
                client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
            else:
                client.publish(TopicArn=target, Message=body, MessageAttributes=attributes)
        except (BotoCoreError, ClientError) as error:
            _log.warning("the dead-letter target %s of %s was not reached: %s", target, event.name.arn, error)

    def _client(self, service: str, arn: str, version: FunctionVersion) -> Any:
        credentials = self.runner.pool.credentials(version)
        return self.platform.client(service, region=arn.split(":")[3], credentials=credentials)

    def _queue_url(self, client: Any, arn: str) -> str:
        """The queue's URL, as the address that every queue of the local AWS has."""
        return f"{client.meta.endpoint_url}/{arn.split(':')[4]}/{arn.split(':')[5]}"
