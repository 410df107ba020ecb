"""Events, metrics and logs of executions."""

import json
from typing import Any

import pytest

from tests.local_aws.stepfunctions.workbench import Workbench, until

PASS = {"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}


def details(bench: Workbench, execution: str) -> list[dict[str, Any]]:
    found = [event for event in bench.events if event["resources"] == [execution]]
    assert {event["source"] for event in found} == {"aws.states"}
    assert {event["detail-type"] for event in found} == {"Step Functions Execution Status Change"}
    return [event["detail"] for event in found]


def test_an_event_for_each_status(bench: Workbench) -> None:
    machine = bench.machine(PASS)
    result = bench.ended(bench.start(machine, {"a": 1}, name="told"))
    started, ended = details(bench, result.arn)
    assert (started["status"], started["stopDate"], started["output"], started["outputDetails"]) == (
        "RUNNING",
        None,
        None,
        None,
    )
    assert ended["stopDate"] >= ended["startDate"] == started["startDate"]
    del ended["startDate"], ended["stopDate"]
    assert ended == {
        "executionArn": result.arn,
        "stateMachineArn": machine,
        "name": "told",
        "status": "SUCCEEDED",
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": '{"a":1}',
        "outputDetails": {"included": True},
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "error": None,
        "cause": None,
    }


def test_the_event_of_a_failure(bench: Workbench) -> None:
    ended = details(bench, bench.run(FAIL).arn)[-1]
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "E", "C")
    assert ended["redriveStatus"] == "REDRIVABLE"


def test_metrics(bench: Workbench) -> None:
    machine = bench.machine(FAIL)
    for _ in range(2):
        bench.ended(bench.start(machine))
    cloudwatch = bench.client("cloudwatch")

    def total(metric: str, statistic: str = "Sum") -> float:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/States",
            MetricName=metric,
            Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
            StartTime=bench.clock.now() - 3600,
            EndTime=bench.clock.now() + 3600,
            Period=7200,
            Statistics=[statistic],
        )["Datapoints"]
        return float(sum(point[statistic] for point in points))

    until(lambda: total("ExecutionsFailed") == 2)
    assert total("ExecutionsStarted") == 2
    assert total("ExecutionsSucceeded") == 0
    assert total("ExecutionTime", "SampleCount") == 2


@pytest.mark.parametrize(
    ("level", "definition", "types"),
    [
        ("ALL", PASS, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]),
        ("ALL", FAIL, ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", FAIL, ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", FAIL, ["ExecutionFailed"]),
    ],
)
@pytest.mark.parametrize("include", [True, False])
def test_logs(bench: Workbench, level: str, definition: dict[str, Any], types: list[str], include: bool) -> None:
    name = f"/aws/vendedlogs/states/{level}-{types[-1]}-{include}"
    logs = bench.client("logs")
    logs.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*"
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    machine = bench.machine(
        definition,
        loggingConfiguration={"level": level, "includeExecutionData": include, "destinations": [destination]},
    )
    execution = bench.ended(bench.start(machine, {"secret": 1})).arn

    def written() -> list[dict[str, Any]]:
        streams = logs.describe_log_streams(logGroupName=name)["logStreams"]
        lines = []
        for stream in streams:
            assert stream["logStreamName"].startswith(f"states/{machine.rsplit(':', 1)[-1]}/")
            events = logs.get_log_events(logGroupName=name, logStreamName=stream["logStreamName"])["events"]
            lines += [json.loads(event["message"]) for event in events]
        return lines if len(lines) == len(types) else []

    lines = until(written)
    assert [line["type"] for line in lines] == types
    assert {line["execution_arn"] for line in lines} == {execution}
    assert ("secret" in str(lines)) is (include and level != "FATAL")
    last = lines[-1]
    assert set(last) == {
        "id",
        "type",
        "details",
        "redrive_count",
        "previous_event_id",
        "event_timestamp",
        "execution_arn",
    }
    if types[-1] == "ExecutionFailed":
        assert last["details"] == {"error": "E", "cause": "C"}
        assert (last["id"], last["previous_event_id"]) == ("3", "2")


def test_a_log_group_that_was_deleted_harms_nobody(bench: Workbench) -> None:
    logs = bench.client("logs")
    logs.create_log_group(logGroupName="gone")
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:gone:*"
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    machine = bench.machine(PASS, loggingConfiguration={"level": "ALL", "destinations": [destination]})
    logs.delete_log_group(logGroupName="gone")
    assert bench.ended(bench.start(machine)).status == "SUCCEEDED"
