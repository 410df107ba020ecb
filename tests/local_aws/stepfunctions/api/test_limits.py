"""The service's quotas: data of a state, events of a history, and how much is kept."""

from local_aws.stepfunctions.api.records import RegionRecords
from local_aws.stepfunctions.language.documents import is_too_large
from tests.local_aws.stepfunctions.workbench import Workbench, until


def test_256_kib_in_utf_8() -> None:
    assert not is_too_large("x" * 262_144)
    assert is_too_large("x" * 262_145)
    assert not is_too_large("ü" * 131_072)
    assert is_too_large("ü" * 131_073)


def test_a_state_s_output_is_limited_and_nothing_catches_it(bench: Workbench) -> None:
    state = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}}
    result = bench.run_state(state, "x" * 200_000)
    assert (result.status, result.error) == ("FAILED", "States.DataLimitExceeded")
    assert "The state/task 'S' returned a result with a size exceeding the maximum number of bytes" in str(result.cause)


def test_a_history_ends_at_25_000_events(bench: Workbench) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "E"}],
                "Default": "A",
            },
            "E": {"Type": "Succeed"},
        },
    }
    client = bench.client()
    execution = bench.start(bench.machine(definition))
    ended = until(lambda: [d for d in [client.describe_execution(executionArn=execution)] if d["status"] != "RUNNING"])[
        0
    ]
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "The execution reached the maximum number of history events (25000)." in ended["cause"]
    last = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
    assert (last["id"], last["type"]) == (25_000, "ExecutionFailed")


def test_old_executions_make_room(bench: Workbench) -> None:
    records = RegionRecords()
    machine = bench.machine({"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}})
    first = bench.ended(bench.start(machine)).arn
    engine_records = bench.engine.activities.__closure__  # the service's own records, by the engine's way to them
    assert engine_records is not None
    region = next(cell.cell_contents for cell in engine_records).of("123456789012", "us-east-1")
    execution = region.execution(first)
    records.executions[first] = execution
    execution.history.size = 65 * 1024 * 1024
    records.forget_old()
    assert not records.executions
