"""Invocations: one call of one schedule's target, with retries and a dead-letter queue."""

import json
import logging
import time
import uuid
from datetime import datetime
from typing import Any

from attrs import define, evolve, field, frozen
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.eventbridge.deliveries import (
    BACKOFF_SECONDS,
    DEFAULT_AGE_SECONDS,
    DEFAULT_ATTEMPTS,
    DeliveryError,
)
from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform
from local_aws.scheduler.records import ScheduleRecord
from local_aws.scheduler.targets import TargetCall, call_of
from local_aws.timers import Timers

PRINCIPAL = "scheduler.amazonaws.com"

_log = logging.getLogger(__name__)


@frozen(kw_only=True)
class Invocation:
    """One call on its way.

    Attributes:
        arn: of the schedule.
        target: as it was when the schedule was due.
        scheduled: the time for which it was due.
        id: of the invocation.
        attempts: that have failed.
        started: monotonic time of the first attempt.
    """

    arn: str
    target: dict[str, Any]
    scheduled: datetime
    id: str = field(factory=lambda: uuid.uuid4().hex[:16])
    attempts: int = 0
    started: float = field(factory=time.monotonic)

    @property
    def time(self) -> str:
        """The time for which it was due, as AWS writes it."""
        return self.scheduled.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def place(self) -> tuple[str, str]:
        """Region and account of the schedule."""
        parts = self.arn.split(":")
        return parts[3], parts[4]

    def text(self) -> str:
        """The input, with its context attributes; without one, what Scheduler sends by itself."""
        attributes = {
            "schedule-arn": self.arn,
            "scheduled-time": self.time,
            "execution-id": self.id,
            "attempt-number": str(self.attempts + 1),
        }
        text: str = self.target.get("Input") or self._own_event()
        for name, value in attributes.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return text

    def _own_event(self) -> str:
        if self.target["Arn"].split(":")[2] == "scheduler":
            return "{}"
        region, account = self.place
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": account,
            "time": self.time,
            "region": region,
            "resources": [self.arn],
            "detail": "{}",
        }
        return json.dumps(event)


@define(eq=False, kw_only=True)
class Invocations:
    """Calls targets in the platform's workers; nobody waits for it.

    Attributes:
        platform: the local AWS.
        timers: when a retry is due.
    """

    platform: Platform
    timers: Timers

    def start(self, schedule: ScheduleRecord, scheduled: datetime) -> None:
        """Calls a schedule's target; returns at once."""
        invocation = Invocation(arn=schedule.arn, target=schedule.request["Target"], scheduled=scheduled)
        self.timers.after(0, lambda: self._attempt(invocation))

    def _attempt(self, invocation: Invocation) -> None:
        region, _ = invocation.place
        try:
            self._call(invocation, call_of(invocation.target, invocation.text(), region, invocation.id))
        except (AwsError, BotoCoreError, ClientError) as error:
            self._failed(invocation, DeliveryError.of(error))

    def _call(self, invocation: Invocation, call: TargetCall) -> None:
        credentials = self.platform.assume(
            invocation.target["RoleArn"],
            session=invocation.id,
            service_principal=PRINCIPAL,
            source_arn=invocation.arn.rpartition("/")[0].replace(":schedule/", ":schedule-group/"),
        )
        client = self.platform.client(call.service, region=call.region, credentials=credentials)
        request = call.request
        if call.service == "sqs" and str(request.get("QueueUrl", "")).startswith("/"):
            request = request | {"QueueUrl": f"{self.platform.endpoint_url}{request['QueueUrl']}"}
        names = client.meta.method_to_api_mapping
        getattr(client, next(name for name, api in names.items() if api == call.operation))(**request)

    def _failed(self, invocation: Invocation, error: DeliveryError) -> None:
        policy = invocation.target.get("RetryPolicy", {})
        most = policy.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS)
        oldest = policy.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS)
        first, longest = BACKOFF_SECONDS
        wait = min(first * 2 ** min(invocation.attempts, 20), longest)
        exhausted = None
        if error.retried:
            if invocation.attempts >= most:
                exhausted = "MaximumRetryAttempts"
            elif time.monotonic() - invocation.started + wait > oldest:
                exhausted = "MaximumEventAgeInSeconds"
            else:
                again = evolve(invocation, attempts=invocation.attempts + 1)
                self.timers.after(wait, lambda: self._attempt(again))
                return
        _log.warning(
            "schedule %s could not call %s: %s: %s", invocation.arn, invocation.target["Arn"], error.code, error
        )
        if queue := invocation.target.get("DeadLetterConfig", {}).get("Arn"):
            self._bury(invocation, queue, error, exhausted)

    def _bury(self, invocation: Invocation, queue: str, error: DeliveryError, exhausted: str | None) -> None:
        """Sends what could not be delivered to the target's dead-letter queue, with the schedule's role."""
        attributes = {
            "SCHEDULE_ARN": invocation.arn,
            "TARGET_ARN": invocation.target["Arn"],
            "SCHEDULED_TIME": invocation.time,
            "EXECUTION_ID": invocation.id,
            "RETRY_ATTEMPTS": str(invocation.attempts),
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error)[:1024] or error.code,
        }
        if exhausted is not None:
            attributes["EXHAUSTED_RETRY_CONDITION"] = exhausted
        _, _, _, region, account, name = queue.split(":", 5)
        request = {
            "QueueUrl": f"/{account}/{name}",
            "MessageBody": invocation.text(),
            "MessageAttributes": {
                key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
            },
        }
        try:
            self._call(invocation, TargetCall("sqs", "SendMessage", region, request))
        except (BotoCoreError, ClientError) as failure:
            _log.warning("the dead-letter queue %s of %s was not reached: %s", queue, invocation.arn, failure)
