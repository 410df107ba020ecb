"""What an execution tells the rest of the account: events, metrics, logs."""

import logging
import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from attrs import define, field
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.platform import Platform
from local_aws.stepfunctions.language.documents import to_json
from local_aws.stepfunctions.running.executions import Execution
from local_aws.stepfunctions.running.history import details_member, without_data

_log = logging.getLogger(__name__)
_METRICS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
_MAX_EVENT_DATA = 248 * 1024
_ERROR_KINDS = ("Failed", "TimedOut", "Aborted")
_METRICS_PER_CALL = 500

Send = Callable[[], None]


@define(eq=False)
class Notifications:
    """Sends events, metrics and log lines; what is sent over the network goes out in the background, in order.

    Args:
        platform: the local AWS.
    """

    platform: Platform
    _metrics: "queue.SimpleQueue[tuple[str, dict[str, Any]]]" = field(factory=queue.SimpleQueue)
    _lines: "queue.SimpleQueue[tuple[str, str, str, int, str]]" = field(factory=queue.SimpleQueue)
    _sending: threading.Lock = field(factory=threading.Lock)
    _scheduled: bool = False
    _streams: set[tuple[str, str, str]] = field(factory=set)

    def started(self, execution: Execution) -> None:
        """An execution has started, or was redriven; those of a distributed Map tell nothing."""
        if execution.map_run_arn is not None:
            return
        self._event(execution)
        self._metric(execution, "ExecutionsStarted", 1, "Count")

    def ended(self, execution: Execution) -> None:
        """An execution has ended; those of a distributed Map tell nothing."""
        if execution.map_run_arn is not None:
            return
        self._event(execution)
        self._metric(execution, _METRICS[execution.status], 1, "Count")
        duration = ((execution.stopped or execution.started) - execution.started) * 1000
        self._metric(execution, "ExecutionTime", duration, "Milliseconds")

    def history_listener(self, execution: Execution) -> Callable[[dict[str, Any]], None] | None:
        """Who writes an execution's events to its log group; None where its logging is off."""
        logging_configuration = execution.revision.logging
        level = logging_configuration.get("level", "OFF")
        group = _log_group(logging_configuration)
        if level == "OFF" or group is None:
            return None
        include = bool(logging_configuration.get("includeExecutionData"))

        def listen(event: dict[str, Any]) -> None:
            if _is_logged(event["type"], level):
                line = to_json(_log_line(execution, event, include_data=include))
                milliseconds = int(event["timestamp"].timestamp() * 1000)
                self._lines.put((execution.revision.region, group, _log_stream(execution), milliseconds, line))
                self._send_soon()

        return listen

    def flush(self) -> None:
        """Sends all that waits."""
        with self._sending:
            self._send_metrics()
            self._send_lines()

    def _event(self, execution: Execution) -> None:
        revision = execution.revision
        if revision.is_express:
            return
        self.platform.emit(
            account=revision.account,
            region=revision.region,
            source="aws.states",
            detail_type="Step Functions Execution Status Change",
            detail=status_detail(execution),
            resources=[execution.arn],
        )

    def _metric(self, execution: Execution, name: str, value: float, unit: str) -> None:
        datum = {
            "MetricName": name,
            "Dimensions": [{"Name": "StateMachineArn", "Value": execution.revision.arn}],
            "Timestamp": datetime.fromtimestamp(execution.stopped or execution.started, UTC),
            "Value": float(value),
            "Unit": unit,
        }
        self._metrics.put((execution.revision.region, datum))
        self._send_soon()

    def _send_soon(self) -> None:
        if self._scheduled:
            return
        self._scheduled = True
        try:
            self.platform.workers.submit(self._send)
        except RuntimeError:  # the server is being stopped; `flush` sends what is left
            self._scheduled = False

    def _send(self) -> None:
        self._scheduled = False
        self.flush()

    def _send_metrics(self) -> None:
        by_region: dict[str, list[dict[str, Any]]] = {}
        while not self._metrics.empty():
            region, datum = self._metrics.get()
            by_region.setdefault(region, []).append(datum)
        for region, data in by_region.items():
            for start in range(0, len(data), _METRICS_PER_CALL):
                self._try(partial(self._put_metrics, region, data[start : start + _METRICS_PER_CALL]))

    def _put_metrics(self, region: str, data: list[dict[str, Any]]) -> None:
        self.platform.client("cloudwatch", region=region).put_metric_data(Namespace="AWS/States", MetricData=data)

    def _send_lines(self) -> None:
        by_stream: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        while not self._lines.empty():
            region, group, stream, milliseconds, line = self._lines.get()
            by_stream.setdefault((region, group, stream), []).append({"timestamp": milliseconds, "message": line})
        for (region, group, stream), events in by_stream.items():
            self._try(partial(self._write, region, group, stream, events))

    def _write(self, region: str, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        logs = self.platform.client("logs", region=region)
        if (region, group, stream) not in self._streams:
            try:
                logs.create_log_stream(logGroupName=group, logStreamName=stream)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise
            self._streams.add((region, group, stream))
        for start in range(0, len(events), 1000):
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events[start : start + 1000])

    def _try(self, send: Send) -> None:
        # a deleted log group or an end of the server must not fail an execution: on AWS it does not either
        try:
            send()
        except (ClientError, BotoCoreError) as error:
            _log.info("a notification of Step Functions was not delivered: %s", error)


def status_detail(execution: Execution) -> dict[str, Any]:
    """The detail of a "Step Functions Execution Status Change" event."""
    given = len(execution.input_text) <= _MAX_EVENT_DATA
    output = execution.output_text
    output_given = output is not None and len(output) <= _MAX_EVENT_DATA
    refusal = execution.redrive_refusal(execution.stopped or execution.started)
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.revision.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": int(execution.started * 1000),
        "stopDate": None if execution.stopped is None else int(execution.stopped * 1000),
        "input": execution.input_text if given else None,
        "inputDetails": {"included": given},
        "output": output if output_given else None,
        "outputDetails": None if output is None else {"included": output_given},
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
        "redriveCount": execution.redrive_count,
        "redriveDate": None if execution.redriven is None else int(execution.redriven * 1000),
        "redriveStatus": "REDRIVABLE" if refusal is None else "NOT_REDRIVABLE",
        "redriveStatusReason": refusal,
        "error": execution.error,
        "cause": execution.cause,
    }


def _is_logged(kind: str, level: str) -> bool:
    if level == "ALL":
        return True
    if level == "FATAL":
        return kind in {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
    return kind.endswith(_ERROR_KINDS) or kind == "FailStateEntered"


def _log_group(configuration: dict[str, Any]) -> str | None:
    for destination in configuration.get("destinations", []):
        arn = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        parts = arn.split(":")
        if len(parts) > 6:
            return str(parts[6])
    return None


def _log_stream(execution: Execution) -> str:
    minute = datetime.fromtimestamp(execution.started, UTC).strftime("%Y-%m-%d-%H-%M")
    return f"states/{execution.revision.name}/{minute}/{execution.arn.rsplit(':', 1)[-1][:36]}"


def _log_line(execution: Execution, event: dict[str, Any], *, include_data: bool) -> dict[str, Any]:
    shown = event if include_data else without_data(event)
    return {
        "id": str(event["id"]),
        "type": event["type"],
        "details": shown.get(details_member(event["type"]), {}),
        "redrive_count": str(execution.redrive_count),
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(int(event["timestamp"].timestamp() * 1000)),
        "execution_arn": execution.arn,
    }
